"""What happens to calls between two processes, after their deadline, and when keys or words are unfit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from activities.base import Pending
from activities.context import Context
from config import Config
from errors import NotConfigured, Unavailable
from registry.database import Database
from registry.keyring import Keyring
from registry.tables import Call, Portal
from tests.registry.test_calls import new_call
from tests.worker.scripted import Scripted, failing
from worker.enqueue import remember
from worker.execute import execute
from worker.running import Running, make_running
from worker.settle import settle


@pytest.fixture
def running(config: Config, database: Database) -> Running:
    """A worker whose portal and Diadoc are both away."""
    return make_running(config, database)


def remembered(running: Running, portal: Portal, token: str = "workflow|A1|token") -> int:
    call_id = remember(running.database, new_call(portal, token))
    assert call_id is not None
    forget_jobs(running)
    return call_id


def forget_jobs(running: Running) -> None:
    with running.database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))


def jobs(running: Running) -> list[tuple[str, int]]:
    with running.database.session() as session:
        return [tuple(row) for row in session.execute(text("select task_name, priority from procrastinate_jobs"))]


def of(running: Running, call_id: int) -> Call:
    call = running.calls.get(call_id)
    assert call is not None
    return call


def test_a_wait_is_settled_later_when_another_process_still_holds_the_call(
    running: Running, portal: Portal, scripted: Scripted
) -> None:
    scripted.does(lambda context: Pending(wait_for="outcome", document_id=404))  # it does not exist: over at once
    call_id = remembered(running, portal)
    execute(running, call_id)
    forget_jobs(running)

    with running.calls.exclusively(call_id):  # who made it wait has not left yet
        settle(running, call_id)
    queued = jobs(running)
    settle(running, call_id)

    assert queued == [("settle", 0)]
    assert of(running, call_id).state == "answering"


def test_a_call_whose_time_is_over_is_not_begun_any_more(running: Running, portal: Portal, scripted: Scripted) -> None:
    call_id = remembered(running, portal)
    with running.database.session() as session:
        session.execute(text("update call set deadline_at = now() - interval '1 second'"))

    execute(running, call_id)

    assert scripted.runs == 0
    assert of(running, call_id).state == "new"  # the clock answers it


def test_a_call_that_is_tried_again_keeps_its_place_behind_the_portals_other_calls(
    running: Running, portal: Portal, scripted: Scripted
) -> None:
    scripted.does(failing(Unavailable(system="Диадок", method="GetBox", detail="away")))
    for number in range(3):
        remembered(running, portal, f"workflow|A1|{number}")
    last = remembered(running, portal, "workflow|A1|last")

    execute(running, last)

    assert jobs(running) == [("execute", -3)]


def test_a_call_whose_event_token_no_key_opens_is_answered_and_not_tried_for_hours(
    config: Config, running: Running, portal: Portal, scripted: Scripted
) -> None:
    call_id = remembered(running, portal)
    other = Database(running.database.dsn, Keyring((Fernet.generate_key().decode(),)))
    elsewhere = make_running(replace(config, secret_keys=()), other)

    execute(elsewhere, call_id)
    other.close()

    assert of(running, call_id).state == "answering"


@pytest.mark.parametrize("is_temporary", [True, False])
def test_an_error_text_that_no_database_can_keep_is_still_told(
    running: Running, portal: Portal, scripted: Scripted, is_temporary: bool
) -> None:
    unfit = "a\x00b"
    error = Unavailable(system="Диадок", method="x", detail=unfit) if is_temporary else NotConfigured(what=unfit)
    scripted.does(failing(error))
    call_id = remembered(running, portal)

    execute(running, call_id)

    call = of(running, call_id)
    assert (call.state, (call.last_error or {}).get("code")) == (
        ("new", error.code) if is_temporary else ("answering", None)
    )


def test_a_call_that_fails_at_its_last_moment_is_answered_before_its_deadline(
    running: Running, portal: Portal, scripted: Scripted
) -> None:
    scripted.does(failing(Unavailable(system="Диадок", method="x", detail="away")))
    call_id = remembered(running, portal)
    with running.database.session() as session:
        soon = datetime.now(UTC) + timedelta(milliseconds=40)
        session.execute(text("update call set deadline_at = :soon"), {"soon": soon + timedelta(seconds=1)})
        session.execute(text("update call set attempts = 6"))

    execute(running, call_id)

    assert of(running, call_id).state == "answering"


def test_who_lost_the_lock_records_no_step_and_answers_nothing(
    running: Running, portal: Portal, scripted: Scripted
) -> None:
    done: list[str] = []

    def loses_its_lock(context: Context) -> dict[str, str]:
        context.step("first", lambda: done.append("first"))
        with running.database.session() as session:
            holders = text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7")
            session.execute(holders)
        context.step("second", lambda: done.append("second"))
        return {"inn": "never"}

    scripted.does(loses_its_lock, lambda context: {"inn": context.step("first", lambda: "again") or "remembered"})
    call_id = remembered(running, portal)

    with pytest.raises(OperationalError):
        execute(running, call_id)
    interrupted = of(running, call_id).state
    execute(running, call_id)  # the queue brings the job back

    assert interrupted == "running"
    assert done == ["first"]
    answer = running.answers.get(call_id)
    assert answer is not None
    assert answer.values["inn"] == "remembered"


def test_many_calls_at_once_do_not_wait_for_each_others_connections(
    config: Config, database: Database, portal: Portal, scripted: Scripted
) -> None:
    jobs_at_once = 12
    small = Database(database.dsn, database.keyring, pool_size=2 * jobs_at_once)
    together = threading.Barrier(jobs_at_once, timeout=20)
    running = make_running(config, small)

    def holds_as_much_as_a_sending(context: Context) -> dict[str, str]:
        with context.registry.packages.exclusively(int(context.operation_id)):
            context.step("upload", lambda: "done")
            together.wait()
            context.registry.audit(actor="test", action="held")
        return {"inn": ""}

    scripted.does(holds_as_much_as_a_sending)
    calls = [remembered(running, portal, f"workflow|A1|{number}") for number in range(jobs_at_once)]

    with ThreadPoolExecutor(jobs_at_once) as threads:
        list(threads.map(lambda call_id: execute(running, call_id), calls))
    states = {of(running, call_id).state for call_id in calls}
    small.close()

    assert states == {"answering"}
