"""Long work of the application's page: done once, told as it goes, ended whatever happens."""

from typing import Any

from sqlalchemy import select

from activities import catalog
from activities.triggers import TRIGGERS
from registry.settings import change_settings, read_settings
from registry.tables import Audit, PortalWork
from registry.works import Works
from worker import works as working
from worker.execute import execute
from worker.works import replay, work

EVERYTHING = ["robot", "activity", "trigger", "placement"]


def do(workflows, name: str, **wanted: Any) -> PortalWork:
    """Ask for a work and do it at once."""
    works = Works(workflows.running.database, workflows.portal.id)
    with workflows.running.database.session() as session:
        run = works.ask(session, name, user_id=1)
    assert run is not None
    work(workflows.running, workflows.portal.id, name, run, **wanted)
    found = works.get(name)
    assert found is not None
    return found


def registered(workflows, kind: str) -> set[str]:
    return {one["code"] for one in workflows.sandbox.registrations(workflows.app) if one["kind"] == kind}


def settings(workflows):
    return read_settings(workflows.running.database, workflows.portal.id)


def test_everything_is_registered_with_its_progress_told(workflows, monkeypatch) -> None:
    told = []
    monkeypatch.setattr(Works, "goes_on", lambda self, name, run, *, done, total: told.append((done, total)))

    found = do(workflows, "register", kinds=EVERYTHING)

    codes = 2 * len(catalog())
    assert (found.state, found.result) == ("done", {"registered": codes + len(TRIGGERS) + 2})
    assert told[0] == (0, 0)
    assert told[1:] == [(number, codes) for number in range(1, codes + 1)]


def test_one_kind_is_taken_away_and_stays_away_after_an_update(workflows) -> None:
    do(workflows, "unregister", kinds=["robot", "placement", "trigger"])

    assert registered(workflows, "robot") == set()
    assert registered(workflows, "activity") != set()
    chosen = settings(workflows)
    assert (chosen.shows_pages, chosen.offers_triggers) == (False, False)


def test_what_is_registered_again_is_kept_registered(workflows) -> None:
    do(workflows, "unregister", kinds=["placement", "trigger"])

    do(workflows, "register", kinds=["placement", "trigger"])

    chosen = settings(workflows)
    assert (chosen.shows_pages, chosen.offers_triggers) == (True, True)


def test_a_portal_that_refuses_ends_the_work_with_its_reason(workflows, portal_sandbox) -> None:
    denied = '{"error": "ACCESS_DENIED", "error_description": "Access denied!"}'
    portal_sandbox.fault("bizproc.robot.list", "status", status=403, body=denied)

    found = do(workflows, "register", kinds=["robot"])

    assert found.state == "failed"
    assert set(found.error) == {"code", "ru", "en"}
    assert found.error["code"] == "NO_ACCESS"


def test_a_bug_of_ours_leaves_nobody_waiting(workflows, monkeypatch) -> None:
    def broken(*_: Any, **__: Any) -> dict[str, Any]:
        raise KeyError("bug")

    monkeypatch.setitem(working._WORKS, "check", broken)

    found = do(workflows, "check", inbox_files=0)

    assert (found.state, found.error["code"]) == ("failed", "INTERNAL_ERROR")


def test_a_run_that_has_ended_is_not_done_again(workflows, portal_sandbox) -> None:
    do(workflows, "register", kinds=["robot"])
    portal_sandbox.forget_requests()

    work(workflows.running, workflows.portal.id, "register", 1, kinds=["robot"])

    assert portal_sandbox.requests("bizproc.robot.list") == []


def test_a_work_is_asked_for_once_while_it_is_under_way(workflows) -> None:
    works = Works(workflows.running.database, workflows.portal.id)
    with workflows.running.database.session() as session:
        first, second = works.ask(session, "check", user_id=1), works.ask(session, "check", user_id=2)
    works.ended("check", 1, {})
    with workflows.running.database.session() as session:
        third = works.ask(session, "check", user_id=2)

    assert (first, second, third) == (1, None, 2)


def test_a_work_that_nobody_ends_can_be_asked_for_again(workflows) -> None:
    works = Works(workflows.running.database, workflows.portal.id)
    with workflows.running.database.session() as session:
        works.ask(session, "check", user_id=1)
    workflows.sql("update portal_work set asked_at = now() - interval '16 minutes'")

    with workflows.running.database.session() as session:
        assert works.ask(session, "check", user_id=1) == 2


def test_an_earlier_run_says_nothing_about_the_next(workflows) -> None:
    works = Works(workflows.running.database, workflows.portal.id)
    with workflows.running.database.session() as session:
        works.ask(session, "check", user_id=1)
    works.ended("check", 1, {})
    with workflows.running.database.session() as session:
        works.ask(session, "check", user_id=1)

    works.ended("check", 1, {"findings": ["old"]})

    found = works.get("check")
    assert found is not None
    assert (found.state, found.result) == ("queued", {})


def test_the_self_check_leaves_findings_for_the_page(workflows) -> None:
    found = do(workflows, "check", inbox_files=3)

    assert found.state == "done"
    findings = found.result["findings"]
    assert findings
    for one in findings:
        assert {"code", "name", "level", "text", "who_must_act"} <= set(one)
        assert set(one["text"]) == {"ru", "en"}


def test_the_registries_are_prepared_and_what_is_to_mend_is_told(workflows) -> None:
    found = do(workflows, "prepare", backend="smart_process", list_ids={})

    assert (found.state, found.result) == ("done", {"has_changed": True, "trouble": ""})
    assert do(workflows, "prepare", backend="smart_process", list_ids={}).result["has_changed"] is False


def test_a_replay_runs_a_call_once_for_each_key(workflows, scripted) -> None:
    call_id = workflows.call(wants_answer=False)
    execute(workflows.running, call_id)
    workflows.forget_jobs()

    for key in ("first", "first", "second"):
        replay(workflows.running, workflows.portal.id, call_id, user_id=5, key=key)

    assert [task for task, _ in workflows.jobs()] == ["execute", "execute"]
    with workflows.running.database.session() as session:
        actors = session.scalars(select(Audit.actor).where(Audit.action == "call replayed"))
        assert set(actors) == {"user:5"}


def test_another_portals_call_is_not_replayed(workflows, scripted, portal) -> None:
    call_id = workflows.call(wants_answer=False)
    execute(workflows.running, call_id)
    workflows.forget_jobs()

    replay(workflows.running, portal.id, call_id, user_id=5, key="first")

    assert workflows.jobs() == []


def test_the_pages_of_chosen_types_are_bound(workflows, portal_sandbox) -> None:
    portal_id = workflows.portal.id
    change_settings(workflows.running.database, portal_id, user_id=1, page_types=(31,))
    portal_sandbox.forget_requests()

    do(workflows, "register", kinds=["placement"])

    assert len(portal_sandbox.requests("placement.bind")) == 2
