import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from errors import CounteragentNotFound, NoAccess, RateLimited, Unavailable
from tests.worker.scripted import failing
from worker.execute import ATTEMPTS, execute

AWAY = Unavailable(system="Диадок", method="GetDocflows", detail="no answer")


def test_a_call_is_run_and_answered_with_its_number(workflows, scripted) -> None:
    call_id = workflows.call()

    execute(workflows.running, call_id)

    answer = workflows.answer(call_id)
    assert (answer.values["result"], answer.values["inn"]) == ("ok", "7707083893")
    assert answer.values["operation_id"] == str(call_id)
    assert workflows.of(call_id).state == "answering"
    assert workflows.jobs() == [("deliver", call_id)]


def test_a_call_that_has_an_answer_is_not_run_again(workflows, scripted) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)

    execute(workflows.running, call_id)

    assert scripted.runs == 1
    assert workflows.jobs() == [("deliver", call_id)]


def test_a_call_that_nobody_waits_for_is_run_and_not_answered(workflows, scripted) -> None:
    call_id = workflows.call(wants_answer=False)

    execute(workflows.running, call_id)

    assert scripted.runs == 1
    assert workflows.of(call_id).state == "closed"
    assert workflows.answer(call_id).state == "closed"
    assert workflows.jobs() == []


def test_a_temporary_error_is_tried_again_later_and_told_to_the_workflow(workflows, scripted) -> None:
    scripted.does(failing(AWAY))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    call = workflows.of(call_id)
    assert (call.state, call.attempts, call.last_error["code"]) == ("new", 1, "UNAVAILABLE")
    assert call.next_attempt_at is not None
    assert workflows.running.answers.get(call_id) is None
    assert workflows.jobs() == [("execute", call_id)]
    assert "Диадок временно недоступен" in workflows.journal(call_id)
    assert f"Попытка 1 из {ATTEMPTS}" in workflows.journal(call_id)


def test_pauses_between_attempts_grow(workflows, scripted) -> None:
    scripted.does(failing(AWAY))
    call_id = workflows.call()
    patient = replace(workflows.running, config=replace(workflows.running.config, retry_seconds=20.0))
    pauses = []

    for _ in range(3):
        execute(patient, call_id)
        pauses.append((workflows.of(call_id).next_attempt_at - datetime.now(UTC)).total_seconds())

    assert pauses[0] < pauses[1] < pauses[2]


def test_who_asked_us_to_wait_is_obeyed(workflows, scripted) -> None:
    scripted.does(failing(RateLimited(system="Диадок", detail="429", retry_after=120.0)))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    assert workflows.of(call_id).next_attempt_at > datetime.now(UTC) + timedelta(seconds=100)


def test_what_worked_at_last_is_answered(workflows, scripted) -> None:
    scripted.does(failing(AWAY), failing(AWAY), lambda context: {"inn": "1"})
    call_id = workflows.call()

    for _ in range(3):
        execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["inn"] == "1"


def test_when_the_attempts_are_used_up_the_answer_is_the_error(workflows, scripted) -> None:
    scripted.does(failing(AWAY))
    call_id = workflows.call()

    for _ in range(ATTEMPTS):
        execute(workflows.running, call_id)

    values = workflows.answer(call_id).values
    assert (values["result"], values["error_code"], values["retryable"]) == ("error", "UNAVAILABLE", "Y")
    assert "Диадок" in values["error_text"]
    assert scripted.runs == ATTEMPTS


def test_an_attempt_that_would_come_after_the_deadline_is_not_waited_for(workflows, scripted) -> None:
    scripted.does(failing(RateLimited(system="Диадок", detail="429", retry_after=60.0)))
    call_id = workflows.call(lives=timedelta(seconds=30))

    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["error_code"] == "RATE_LIMITED"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CounteragentNotFound(inn="7707083893", kpp="770701001"), "COUNTERPARTY_NOT_FOUND"),
        (NoAccess(system="Диадок", detail="403"), "NO_ACCESS"),
    ],
)
def test_a_lasting_error_is_answered_at_once(workflows, scripted, error: Exception, code: str) -> None:
    scripted.does(failing(error))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    values = workflows.answer(call_id).values
    assert (values["result"], values["error_code"]) == ("error", code)
    assert scripted.runs == 1


def test_a_bug_in_an_activity_is_answered_as_an_internal_error(workflows, scripted) -> None:
    scripted.does(failing(ZeroDivisionError("a secret of ours")))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    values = workflows.answer(call_id).values
    assert (values["error_code"], values["who_must_act"]) == ("INTERNAL_ERROR", "administrator")
    assert "secret" not in values["error_text"]


def test_an_output_that_was_never_declared_is_an_internal_error(workflows, scripted) -> None:
    scripted.does(lambda context: {"never_declared": 1})
    call_id = workflows.call()

    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["error_code"] == "INTERNAL_ERROR"


def test_inputs_that_cannot_be_read_are_answered(workflows, scripted) -> None:
    call_id = workflows.call(properties={"for_inn": {"not": {"a": "line"}}})

    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["error_code"] == "INPUT_INVALID"


def test_a_database_that_went_away_brings_the_job_back(workflows, scripted) -> None:
    scripted.does(failing(OperationalError("select", {}, Exception("gone"))), lambda context: {"inn": "2"})
    call_id = workflows.call()

    with pytest.raises(OperationalError):
        execute(workflows.running, call_id)
    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["inn"] == "2"


def test_a_statement_that_the_database_refuses_is_a_bug_and_answered(workflows, scripted) -> None:
    scripted.does(failing(ProgrammingError("select", {}, Exception("no such column"))))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["error_code"] == "INTERNAL_ERROR"


def test_a_text_that_the_database_cannot_keep_is_a_bug_and_answered(workflows, scripted) -> None:
    scripted.does(lambda context: context.step("odd", lambda: "\x00"))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    assert workflows.answer(call_id).values["error_code"] == "INTERNAL_ERROR"


def test_of_two_workers_on_one_call_one_runs_it(workflows, scripted) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slowly(context):
        entered.set()
        assert leave.wait(10)
        return {"inn": "1"}

    scripted.does(slowly)
    call_id = workflows.call()
    first = threading.Thread(target=execute, args=(workflows.running, call_id))
    first.start()
    assert entered.wait(10)

    execute(workflows.running, call_id)
    came_back = workflows.jobs()
    leave.set()
    first.join()

    assert scripted.runs == 1
    assert came_back == [("execute", call_id)]  # should the first die, the second is not lost
    assert workflows.answer(call_id).values["inn"] == "1"


def test_a_call_of_an_activity_that_is_gone_is_told_so(workflows, scripted) -> None:
    call_id = workflows.call(code="diadoc_of_a_later_version")

    execute(workflows.running, call_id)

    values = workflows.answer(call_id).values
    assert (values["result"], values["error_code"]) == ("error", "NOT_CONFIGURED")
    assert "diadoc_of_a_later_version" in values["error_text"]


def test_a_call_that_never_was_is_no_error(workflows) -> None:
    execute(workflows.running, 4711)

    assert workflows.jobs() == []


def test_a_call_that_waits_is_not_run_again(workflows, scripted) -> None:
    call_id = workflows.call()
    workflows.sql("update call set state = 'waiting'")

    execute(workflows.running, call_id)

    assert scripted.runs == 0
    assert workflows.of(call_id).state == "waiting"


def test_the_lock_of_a_call_is_free_after_its_run(workflows, scripted) -> None:
    scripted.does(failing(AWAY))
    call_id = workflows.call()

    execute(workflows.running, call_id)

    with workflows.running.database.session() as session:
        held = session.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and classid = 7"))
    assert held == 0
