import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.calls import Calls
from registry.database import Database
from registry.tables import Portal
from scheduler.dead_workers import return_jobs_of_dead_workers
from scheduler.deadlines import enqueue_expired
from scheduler.firing import fire
from scheduler.forgotten import enqueue_forgotten
from tests.registry.test_calls import new_call
from worker.enqueue import enqueue, remember

LONG = 1e9  # seconds: the slot cannot end during a test


def jobs(database: Database) -> list[str]:
    with database.session() as session:
        return list(session.scalars(text("select task_name from procrastinate_jobs order by id")))


def test_of_many_schedulers_one_fires(database: Database) -> None:
    def make(session: Session) -> int:
        enqueue(session, "tidy", queue="clock")
        return 1

    threads = [
        threading.Thread(target=fire, args=(database, "tidy"), kwargs={"period": LONG, "make_jobs": make})
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert jobs(database) == ["tidy"]


def test_a_firing_that_fails_leaves_its_slot_to_the_next(database: Database) -> None:
    def broken(session: Session) -> int:
        raise ConnectionError

    def make(session: Session) -> int:
        enqueue(session, "tidy", queue="clock")
        return 1

    try:
        fire(database, "tidy", period=LONG, make_jobs=broken)
    except ConnectionError:
        fire(database, "tidy", period=LONG, make_jobs=make)

    assert jobs(database) == ["tidy"]


def test_a_call_past_its_deadline_is_expired(database: Database, portal: Portal) -> None:
    call_id = remember(database, new_call(portal))
    with database.session() as session:
        session.execute(text("update call set deadline_at = now() - interval '1 second'"))

    with database.session() as session:
        enqueue_expired(database, session)

    assert call_id is not None
    assert jobs(database) == ["execute", "expire"]


def test_the_job_of_a_dead_worker_is_returned_and_a_living_one_keeps_its_own(database: Database) -> None:
    with database.session() as session:
        for _ in range(2):
            enqueue(session, "execute", call_id=1)
        dead, alive = session.scalars(
            text("""insert into procrastinate_workers (last_heartbeat)
            values (now() - interval '1 minute'), (now()) returning id""")
        ).all()
        first, second = session.scalars(text("select id from procrastinate_jobs order by id")).all()
        doing = text("update procrastinate_jobs set status = 'doing', worker_id = :worker where id = :job")
        session.execute(doing, {"worker": dead, "job": first})
        session.execute(doing, {"worker": alive, "job": second})

    returned = return_jobs_of_dead_workers(database, stalled_seconds=15)

    with database.session() as session:
        states = session.scalars(text("select status::text from procrastinate_jobs order by id")).all()
    assert returned == 1
    assert states == ["todo", "doing"]


def test_an_open_call_without_a_job_gets_one(database: Database, portal: Portal) -> None:
    remember(database, new_call(portal))
    with database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))

    with database.session() as session:
        made = enqueue_forgotten(database, session, age_seconds=0)

    assert made == 1
    assert jobs(database) == ["execute"]


def test_an_answer_that_nobody_delivers_is_delivered(database: Database, portal: Portal) -> None:
    call_id = remember(database, new_call(portal))
    calls = Calls(database)
    call = calls.get(call_id or 0)
    assert call is not None
    with database.session() as session:
        calls.claim_answer(session, call, values={"result": "ok"}, log_message="")
        session.execute(text("delete from procrastinate_jobs"))

    with database.session() as session:
        enqueue_forgotten(database, session, age_seconds=0)

    assert jobs(database) == ["deliver"]


def test_deadlines_far_away_are_left_alone(database: Database, portal: Portal) -> None:
    remember(database, new_call(portal))

    assert Calls(database).past_deadline() == []
    assert datetime.now(UTC) + timedelta(minutes=59) < Calls(database).get(1).deadline_at  # type: ignore[union-attr]
