from datetime import timedelta
from typing import Any

import pytest

from sandbox.portal.driver import FILES
from tests.conftest import SECRET_KEY
from tests.worker.workflows import Workflows
from worker.deliver import deliver
from worker.execute import execute

DENIED = '{"error": "ACCESS_DENIED", "error_description": "Access denied!"}'
PLAN = '{"error": "ACCESS_DENIED", "error_description": "Available only on commercial plans"}'


@pytest.fixture
def answered(workflows, scripted) -> int:
    """A call that has its answer, which nobody has delivered yet."""
    call_id = workflows.call()
    execute(workflows.running, call_id)
    workflows.forget_jobs()
    return call_id


def older(workflows: Workflows, call_id: int, by: timedelta) -> None:
    """As if the answer had been on its way for so long already."""
    workflows.sql(
        """update answer set first_attempt_at = first_attempt_at - :by, created_at = created_at - :by
        where call_id = :call""",
        by=by,
        call=call_id,
    )


def state(workflows: Workflows, call_id: int) -> tuple[str, str]:
    return workflows.answer(call_id).state, workflows.of(call_id).state


def comments(workflows: Workflows) -> str:
    return "\n".join(entry["text"] for entry in workflows.sandbox.timeline())


def test_the_workflow_gets_the_values_and_goes_on(workflows, answered) -> None:
    deliver(workflows.running, answered)

    workflow = workflows.workflow(answered)
    assert state(workflows, answered) == ("delivered", "answered")
    assert workflow["state"] == "completed"
    assert workflow["outputs"]["step"]["inn"] == "7707083893"
    assert f"операция {answered}" in workflows.journal(answered)


def test_what_was_delivered_is_not_sent_again(workflows, answered, portal_sandbox) -> None:
    deliver(workflows.running, answered)

    deliver(workflows.running, answered)

    assert len(portal_sandbox.requests("bizproc.event.send")) == 1


def test_a_portal_that_is_away_is_tried_again_later(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.event.send", "status", times=-1)

    deliver(workflows.running, answered)

    answer = workflows.answer(answered)
    assert (answer.state, answer.attempts, answer.claimed_until) == ("open", 1, None)
    assert workflows.jobs() == [("deliver", answered)]
    portal_sandbox.clear_faults()
    deliver(workflows.running, answered)
    assert state(workflows, answered) == ("delivered", "answered")


def test_an_answer_whose_reply_was_lost_is_given_once(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.event.send", "lost_reply")

    deliver(workflows.running, answered)
    deliver(workflows.running, answered)

    given = workflows.workflow(answered)["answers"]
    assert [one["applied"] for one in given].count(True) == 1
    assert state(workflows, answered) == ("delivered", "answered")


def test_a_workflow_that_is_not_saved_yet_is_waited_for(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.settings(event_send="legacy")
    workflow_id = workflows.of(answered).workflow_id
    portal_sandbox.terminate_workflow(workflow_id)  # older portals answer 404 for both

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("open", "answering")
    assert workflows.jobs() == [("deliver", answered)]


def test_a_workflow_that_stays_unknown_is_given_up_after_a_minute(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.settings(event_send="legacy")
    portal_sandbox.terminate_workflow(workflows.of(answered).workflow_id)
    deliver(workflows.running, answered)
    older(workflows, answered, timedelta(seconds=61))
    workflows.forget_jobs()

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("closed", "answered")
    assert workflows.jobs() == []


def test_a_locked_workflow_is_tried_again_and_gets_its_answer(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.settings(event_send="legacy")
    workflow_id = workflows.of(answered).workflow_id
    portal_sandbox.lock_workflow(workflow_id, 60)

    deliver(workflows.running, answered)
    put_off = state(workflows, answered), workflows.jobs()
    portal_sandbox.lock_workflow(workflow_id, 0)
    deliver(workflows.running, answered)

    assert put_off == (("open", "answering"), [("deliver", answered)])
    assert state(workflows, answered) == ("delivered", "answered")
    assert workflows.workflow(answered)["outputs"]["step"]["inn"] == "7707083893"


def test_a_refused_event_token_ends_as_undeliverable_and_is_told_in_the_deal(
    workflows, answered, portal_sandbox
) -> None:
    portal_sandbox.fault("bizproc.event.send", "status", status=403, body=DENIED)

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("undeliverable", "undeliverable")
    assert f"операция {answered}" in comments(workflows)
    assert workflows.jobs() == []


def test_undeliverable_is_kept_even_when_the_deal_cannot_be_written_to(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.event.send", "status", status=403, body=DENIED)
    portal_sandbox.fault("crm.timeline.comment.add", "status", times=-1)

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("undeliverable", "undeliverable")


def test_an_unpaid_plan_is_waited_for_until_long_after_the_deadline(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.event.send", "status", status=403, body=PLAN, times=2)

    deliver(workflows.running, answered)
    at_first = state(workflows, answered)
    workflows.sql("update call set deadline_at = now() - interval '2 days'")
    older(workflows, answered, timedelta(days=2))
    deliver(workflows.running, answered)

    assert at_first == ("open", "answering")
    assert state(workflows, answered) == ("undeliverable", "undeliverable")


def test_a_plan_that_was_paid_meanwhile_gets_its_answer(workflows, answered, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.event.send", "status", status=403, body=PLAN)

    deliver(workflows.running, answered)
    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("delivered", "answered")


def test_a_portal_that_removed_us_makes_the_answer_undeliverable(workflows, answered) -> None:
    workflows.running.portals.uninstall(workflows.portal.id)

    deliver(workflows.running, answered)

    answer = workflows.answer(answered)
    assert state(workflows, answered) == ("undeliverable", "undeliverable")
    assert "removed" in answer.state_text


def test_a_portal_whose_consent_is_lost_is_waited_for(workflows, answered) -> None:
    workflows.running.portals.auth_lost(workflows.portal.id, "invalid_grant")

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("open", "answering")
    assert "PORTAL_AUTH_LOST" in workflows.answer(answered).state_text


def test_an_answer_that_another_process_is_delivering_is_left_to_it(workflows, answered, portal_sandbox) -> None:
    workflows.running.answers.claim(answered)

    deliver(workflows.running, answered)

    assert portal_sandbox.requests("bizproc.event.send") == []


def test_a_process_that_died_while_delivering_holds_the_answer_for_a_while_only(workflows, answered) -> None:
    workflows.running.answers.claim(answered)
    workflows.sql("update answer set claimed_until = now() - interval '1 second'")

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("delivered", "answered")
    assert workflows.answer(answered).attempts == 2


def test_a_call_whose_secret_nobody_can_open_any_more_ends_as_undeliverable(workflows, answered) -> None:
    workflows.sql("update call set event_token_sealed = 'not sealed by any key of ours'")

    deliver(workflows.running, answered)

    assert state(workflows, answered) == ("undeliverable", "undeliverable")
    assert SECRET_KEY not in workflows.answer(answered).state_text


def test_an_error_reaches_the_workflow_as_values_to_branch_on(workflows, scripted, portal_sandbox: Any) -> None:
    call_id = workflows.call(code="diadoc_gone")
    execute(workflows.running, call_id)

    deliver(workflows.running, call_id)

    told = workflows.workflow(call_id)["outputs"]["step"]
    assert (told["result"], told["error_code"]) == ("error", "NOT_CONFIGURED")
    assert portal_sandbox.files(FILES) == []
