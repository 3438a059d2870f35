"""`b24-edo worker` as a real process: what a polite stop, a SIGKILL and a full lane do to calls."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.dead_workers import return_jobs_of_dead_workers
from tests.conftest import SECRET_KEY
from tests.scenarios.product import Product, wait_until
from tests.worker.workflows import Workflows
from worker.enqueue import CLOCK, enqueue

pytestmark = pytest.mark.slow


@pytest.fixture
def product(workflows: Workflows, tmp_path: Path) -> Iterator[Product]:
    """Nothing runs yet; a worker of it works for the portal of `workflows`, one call at a time."""
    product = Product(
        {
            "DATABASE_URL": _url(workflows.running.database.dsn),
            "SECRET_KEYS": SECRET_KEY,
            "BITRIX24_CLIENT_ID": workflows.app.client_id,
            "BITRIX24_CLIENT_SECRET": workflows.app.client_secret,
            "BITRIX24_OAUTH_URLS": workflows.sandbox.auth_url,
            "WORKER_CONCURRENCY": "1",
        },
        tmp_path,
    )
    yield product
    product.stop()


def _url(dsn: str) -> str:
    parts = dict(part.split("=", 1) for part in dsn.split())
    return f"postgresql://{parts['user']}:{parts['password']}@/{parts['dbname']}?host={parts['host']}"


def queued(workflows: Workflows, **changes) -> int:
    """A call with its job in the queue."""
    call_id = workflows.call(properties={"look_up_in_diadoc": "N"}, **changes)
    with workflows.running.database.session() as session:
        enqueue(session, "execute", call_id=call_id)
    return call_id


def under_way(workflows: Workflows, method: str) -> bool:
    """Has the portal got a request that it has not answered yet?"""
    return any(one["status"] is None for one in workflows.sandbox.requests(method))


def test_a_worker_carries_out_calls_and_delivers_their_answers(workflows, product) -> None:
    call_id = queued(workflows)

    product.start("worker")
    workflow = workflows.workflow(call_id, 20)

    assert workflow["outputs"]["step"]["is_valid"] == "Y"
    wait_until(lambda: workflows.of(call_id).state == "answered")


def test_a_polite_stop_finishes_what_is_being_done(workflows, product) -> None:
    workflows.sandbox.fault("bizproc.event.send", "delay", seconds=2.0)
    call_id = queued(workflows)
    product.start("worker")
    wait_until(lambda: under_way(workflows, "bizproc.event.send"), 20)

    product.processes["worker"].send_signal(signal.SIGTERM)
    product.processes["worker"].wait(20)

    assert workflows.answer(call_id).state == "delivered"
    assert workflows.jobs() == []


def test_what_a_killed_worker_was_doing_is_done_by_the_next(workflows, product) -> None:
    workflows.sandbox.fault("crm.item.get", "delay", seconds=2.0)
    call_id = queued(workflows)
    product.start("worker")
    wait_until(lambda: under_way(workflows, "crm.item.get"), 20)

    product.kill("worker")
    product.start("worker-2")
    wait_until(lambda: return_jobs_of_dead_workers(workflows.running.database, stalled_seconds=1), 10)
    workflow = workflows.workflow(call_id, 20)

    assert workflow["outputs"]["step"]["is_valid"] == "Y"
    assert workflows.of(call_id).attempts == 2
    assert [one["applied"] for one in workflow["answers"]] == [True]


def test_the_clocks_jobs_do_not_queue_behind_calls(workflows, product) -> None:
    workflows.sandbox.fault("crm.item.get", "delay", seconds=3.0)
    late, busy = workflows.call(), queued(workflows)
    product.start("worker")
    wait_until(lambda: under_way(workflows, "crm.item.get"), 20)

    with workflows.running.database.session() as session:
        enqueue(session, "expire", queue=CLOCK, call_id=late)
    wait_until(lambda: workflows.of(late).state == "answering", 2.5)

    assert workflows.of(busy).state == "running"
    assert workflows.answer(late).values["result"] == "timeout"
