"""The seam to the queue's library: what we call of it by ourselves exists and does what we count on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

import procrastinate
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import worker.queue
from registry.database import Database
from registry.tables import Portal
from tests.registry.test_calls import new_call
from worker.enqueue import CALLS, enqueue, remember
from worker.lanes import OWN_CONCURRENCY
from worker.queue import TASKS, make_queue


def rows(database: Database, statement: str) -> list[Any]:
    with database.session() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def work(database: Database) -> None:
    """Do everything that is due, as a worker does."""
    running: Any = object()  # the tasks of these tests need nothing of it
    queue = make_queue(database, running)

    async def until_empty() -> None:
        async with queue.open_async():
            await queue.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")

    asyncio.run(until_empty())


@pytest.fixture
def task(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """task(function): what "execute" does from now on."""

    def task(function: Callable[..., None]) -> None:
        monkeypatch.setitem(TASKS, "execute", (CALLS, function))

    return task


def test_the_library_is_the_one_whose_functions_we_call() -> None:
    assert version("procrastinate").split(".")[:2] == ["3", "10"]


def test_the_functions_that_we_call_take_what_we_give(database: Database) -> None:
    found = rows(
        database,
        """select proname, pg_get_function_identity_arguments(oid) from pg_proc
        where proname in ('procrastinate_defer_jobs_v1', 'procrastinate_retry_job_v2') order by 1""",
    )

    assert [name for name, _ in found] == ["procrastinate_defer_jobs_v1", "procrastinate_retry_job_v2"]
    assert found[0][1] == "jobs procrastinate_job_to_defer_v1[]"
    assert found[1][1].startswith("job_id bigint, retry_at timestamp with time zone, new_priority integer")


def test_a_job_is_found_by_the_worker_with_its_arguments(database: Database, task) -> None:
    seen: list[int] = []
    task(lambda running, call_id: seen.append(call_id))

    with database.session() as session:
        enqueue(session, "execute", call_id=17)
    work(database)

    assert seen == [17]
    assert rows(database, "select id from procrastinate_jobs") == []


def test_a_remembered_call_is_found_by_the_worker(database: Database, portal: Portal, task) -> None:
    seen: list[int] = []
    task(lambda running, call_id: seen.append(call_id))

    call_id = remember(database, new_call(portal))
    work(database)

    assert seen == [call_id]


def test_a_transaction_that_is_rolled_back_leaves_no_job(database: Database) -> None:
    with database.session() as session:
        enqueue(session, "execute", call_id=1)
        session.rollback()

    assert rows(database, "select id from procrastinate_jobs") == []


def test_a_job_for_later_is_not_done_now(database: Database, task) -> None:
    seen: list[int] = []
    task(lambda running, call_id: seen.append(call_id))

    with database.session() as session:
        enqueue(session, "execute", at=datetime.now(UTC) + timedelta(hours=1), call_id=1)
    work(database)

    assert seen == []
    assert rows(database, "select status::text from procrastinate_jobs") == [("todo",)]


def test_jobs_are_done_by_priority(database: Database, task) -> None:
    seen: list[int] = []
    task(lambda running, call_id: seen.append(call_id))
    with database.session() as session:
        for call_id, priority in ((1, -5), (2, 0), (3, -1)):
            enqueue(session, "execute", priority=priority, call_id=call_id)

    work(database)

    assert seen == [2, 3, 1]


def test_a_job_that_broke_comes_back(database: Database, task) -> None:
    def breaks(running: Any, call_id: int) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    task(breaks)
    with database.session() as session:
        enqueue(session, "execute", call_id=1)

    work(database)

    ((status, attempts, is_later),) = rows(
        database, "select status::text, attempts, scheduled_at > now() from procrastinate_jobs"
    )
    assert (status, attempts, is_later) == ("todo", 1, True)


def test_a_job_that_was_given_back_is_done_once_more(database: Database, task) -> None:
    seen: list[int] = []
    task(lambda running, call_id: seen.append(call_id))
    with database.session() as session:
        enqueue(session, "execute", call_id=5)
        session.execute(text("update procrastinate_jobs set status = 'doing'"))
        (job,) = session.scalars(text("select id from procrastinate_jobs"))
        session.execute(text("select procrastinate_retry_job_v2(:job, now(), null, null, null)"), {"job": job})

    work(database)

    assert seen == [5]


def test_a_job_that_is_not_being_done_cannot_be_given_back(database: Database) -> None:
    with database.session() as session:
        enqueue(session, "execute", call_id=5)
        (job,) = session.scalars(text("select id from procrastinate_jobs"))

    with pytest.raises(Exception, match="invalid status to retry"), database.session() as session:
        session.execute(text("select procrastinate_retry_job_v2(:job, now(), null, null, null)"), {"job": job})


def test_every_task_lives_in_one_of_the_lanes(database: Database) -> None:
    queue = make_queue(database)

    assert {name for name in queue.tasks if not name.startswith("procrastinate.")} >= set(TASKS)
    assert {queue.tasks[name].queue for name in TASKS} == {CALLS, *OWN_CONCURRENCY}


def test_a_process_that_only_enqueues_executes_nothing(database: Database) -> None:
    queue = make_queue(database)

    with pytest.raises(RuntimeError, match="only enqueues"):
        queue.tasks["execute"](call_id=1)


def test_what_the_tasks_are_called_is_what_is_enqueued(database: Database) -> None:
    assert isinstance(worker.queue.AGAIN, procrastinate.RetryStrategy)
    assert set(TASKS) >= {"execute", "settle", "deliver", "expire", "register", "poll", "reconcile"}
