from tests.worker.scripted import failing
from tests.worker.workflows import installed
from worker.deliver import deliver
from worker.execute import execute
from worker.replay import replay


def test_a_call_that_never_was_cannot_be_replayed(workflows) -> None:
    assert replay(workflows.running.database, 4711) is None


def test_an_open_call_gets_a_job(workflows, scripted) -> None:
    call_id = workflows.call()

    told = replay(workflows.running.database, call_id)

    assert told is not None
    assert str(call_id) in told
    assert workflows.jobs() == [("execute", call_id)]


def test_a_waiting_call_is_settled(workflows, scripted) -> None:
    call_id = workflows.call()
    workflows.sql("update call set state = 'waiting'")

    replay(workflows.running.database, call_id)

    assert workflows.jobs() == [("settle", call_id)]


def test_an_undeliverable_answer_is_delivered_after_all(workflows, scripted) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)
    workflows.running.portals.uninstall(workflows.portal.id)
    deliver(workflows.running, call_id)
    workflows.forget_jobs()
    workflows.running.portals.install(installed(workflows.sandbox, workflows.app))

    replay(workflows.running.database, call_id)
    queued = workflows.jobs()
    deliver(workflows.running, call_id)

    assert queued == [("deliver", call_id)]
    assert workflows.of(call_id).state == "answered"
    assert workflows.workflow(call_id)["outputs"]["step"]["inn"] == "7707083893"


def test_an_answered_call_runs_again_and_answers_nobody(workflows, scripted, portal_sandbox) -> None:
    call_id = workflows.call(properties={"for_inn": "7707083893"})
    execute(workflows.running, call_id)
    deliver(workflows.running, call_id)
    workflows.forget_jobs()

    replay(workflows.running.database, call_id)
    ((task, again),) = workflows.jobs()
    execute(workflows.running, again)

    assert (task, again != call_id) == ("execute", True)
    assert scripted.runs == 2
    assert workflows.of(again).properties == {"for_inn": "7707083893"}
    assert (workflows.of(again).state, workflows.answer(again).state) == ("closed", "closed")
    assert len(portal_sandbox.requests("bizproc.event.send")) == 1


def test_a_call_can_be_replayed_many_times(workflows, scripted) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)
    deliver(workflows.running, call_id)
    workflows.forget_jobs()

    for _ in range(3):
        replay(workflows.running.database, call_id)

    assert len({again for _, again in workflows.jobs()}) == 3


def test_a_replay_that_fails_writes_nothing_into_the_old_workflow(workflows, scripted, portal_sandbox) -> None:
    call_id = workflows.call()
    execute(workflows.running, call_id)
    deliver(workflows.running, call_id)
    workflows.forget_jobs()
    scripted.does(failing(ZeroDivisionError()))

    replay(workflows.running.database, call_id)
    ((_, again),) = workflows.jobs()
    execute(workflows.running, again)

    assert workflows.answer(again).values["error_code"] == "INTERNAL_ERROR"
    assert workflows.answer(call_id).values["result"] == "ok"
