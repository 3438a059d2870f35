"""Pages never take the threads that calls of workflows need: half of them is left to those whatever people do."""

import threading
from typing import Any

from flask import Flask, Response, g, request

from handlers.failures import for_fragments, for_people
from handlers.languages import asked_language
from handlers.refusals import Busy

PREFIX = "/bitrix24/pages/"
RETRY_SECONDS = 2


def install(app: Flask, web_threads: int) -> None:
    """Refuse pages, with 503 and when to try again, while half of the process's threads serve pages."""
    places = threading.BoundedSemaphore(max(1, web_threads // 2))
    app.before_request(lambda: _enter(places))
    app.teardown_request(lambda _error: _leave(places))
    app.after_request(_when_again)


def _enter(places: threading.BoundedSemaphore) -> None:
    if not request.path.startswith(PREFIX):
        return
    if places.acquire(blocking=False):  # a thread that waited for its turn would be one more taken from calls
        g.holds_place = True
        return
    (for_fragments if "HX-Request" in request.headers else for_people)()
    asked_language()
    raise Busy


def _leave(places: threading.BoundedSemaphore) -> None:
    if g.pop("holds_place", False):
        places.release()


def _when_again(answer: Response) -> Any:
    if answer.status_code == 503 and request.path.startswith(PREFIX):
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer
