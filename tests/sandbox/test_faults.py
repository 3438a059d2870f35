"""Faults are real ones: seen by a client on a real socket."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

SERVER = """
import sys, threading
from flask import Flask, jsonify, request
from sandbox.faults import install_faults, install_settings
from sandbox.serve import arguments, serve

app = Flask(__name__)
name_of = lambda request: "" if request.path == "/page" else request.path.strip("/")
desk = install_faults(app, name_of, lambda request: {"id": request.args.get("id", "")})
count = {"add": 0}
settings = install_settings(app, {"delay": 0.5, "strict": False, "name": "a"}, lambda: count.update(add=0),
                            {"name": ("a", "b")})

@app.post("/add")
def add():
    count["add"] += 1
    return jsonify(count)

@app.get("/count")
def read():
    return jsonify(count)

@app.get("/page")
def page():
    return "page"

serve(app, arguments("test").parse_args())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("faults")
    script, url_file = folder / "server.py", folder / "url"
    script.write_text(SERVER)
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, str(script), "--url-file", str(url_file)], env={"PYTHONPATH": str(root)}
    )
    deadline = time.monotonic() + 20
    while not url_file.exists():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    yield url_file.read_text().strip()
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture
def url(server: str) -> str:
    requests.post(f"{server}/_control/reset", timeout=5)
    requests.delete(f"{server}/_control/faults", timeout=5)
    requests.delete(f"{server}/_control/requests", timeout=5)
    return server


def arm(url: str, **fault) -> int:
    response = requests.post(f"{url}/_control/faults", json=fault, timeout=5)
    response.raise_for_status()
    return response.json()["id"]


def count(url: str) -> int:
    return requests.get(f"{url}/count", timeout=5).json()["add"]


def test_a_status_fault_answers_instead_of_the_method_as_often_as_asked(url: str):
    arm(url, method="ADD", kind="status", status=429, headers={"Retry-After": "2"}, body="slow down", times=2)

    answers = [requests.post(f"{url}/add", timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "2"
    assert answers[0].text == "slow down"
    assert count(url) == 1


def test_skipped_calls_pass_before_a_fault_for_every_method_hits(url: str):
    arm(url, method="*", kind="status", skip=2)

    statuses = [requests.post(f"{url}/add", timeout=5).status_code for _ in range(4)]

    assert statuses == [200, 200, 503, 200]


def test_a_lost_request_breaks_the_connection_and_does_nothing(url: str):
    arm(url, method="add", kind="lost_request")

    with pytest.raises(requests.ConnectionError):
        requests.post(f"{url}/add", timeout=5)

    assert count(url) == 0


@pytest.mark.parametrize("session", [requests.Session(), requests], ids=["kept alive", "new"])
def test_a_lost_reply_breaks_the_connection_after_the_work_was_done(url: str, session):
    arm(url, method="add", kind="lost_reply", skip=1)
    session.post(f"{url}/add", timeout=5)

    with pytest.raises(requests.ConnectionError):
        session.post(f"{url}/add", timeout=5)

    assert count(url) == 2


def test_a_delay_holds_the_answer_back(url: str):
    arm(url, method="add", kind="delay", seconds=0.4)
    started = time.monotonic()

    answer = requests.post(f"{url}/add", timeout=5)

    assert answer.json() == {"add": 1}
    assert time.monotonic() - started >= 0.4


def test_garbage_replaces_the_answer_of_a_call_that_was_processed(url: str):
    arm(url, method="add", kind="garbage")

    answer = requests.post(f"{url}/add", timeout=5)

    assert answer.status_code == 200
    assert answer.text.startswith("<html>")
    assert count(url) == 1


def test_a_trickled_answer_arrives_whole_but_slowly(url: str):
    arm(url, method="add", kind="trickle", seconds=0.5)
    started = time.monotonic()

    answer = requests.post(f"{url}/add", timeout=5)

    assert answer.json() == {"add": 1}
    assert time.monotonic() - started >= 0.25


def test_the_log_shows_calls_with_status_and_ids_but_no_pages(url: str):
    arm(url, method="add", kind="lost_request")
    requests.get(f"{url}/page", timeout=5)
    requests.get(f"{url}/count?id=7", timeout=5)
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{url}/add", timeout=5)

    seen = requests.get(f"{url}/_control/requests", timeout=5).json()

    assert [(item["method"], item["verb"], item["path"], item["status"]) for item in seen] == [
        ("count", "GET", "/count", 200),
        ("add", "POST", "/add", None),
    ]
    assert seen[0]["ids"] == {"id": "7"}
    assert seen[1]["fault"] == "lost_request"


def test_what_is_armed_is_told_and_whether_it_has_hit(url: str):
    arm(url, method="add", kind="status", status=500)
    arm(url, method="never", kind="status", status=500)
    requests.post(f"{url}/add", timeout=5)

    armed = requests.get(f"{url}/_control/faults", timeout=5).json()

    assert [(fault["method"], fault["times"]) for fault in armed] == [("add", 0), ("never", 1)]


def test_disarmed_faults_hit_nobody(url: str):
    arm(url, method="*", kind="status", times=-1)
    requests.delete(f"{url}/_control/faults", timeout=5)

    answer = requests.post(f"{url}/add", timeout=5)

    assert answer.status_code == 200


@pytest.mark.parametrize("fault", [{"method": "add", "kind": "magic"}, {"kind": "status"}, {"method": "a", "what": 1}])
def test_a_fault_that_makes_no_sense_is_refused(url: str, fault: dict):
    answer = requests.post(f"{url}/_control/faults", json=fault, timeout=5)

    assert answer.status_code == 400


def test_settings_change_by_known_names_and_types_and_a_reset_restores_them(url: str):
    changed = requests.post(f"{url}/_control/settings", json={"delay": 2, "strict": True}, timeout=5).json()
    unknown = requests.post(f"{url}/_control/settings", json={"delai": 2}, timeout=5)
    wrong = requests.post(f"{url}/_control/settings", json={"strict": 1}, timeout=5)
    senseless = requests.post(f"{url}/_control/settings", json={"name": "c"}, timeout=5)
    requests.post(f"{url}/_control/reset", timeout=5)
    restored = requests.get(f"{url}/_control/settings", timeout=5).json()

    assert (changed["delay"], changed["strict"]) == (2, True)
    assert [answer.status_code for answer in (unknown, wrong, senseless)] == [400, 400, 400]
    assert restored == {"delay": 0.5, "strict": False, "name": "a"}
