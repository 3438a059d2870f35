import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

import worker.settle
from activities.base import Pending
from errors import NoAccess, Unavailable
from registry.portal_registry import PortalRegistry
from registry.tables import Package
from tests.activities.sent_packages import Sender
from tests.worker.scripted import failing
from worker.execute import execute
from worker.settle import expire, settle

SIGNED = {"docflow_state": "signed_by_counteragent", "is_final": True}


@pytest.fixture
def package(workflows) -> Package:
    nobody: Any = None  # it is never sent
    return Sender(PortalRegistry(workflows.running.database, workflows.portal.id).packages, nobody, nobody).gather()


@pytest.fixture
def sign(workflows, package) -> Callable[[], None]:
    """The outcome comes, as a poll stores it."""
    packages = PortalRegistry(workflows.running.database, workflows.portal.id).packages

    def sign() -> None:
        for document in packages.documents(package.id):
            packages.keep_state(document.id, SIGNED)

    return sign


@pytest.fixture
def waiting(workflows, scripted, package) -> int:
    """A call that waits for the package."""
    scripted.does(lambda context: Pending(wait_for="outcome", package_id=package.id, deadline_days=3))
    call_id = workflows.call(lives=timedelta(days=30))
    execute(workflows.running, call_id)
    return call_id


def late(workflows, call_id: int) -> None:
    workflows.sql("update call set deadline_at = now() - interval '1 second' where id = :call", call=call_id)


def test_a_wait_holds_nothing_and_is_looked_at_once_more(workflows, waiting) -> None:
    call = workflows.of(waiting)

    assert (call.state, call.wait_for) == ("waiting", "outcome")
    assert call.deadline_at - call.received_at == timedelta(days=3)  # the designer's days, shorter than the step's
    assert workflows.jobs() == [("settle", waiting)]


def test_a_wait_goes_on_until_what_it_waits_for_has_come(workflows, waiting, sign) -> None:
    settle(workflows.running, waiting)
    before = workflows.of(waiting).state

    sign()
    settle(workflows.running, waiting)

    assert before == "waiting"
    assert workflows.answer(waiting).values["inn"] == "finished"
    assert ("deliver", waiting) in workflows.jobs()


def test_a_wait_that_is_over_is_answered_once_however_often_it_is_settled(workflows, waiting, sign) -> None:
    sign()

    for _ in range(3):
        settle(workflows.running, waiting)

    assert workflows.jobs().count(("deliver", waiting)) == 1


def test_an_error_of_finishing_is_answered(workflows, scripted, waiting, sign) -> None:
    scripted.ends(failing(NoAccess(system="Диадок", detail="403")))
    sign()

    settle(workflows.running, waiting)

    assert workflows.answer(waiting).values["error_code"] == "NO_ACCESS"


def test_a_temporary_error_of_finishing_brings_the_job_back(workflows, scripted, waiting, sign) -> None:
    scripted.ends(failing(Unavailable(system="Диадок", detail="no answer")))
    sign()

    with pytest.raises(Unavailable):
        settle(workflows.running, waiting)

    assert workflows.of(waiting).state == "waiting"


def test_a_bug_in_finishing_is_answered_as_an_internal_error(workflows, scripted, waiting, sign) -> None:
    scripted.ends(failing(KeyError("a secret of ours")))
    sign()

    settle(workflows.running, waiting)

    values = workflows.answer(waiting).values
    assert (values["result"], values["error_code"]) == ("error", "INTERNAL_ERROR")
    assert "secret" not in values["error_text"]


def test_a_database_that_goes_away_while_finishing_brings_the_job_back(workflows, scripted, waiting, sign) -> None:
    scripted.ends(failing(OperationalError("select", {}, Exception("gone"))))
    sign()

    with pytest.raises(OperationalError):
        settle(workflows.running, waiting)

    assert workflows.of(waiting).state == "waiting"


def test_a_deadline_answers_timeout_with_what_is_known(workflows, scripted, waiting) -> None:
    scripted.ends(lambda context: {"inn": "so far"})
    late(workflows, waiting)

    expire(workflows.running, waiting)

    values = workflows.answer(waiting).values
    assert (values["result"], values["error_code"], values["inn"]) == ("timeout", "TIMEOUT", "so far")
    assert workflows.jobs().count(("deliver", waiting)) == 1


@pytest.mark.parametrize("error", [NoAccess(system="Диадок"), KeyError("bug"), Unavailable(system="Диадок")])
def test_a_deadline_is_kept_even_when_the_state_cannot_be_told(workflows, scripted, waiting, error: Exception) -> None:
    scripted.ends(failing(error))
    late(workflows, waiting)

    expire(workflows.running, waiting)

    values = workflows.answer(waiting).values
    assert (values["result"], values["inn"]) == ("timeout", "")


def test_a_deadline_tells_why_the_call_was_still_being_tried(workflows, scripted) -> None:
    scripted.does(failing(Unavailable(system="Диадок", detail="no answer")))
    call_id = workflows.call()
    execute(workflows.running, call_id)

    expire(workflows.running, call_id)

    values = workflows.answer(call_id).values
    assert values["result"] == "timeout"
    assert "UNAVAILABLE" in values["error_text"]


def test_an_answered_call_does_not_expire(workflows, scripted) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)

    expire(workflows.running, call_id)

    assert workflows.answer(call_id).values["result"] == "ok"


def test_a_call_expires_although_a_dead_connection_still_holds_its_lock(workflows, scripted, waiting) -> None:
    with workflows.running.calls.exclusively(waiting):
        expire(workflows.running, waiting)

    assert workflows.answer(waiting).values["result"] == "timeout"


def test_a_run_that_outlasts_the_deadline_cannot_answer_a_second_time(workflows, scripted) -> None:
    call_id = workflows.call()

    def slower_than_its_deadline(context):
        expire(workflows.running, call_id)
        return {"inn": "too late"}

    scripted.does(slower_than_its_deadline)
    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["result"] == "timeout"
    assert workflows.jobs() == [("deliver", call_id)]


def test_a_run_that_wants_to_wait_after_the_deadline_has_nothing_to_wait_for(workflows, scripted, package) -> None:
    call_id = workflows.call()

    def slower_than_its_deadline(context):
        expire(workflows.running, call_id)
        return Pending(wait_for="outcome", package_id=package.id)

    scripted.does(slower_than_its_deadline)
    execute(workflows.running, call_id)

    assert workflows.of(call_id).state == "answering"
    assert workflows.jobs() == [("deliver", call_id)]


@pytest.mark.parametrize("round_", range(5))
def test_of_an_outcome_and_a_deadline_at_the_same_moment_one_is_answered(workflows, waiting, sign, round_: int) -> None:
    sign()
    late(workflows, waiting)
    at_once = threading.Barrier(2)

    def race(end: Callable[..., None]) -> None:
        at_once.wait(10)
        end(workflows.running, waiting)

    racers = [threading.Thread(target=race, args=(end,)) for end in (settle, expire)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert workflows.answer(waiting).values["result"] in ("ok", "timeout")
    assert workflows.jobs().count(("deliver", waiting)) == 1


def test_a_package_that_vanished_ends_its_wait(workflows, waiting, package) -> None:
    workflows.sql("delete from document")

    settle(workflows.running, waiting)

    assert workflows.of(waiting).state == "answering"


def test_what_a_call_waits_for_is_read_back_as_it_was_said(workflows, waiting, package) -> None:
    pending = worker.settle.pending_of(workflows.of(waiting))

    assert pending == Pending(wait_for="outcome", package_id=package.id, deadline_days=3)


def test_a_call_that_ended_is_not_settled(workflows, scripted) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)
    before = workflows.of(call_id).ended_at, datetime.now(UTC)

    settle(workflows.running, call_id)

    assert workflows.of(call_id).ended_at == before[0]
