"""What the clock makes when nobody works, and after a night in which it did not run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from config import Config
from registry.boxes import Boxes, Feeds
from registry.calls import Calls
from registry.database import Database
from registry.tables import Call, Portal
from scheduler.clock import make_scheduler
from scheduler.deadlines import enqueue_expired
from scheduler.forgotten import enqueue_forgotten
from scheduler.status_poll import enqueue_polls
from tests.registry.test_calls import new_call
from worker.enqueue import enqueue, remember
from worker.enqueue_each import enqueue_each


def jobs(database: Database) -> list[tuple[str, str, dict]]:
    with database.session() as session:
        rows = session.execute(text("select task_name, queue_name, args from procrastinate_jobs order by id"))
        return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def call(database: Database, portal: Portal) -> Call:
    call_id = remember(database, new_call(portal))
    with database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))
    found = Calls(database).get(call_id or 0)
    assert found is not None
    return found


@pytest.fixture
def box_pk(database: Database, portal: Portal) -> int:
    boxes = Boxes(database, portal.id)
    account_id = boxes.add_account(kind="oidc")
    box = boxes.connect(account_id=account_id, box_id="1" * 32, inn="7707083893", kpp="", name="Ромашка")
    Feeds(database).begin(box.id, "key")
    return box.id


def twice(database: Database, make: Callable[[Database, Session], int]) -> list[int]:
    """Two ticks while no worker works."""
    made = []
    for _ in range(2):
        with database.session() as session:
            made.append(make(database, session))
    return made


def test_deadlines_do_not_pile_up_while_no_worker_works(database: Database, call: Call) -> None:
    with database.session() as session:
        session.execute(text("update call set deadline_at = now() - interval '1 second'"))

    made = twice(database, enqueue_expired)

    assert made == [1, 0]
    assert jobs(database) == [("expire", "deadlines", {"call_id": call.id})]


def test_polls_do_not_pile_up_while_no_worker_works(database: Database, box_pk: int) -> None:
    made = twice(database, enqueue_polls)

    assert made == [1, 0]
    assert jobs(database) == [("poll", "clock", {"box_pk": box_pk})]


def test_answers_do_not_pile_up_while_no_worker_works(database: Database, call: Call) -> None:
    with database.session() as session:
        Calls(database).claim_answer(session, call, values={"result": "ok"}, log_message="")

    made = twice(database, lambda base, session: enqueue_forgotten(base, session, age_seconds=0))

    assert made == [1, 0]
    assert jobs(database) == [("deliver", "calls", {"call_id": call.id})]


def test_a_job_that_is_being_done_does_not_stand_for_the_next(database: Database) -> None:
    with database.session() as session:
        enqueue(session, "settle", call_id=1)
        session.execute(text("update procrastinate_jobs set status = 'doing'"))

    with database.session() as session:
        made = enqueue_each(session, "settle", [1, 2])

    assert made == 2


def test_jobs_of_another_task_or_argument_stand_for_nothing(database: Database) -> None:
    with database.session() as session:
        enqueue(session, "settle", call_id=1)
        enqueue(session, "poll", call_id=1)

    with database.session() as session:
        assert enqueue_each(session, "execute", [1]) == 1
        assert enqueue_each(session, "poll", [1], name="box_pk") == 1
        assert enqueue_each(session, "poll", [], name="box_pk") == 0


@pytest.mark.parametrize("name", ["reconciliation", "keep_tokens", "tidy"])
def test_the_work_of_a_night_is_done_in_the_morning_when_the_clock_stood_still(
    config: Config, database: Database, box_pk: int, name: str
) -> None:
    job = next(job for job in make_scheduler(config, database).get_jobs() if job.id == name)
    morning = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)

    fires_at = job.trigger.get_next_fire_time(None, morning)
    job.func()
    job.func()

    assert fires_at - datetime.now(UTC) < timedelta(hours=1)
    assert [(found[0], found[1]) for found in jobs(database)] == [
        ("reconcile" if name == "reconciliation" else name, "slow")
    ]
