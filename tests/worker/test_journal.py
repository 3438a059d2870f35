import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from activities.values import Text
from errors import Unavailable
from registry.calls import steps_of
from worker.execute import context_of


@pytest.fixture
def call(workflows, scripted):
    return workflows.of(workflows.call())


@pytest.fixture
def journal(workflows, call):
    """The journal of one run."""
    with workflows.running.calls.exclusively(call.id) as connection:
        yield context_of(workflows.running, call, connection).journal


def never():
    raise AssertionError("it must not be done")


def test_a_step_is_done_and_its_result_kept(journal, workflows, call) -> None:
    result = journal.step("post", lambda: {"message_id": "m1"}, None)

    (step,) = steps_of(workflows.running.database, call.id)
    assert result == {"message_id": "m1"}
    assert (step.name, step.attempts, step.result) == ("post", 1, {"value": {"message_id": "m1"}})


def test_a_step_with_a_result_is_not_done_again(journal) -> None:
    journal.step("post", lambda: "m1", None)

    assert journal.step("post", never, never) == "m1"


def test_even_nothing_is_a_result(journal) -> None:
    journal.step("tell", lambda: None, None)

    assert journal.step("tell", never, never) is None


def test_a_step_that_failed_is_done_again(journal, workflows, call) -> None:
    def fails():
        raise Unavailable(system="Диадок")

    with pytest.raises(Unavailable):
        journal.step("post", fails, None)

    assert journal.step("post", lambda: "m2", None) == "m2"
    assert steps_of(workflows.running.database, call.id)[0].attempts == 2


def test_a_step_in_doubt_is_looked_up_first(journal) -> None:
    def dies():
        raise SystemExit

    with pytest.raises(SystemExit):
        journal.step("post", dies, never)  # the first time there is nothing to look for

    assert journal.step("post", never, lambda: "found there") == "found there"
    assert journal.step("post", never, never) == "found there"


def test_a_step_in_doubt_that_is_found_nowhere_is_done(journal) -> None:
    def dies():
        raise SystemExit

    with pytest.raises(SystemExit):
        journal.step("post", dies, None)

    assert journal.step("post", lambda: "done", lambda: None) == "done"


def test_the_intent_is_on_record_before_anything_is_done(journal, workflows, call) -> None:
    seen = []

    journal.step("post", lambda: seen.extend(steps_of(workflows.running.database, call.id)), None)

    assert [(step.name, step.done_at) for step in seen] == [("post", None)]


def test_steps_of_two_calls_do_not_mix(journal, workflows, scripted) -> None:
    journal.step("post", lambda: "mine", None)
    other = workflows.of(workflows.call())

    with workflows.running.calls.exclusively(other.id) as connection:
        theirs = context_of(workflows.running, other, connection).journal
        assert theirs.step("post", lambda: "theirs", never) == "theirs"


def test_who_lost_the_call_can_record_nothing_more(workflows, scripted, call) -> None:
    with workflows.running.calls.exclusively(call.id) as connection:
        journal = context_of(workflows.running, call, connection).journal
        pid = connection.execute(text("select pg_backend_pid()")).scalar()
        workflows.sql("select pg_terminate_backend(:pid)", pid=pid)

        with pytest.raises(OperationalError):
            journal.step("post", lambda: "too late", None)

    assert steps_of(workflows.running.database, call.id) == []


def test_a_line_is_written_into_the_workflows_journal_in_its_language(journal, workflows, call) -> None:
    journal.log(Text(ru="Пакет передан", en="Package sent"))

    assert "Пакет передан" in workflows.journal(call.id)


def test_a_portal_that_is_away_does_not_stop_a_run_for_a_line(journal, workflows, call, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.activity.log", "status", times=-1)

    journal.log(Text(ru="Пакет передан", en="Package sent"))

    assert "Пакет передан" not in workflows.journal(call.id)


def test_a_result_is_kept_as_json(journal, workflows, call) -> None:
    value = {"ids": [1, 2], "name": "«Лютик»", "none": None}

    journal.step("post", lambda: value, None)

    assert json.loads(json.dumps(journal.step("post", never, None))) == value
