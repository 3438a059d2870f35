"""Calls that nobody works on, however busy the queue looks, are found by the clock."""

from datetime import timedelta

import pytest

from scheduler.forgotten import enqueue_forgotten
from worker.enqueue import enqueue
from worker.execute import execute


@pytest.fixture
def call_id(workflows, scripted) -> int:
    """A call whose job a living worker has taken from the queue."""
    call_id = workflows.call()
    with workflows.running.database.session() as session:
        enqueue(session, "execute", call_id=call_id)
    workflows.sql("insert into procrastinate_workers default values")
    workflows.sql("""
        update procrastinate_jobs set status = 'doing', worker_id = (select max(id) from procrastinate_workers)""")
    return call_id


def forgotten(workflows) -> list[int]:
    return workflows.running.calls.forgotten(older_than=timedelta(0))


def test_a_call_that_a_worker_holds_is_not_forgotten(workflows, call_id) -> None:
    with workflows.running.calls.exclusively(call_id):
        assert forgotten(workflows) == []


def test_a_call_whose_worker_could_not_record_the_end_of_its_job_is_carried_out_after_all(workflows, call_id) -> None:
    with workflows.running.database.session() as session:
        enqueue_forgotten(workflows.running.database, session, age_seconds=0)
    again = workflows.jobs()[1:]
    execute(workflows.running, call_id)

    assert again == [("execute", call_id)]
    assert workflows.answer(call_id).values["inn"] == "7707083893"
    assert forgotten(workflows) == []


def test_a_call_that_waits_for_its_next_attempt_is_not_forgotten(workflows, call_id) -> None:
    workflows.sql("update call set next_attempt_at = now() + interval '1 minute'")

    assert forgotten(workflows) == []
