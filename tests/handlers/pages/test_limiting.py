"""However many people look at pages, threads are left for the calls of workflows."""

import threading
from dataclasses import replace

import requests
from flask import Flask

from handlers.pages import limiting
from tests.handlers.conftest import Door


def test_pages_beyond_half_of_the_threads_are_asked_to_come_again() -> None:
    app, entered, go_on = Flask("slow"), threading.Semaphore(0), threading.Event()
    limiting.install(app, web_threads=4)

    @app.get("/bitrix24/pages/slow")
    def slow() -> str:
        entered.release()
        assert go_on.wait(10)
        return "done"

    @app.post("/bitrix24/activities/quick")
    def quick() -> str:
        return "ok"

    @app.errorhandler(limiting.Busy)
    def busy(error: limiting.Busy) -> tuple[str, int]:
        return error.code, 503

    answers: list[int] = []
    looks = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/bitrix24/pages/slow").status_code))
        for _ in range(2)
    ]
    for look in looks:
        look.start()
        assert entered.acquire(timeout=10)

    refused = app.test_client().get("/bitrix24/pages/slow")
    taken = app.test_client().post("/bitrix24/activities/quick")
    go_on.set()
    for look in looks:
        look.join()
    afterwards = app.test_client().get("/bitrix24/pages/slow")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert taken.status_code == 200
    assert answers == [200, 200]
    assert afterwards.status_code == 200


def test_one_thread_serves_pages_all_the_same(door: Door) -> None:
    door.opens_with(replace(door.config, web_threads=1))

    answers = [requests.get(f"{door.url}/bitrix24/pages/app", timeout=10).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
