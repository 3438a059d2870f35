"""What administrators choose is checked as a whole, stored for their portal and audited; long work becomes a job."""

from datetime import UTC, datetime
from typing import Any

import pytest

from registry.crm_registries import CrmRegistries
from registry.settings import Settings
from registry.tables import Portal
from registry.works import Works
from sandbox.portal.driver import PortalSandbox
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit, audits, jobs, settings_of


@pytest.mark.parametrize(
    "changes",
    [
        {"remind_after_days": "366"},
        {"remind_after_days": "-1"},
        {"remind_after_days": "three"},
        {"escalate_after_days": "1e9"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
    ],
)
def test_deadlines_that_cannot_be_are_refused_as_a_whole(
    changes: dict[str, str], door: Door, ours: Portal, visitor: Visit
) -> None:
    form = {"remind_after_days": "2", "escalate_after_days": "4", "time_zone": "Asia/Omsk"}

    answer = visitor.ask("app/timing", {**form, **changes})

    assert answer.status_code == 422
    assert settings_of(door, ours) == Settings()


def test_a_choice_is_stored_and_audited_for_its_portal_only(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    form = {"remind_after_days": "2", "escalate_after_days": "4", "time_zone": "Asia/Omsk"}

    answer = visitor.ask("app/timing", {**form, "notifies": "Y"})

    assert answer.status_code == 200
    assert "Сохранено" in answer.text
    chosen = settings_of(door, ours)
    assert (chosen.escalate_after_days, chosen.notifies, chosen.makes_todos) == (4, True, False)
    assert settings_of(door, portal) == Settings()
    audit = audits(door)[0]
    assert (audit.portal_id, audit.actor, audit.action) == (ours.id, "user:1", "settings changed")
    assert audit.facts["escalate_after_days"] == 4


@pytest.mark.parametrize("ids", [["x"], ["-1"], ["1; drop"], [str(number) for number in range(1, 300)]])
def test_people_who_cannot_be_are_refused(ids: list[str], door: Door, ours: Portal, visitor: Visit) -> None:
    answer = visitor.ask("app/people/rights", {"senders": ids})

    assert answer.status_code == 422
    assert settings_of(door, ours).senders == ()


def test_the_button_starts_a_workflow_template_of_the_portal(
    door: Door, ours: Portal, visitor: Visit, portal_sandbox: PortalSandbox
) -> None:
    template = portal_sandbox.save_template("Отправка через процесс", [])
    shown = visitor.ask("app/people")

    visitor.ask("app/people/button", {"template_2": str(template)})

    assert "Отправка через процесс" in shown.text
    assert settings_of(door, ours).button_templates == {"D": template}
    visitor.ask("app/people/button", {"template_2": "0"})
    assert settings_of(door, ours).button_templates == {}


def test_a_portal_that_does_not_answer_leaves_the_rest_of_the_tab(
    visitor: Visit, portal_sandbox: PortalSandbox
) -> None:
    portal_sandbox.fault("bizproc.workflow.template.list", "status", status=403, times=-1)

    answer = visitor.ask("app/people")

    assert answer.status_code == 200
    assert "Кто может отправлять" in answer.text


@pytest.mark.parametrize(
    ("path", "form", "wanted"),
    [
        (
            "app/registered/register",
            {"kind": ["robot", "trigger"]},
            {"name": "register", "kinds": ["robot", "trigger"]},
        ),
        ("app/registered/unregister", {"kind": "placement"}, {"name": "unregister", "kinds": ["placement"]}),
        (
            "app/registries",
            {"backend": "list", "list_documents": "41"},
            {"backend": "list", "list_ids": {"documents": 41}},
        ),
        ("app/registries", {"backend": "smart_process", "list_documents": "41"}, {"list_ids": {}}),
        ("app/checks", {}, {"name": "check", "inbox_files": 0}),
    ],
)
def test_long_work_is_a_job_asked_for_once(
    path: str, form: dict[str, Any], wanted: dict[str, Any], door: Door, ours: Portal, visitor: Visit
) -> None:
    first = visitor.ask(path, form)
    second = visitor.ask(path, form)

    assert (first.status_code, second.status_code) == (200, 200)
    assert "Выполняется" in first.text
    ((task, args),) = jobs(door)
    assert task == "work"
    assert args["portal_id"] == ours.id
    assert {name: args[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("app/registered/register", {"kind": "everything"}),
        ("app/registered/register", {}),
        ("app/registries", {"backend": "paper"}),
        ("app/registries", {"backend": "list", "list_documents": "first"}),
    ],
)
def test_work_that_cannot_be_is_refused(path: str, form: dict[str, str], door: Door, visitor: Visit) -> None:
    assert visitor.ask(path, form).status_code == 422
    assert jobs(door) == []


def test_the_page_shows_how_far_the_work_is_and_how_it_ended(door: Door, ours: Portal, visitor: Visit) -> None:
    visitor.ask("app/checks", {})
    works = Works(door.database, ours.id)

    works.goes_on("check", 1, done=3, total=9)
    going = visitor.ask("app/checks/progress")
    works.failed("check", 1, {"code": "UNAVAILABLE", "ru": "Портал недоступен", "en": "The portal is away"})
    failed = visitor.ask("app/checks/progress")

    assert "3 / 9" in going.text
    assert going.headers["HX-Retarget"] == "#work"
    assert "Портал недоступен" in failed.text
    assert failed.headers["HX-Retarget"] == "#panel"


def test_a_registry_that_somebody_has_to_mend_says_so(door: Door, ours: Portal, visitor: Visit) -> None:
    registries = CrmRegistries(door.database, ours.id)
    facts = {"entity_type_id": 180, "type_id": 5, "title": "Пакеты ЭДО", "fields": {"title": "title"}}
    registries.keep("packages", prepared_at=datetime.now(UTC), trouble="Поле «ИНН» удалено", **facts)

    answer = visitor.ask("app/registries")

    assert "Поле «ИНН» удалено" in answer.text
    assert "Пакеты ЭДО" in answer.text
