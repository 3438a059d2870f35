"""Calls that nobody works on, however busy the queue looks, are found by the clock."""

from datetime import timedelta

import pytest

from scheduler.deadlines import enqueue_expired
from scheduler.forgotten import enqueue_forgotten
from tests.worker.workflows import installed
from worker.deliver import deliver
from worker.enqueue import enqueue
from worker.execute import execute
from worker.settle import expire


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


def test_calls_of_a_portal_that_removed_us_for_good_are_ended(workflows, scripted) -> None:
    call_id = workflows.call()
    workflows.sql("update call set state = 'waiting'")
    workflows.running.portals.uninstall(workflows.portal.id)
    at_first = workflows.running.calls.past_deadline()

    workflows.sql("update portal set changed_at = now() - interval '61 minutes'")
    with workflows.running.database.session() as session:
        enqueue_expired(workflows.running.database, session)
    expire(workflows.running, call_id)
    deliver(workflows.running, call_id)

    assert at_first == []  # it may be installed again in a moment
    assert ("expire", call_id) in workflows.jobs()
    assert (workflows.of(call_id).state, workflows.answer(call_id).state) == ("undeliverable", "undeliverable")


def test_calls_of_a_portal_that_installed_us_again_go_on(workflows, scripted) -> None:
    workflows.call()
    workflows.running.portals.uninstall(workflows.portal.id)
    workflows.running.portals.install(installed(workflows.sandbox, workflows.app))
    workflows.sql("update portal set changed_at = now() - interval '61 minutes'")

    assert workflows.running.calls.past_deadline() == []
