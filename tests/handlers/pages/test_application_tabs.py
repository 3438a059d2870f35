"""What administrators set on the application's page is checked, stored for their portal only, and audited."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from activities.states import DocflowState
from clients.diadoc.ids import normal_box_id
from credentials import Token
from registry.api_tokens import ApiTokens, find
from registry.boxes import Boxes
from registry.crm_registries import CrmRegistries
from registry.portals import Portals
from registry.settings import Settings, read_settings
from registry.tables import Account, Audit, Box, Call, Portal
from registry.works import Works
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import MANAGER, PortalSandbox
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit
from tests.registry.reckoning import Paper, Step, store
from worker.enqueue import NewCall, remember

Visits = Callable[..., Visit]
NONCE = re.compile(r'name="nonce" value="([^"]+)"')


@pytest.fixture
def visitor(visit: Visits) -> Visit:
    return visit()


@pytest.fixture
def ours(door: Door, visitor: Visit) -> Portal:
    """The portal whose page is open."""
    return next(one for one in Portals(door.database).all() if one.member_id == visitor.fields["member_id"])


@pytest.fixture
def box(door: Door, ours: Portal) -> Box:
    return connected(door, ours, seed.ROMASHKA)


def connected(door: Door, portal: Portal, organization: Any) -> Box:
    boxes = Boxes(door.database, portal.id)
    account_id = boxes.add_account(kind="oidc", token=Token("access", "refresh"))
    facts = {"inn": organization.inn, "kpp": organization.kpp, "name": organization.name}
    return boxes.connect(account_id=account_id, box_id=normal_box_id(organization.box), **facts)


def settings_of(door: Door, portal: Portal) -> Settings:
    return read_settings(door.database, portal.id)


def audits(door: Door) -> list[Audit]:
    with door.database.session() as session:
        return list(session.scalars(select(Audit).order_by(Audit.id.desc())))


def jobs(door: Door) -> list[tuple[str, dict[str, Any]]]:
    rows = text("select task_name, args from procrastinate_jobs where task_name in ('work', 'replay') order by id")
    with door.database.session() as session:
        return [(row[0], row[1]) for row in session.execute(rows)]


# Boxes


def test_a_wrong_diadoc_password_connects_nothing_and_keeps_nothing(
    door: Door, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    answer = visitor.ask("app/boxes/login", {"login": seed.ROBOT.login, "password": "wrong"})

    assert answer.status_code == 403
    assert "wrong" not in answer.text
    with door.database.session() as session:
        assert list(session.scalars(select(Account))) == []


def test_a_second_login_leaves_no_dead_account_behind(
    door: Door, ours: Portal, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    form = {"login": seed.ROBOT.login, "password": seed.ROBOT.password}

    first = visitor.ask("app/boxes/login", form)
    second = visitor.ask("app/boxes/login", form)

    assert (first.status_code, second.status_code) == (200, 200)
    assert seed.ROBOT.password not in second.text
    boxes = Boxes(door.database, ours.id)
    with door.database.session() as session:
        (account,) = session.scalars(select(Account))
    assert boxes.accounts() == {account.id}
    assert seed.ROBOT.password not in str([one.facts for one in audits(door)])


def test_the_link_of_a_consent_is_waited_for_until_it_is_over(
    door: Door, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    link = visitor.ask("app/boxes/consent", {})
    waiting = visitor.ask("app/boxes/consent")
    with door.database.session() as session:
        session.execute(text("update consent_state set created_at = now() - interval '11 minutes'"))
    over = visitor.ask("app/boxes/consent")

    assert f'href="{diadoc_sandbox.url}/connect/authorize' in link.text
    assert 'target="_blank"' in link.text
    assert "Ждём разрешения" in waiting.text
    assert "Ссылка устарела" in over.text


def test_another_administrators_consent_is_not_waited_for(
    door: Door, ours: Portal, visitor: Visit, diadoc_sandbox: DiadocSandbox
) -> None:
    Boxes(door.database, ours.id).begin_consent("state", administrator_id=MANAGER)

    assert "Ссылка устарела" in visitor.ask("app/boxes/consent").text


def test_a_removed_box_forgets_its_access_and_comes_back_by_a_new_one(door: Door, ours: Portal, visitor: Visit) -> None:
    box = connected(door, ours, seed.ROMASHKA)

    assert visitor.ask(f"app/boxes/{box.id}/remove", {}).status_code == 200

    with door.database.session() as session:
        account = session.get_one(Account, box.account_id)
        assert (account.access_token_sealed, account.refresh_token_sealed) == ("", "")
        assert account.dead_since is not None
    assert Boxes(door.database, ours.id).all() == []
    again = connected(door, ours, seed.ROMASHKA)
    assert (again.id, again.status) == (box.id, "connected")


def test_access_that_another_box_needs_is_kept(door: Door, ours: Portal, visitor: Visit, box: Box) -> None:
    facts = {"inn": seed.LOGISTICS.inn, "kpp": seed.LOGISTICS.kpp, "name": seed.LOGISTICS.name}
    Boxes(door.database, ours.id).connect(account_id=box.account_id, box_id="c" * 32, **facts)

    visitor.ask(f"app/boxes/{box.id}/remove", {})

    with door.database.session() as session:
        assert session.get_one(Account, box.account_id).access_token_sealed != ""


@pytest.mark.parametrize("action", ["pause", "resume", "remove"])
def test_another_portals_box_is_as_absent_as_none(action: str, door: Door, visitor: Visit, portal: Portal) -> None:
    theirs = connected(door, portal, seed.LOGISTICS)

    answer = visitor.ask(f"app/boxes/{theirs.id}/{action}", {})

    assert answer.status_code == 404
    found = Boxes(door.database, portal.id).get(theirs.id)
    assert found is not None
    assert found.status == "connected"


def test_another_portals_box_is_no_default_and_has_no_signers_of_ours(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    theirs = connected(door, portal, seed.LOGISTICS)

    default = visitor.ask("app/boxes/default", {"default_box": str(theirs.id)})
    signer = visitor.ask(f"app/boxes/{theirs.id}/signers", {"bitrix_user": "5", "diadoc_user": seed.DIRECTOR.id})

    assert (default.status_code, signer.status_code) == (404, 404)
    assert settings_of(door, ours).default_box_pk == 0
    assert Boxes(door.database, portal.id).signers(theirs.id) == []


@pytest.mark.parametrize(
    "form",
    [
        {"bitrix_user": "", "diadoc_user": "id"},
        {"bitrix_user": "-5", "diadoc_user": "id"},
        {"bitrix_user": "5", "diadoc_user": ""},
        {"bitrix_user": "5", "diadoc_user": "x" * 201},
        {"bitrix_user": "5", "diadoc_user": "new\nline"},
    ],
)
def test_a_signer_who_cannot_be_is_refused(form: dict[str, str], visitor: Visit, box: Box) -> None:
    assert visitor.ask(f"app/boxes/{box.id}/signers", form).status_code == 422


# Settings


@pytest.mark.parametrize(
    "changes",
    [
        {"deadline_days": "0"},
        {"deadline_days": "366"},
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
    form = {"deadline_days": "10", "remind_after_days": "2", "escalate_after_days": "4", "time_zone": "Asia/Omsk"}

    answer = visitor.ask("app/timing", {**form, **changes})

    assert answer.status_code == 422
    assert settings_of(door, ours) == Settings()


def test_a_choice_is_stored_and_audited_for_its_portal_only(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    form = {"deadline_days": "10", "remind_after_days": "2", "escalate_after_days": "4", "time_zone": "Asia/Omsk"}

    answer = visitor.ask("app/timing", {**form, "notifies": "Y"})

    assert answer.status_code == 200
    assert "Сохранено" in answer.text
    chosen = settings_of(door, ours)
    assert (chosen.deadline_days, chosen.notifies, chosen.makes_todos) == (10, True, False)
    assert settings_of(door, portal) == Settings()
    audit = audits(door)[0]
    assert (audit.portal_id, audit.actor, audit.action) == (ours.id, "user:1", "settings changed")
    assert audit.facts["deadline_days"] == 10


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


# Long work


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


# The journal


@pytest.fixture
def call_id(door: Door, ours: Portal) -> int:
    return remembered(door, ours)


def remembered(door: Door, portal: Portal, **changes: Any) -> int:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "portal_id": portal.id,
        "code": "diadoc_check_requisites",
        "event_token": f"w|A|{now.timestamp()}",
        "workflow_id": "6ab5bcfde8e8b0.39728274",
        "workflow_document_id": ["crm", "CCrmDocumentDeal", "DEAL_17"],
        "properties": {"for_inn": "9660001014", "file": "https://p.example/rest/download.json?auth=secret-in-a-link"},
        "user_id": 1,
        "wants_answer": True,
        "received_at": now,
        "deadline_at": now + timedelta(hours=1),
        "step_limit_at": None,
        **changes,
    }
    made = remember(door.database, NewCall(**values))
    assert made is not None
    return made


def found(answer: Any) -> list[int]:
    return [int(number) for number in re.findall(r"pages/app/journal/(\d+)\"", answer.text)]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("number={id}", True),
        ("number=999999", False),
        ("code=diadoc_check_requisites", True),
        ("code=diadoc_wait", False),
        ("item=D_17", True),
        ("item=DEAL_17", True),
        ("item=D_1", False),
        ("state=new", True),
        ("state=answered", False),
        ("error_code=UNAVAILABLE", True),
        ("error_code=unavailable", True),
        ("error_code=KPP_REQUIRED", False),
        ("since={today}&until={today}", True),
        ("until={yesterday}", False),
        ("since={tomorrow}", False),
    ],
)
def test_calls_are_found_by_what_people_know_of_them(
    query: str, is_found: bool, door: Door, visitor: Visit, call_id: int
) -> None:
    with door.database.session() as session:
        session.get_one(Call, call_id).last_error = {"code": "UNAVAILABLE", "text": "away"}
    now = datetime.now(UTC) + timedelta(hours=3)  # Moscow
    days = {"today": now, "yesterday": now - timedelta(days=1), "tomorrow": now + timedelta(days=1)}
    asked = query.format(id=call_id, **{name: f"{day:%Y-%m-%d}" for name, day in days.items()})

    answer = visitor.ask(f"app/journal/list?{asked}")

    assert found(answer) == ([call_id] if is_found else [])


@pytest.mark.parametrize("query", ["number=x", "item=deal", "since=yesterday", "until=2026-13-40", "number=-1"])
def test_a_search_that_cannot_be_is_told(query: str, visitor: Visit) -> None:
    assert visitor.ask(f"app/journal/list?{query}").status_code == 422


def test_a_long_journal_is_read_page_by_page(door: Door, ours: Portal, visitor: Visit) -> None:
    numbers = [remembered(door, ours, event_token=f"w|A|{number}") for number in range(30)]

    first = visitor.ask("app/journal/list")
    (before,) = re.findall(r'name="before" value="(\d+)"', first.text)
    second = visitor.ask(f"app/journal/list?before={before}")

    assert found(first) + found(second) == numbers[::-1]
    assert 'name="before"' not in second.text


def test_another_portals_calls_are_as_absent_as_none(door: Door, visitor: Visit, portal: Portal) -> None:
    theirs = remembered(door, portal)

    assert found(visitor.ask("app/journal/list")) == []
    assert visitor.ask(f"app/journal/{theirs}").status_code == 404
    assert visitor.ask(f"app/journal/{theirs}/replay", {"nonce": "n" * 20}).status_code == 404
    assert jobs(door) == []


def test_a_call_is_shown_without_tokens(door: Door, visitor: Visit, call_id: int) -> None:
    answer = visitor.ask(f"app/journal/{call_id}")

    assert "9660001014" in answer.text
    assert "https://p.example/rest/download.json" in answer.text
    assert "secret-in-a-link" not in answer.text
    assert "w|A|" not in answer.text


def test_a_replay_is_a_job_that_says_who_asked(door: Door, ours: Portal, visitor: Visit, call_id: int) -> None:
    (nonce,) = NONCE.findall(visitor.ask(f"app/journal/{call_id}").text)

    answer = visitor.ask(f"app/journal/{call_id}/replay", {"nonce": nonce})

    assert "поставлен в очередь" in answer.text
    ((task, args),) = jobs(door)
    assert task == "replay"
    assert args == {"portal_id": ours.id, "call_id": call_id, "user_id": 1, "key": nonce}


# Stuck documents


def stored(door: Door, portal: Portal, count: int) -> None:
    """Papers that were sent, each an hour earlier than the one before; the first ten days ago."""
    began = datetime.now(UTC) - timedelta(days=10)
    facts = {"needs_reply": True, "box": 0, "inn": "9660003036", "document_type": "Invoice", "deleted_hours": None}
    money = {"total": "1220.00", "currency": "RUB"}
    sent = (Step(state=DocflowState.DELIVERED, resolution="", hours=1),)
    papers = [Paper(created_at=began + timedelta(hours=n), steps=sent, **facts, **money) for n in range(count)]
    store(door.database, portal, papers, [])


def test_stuck_documents_say_who_has_to_act_since_when_and_about_what_money(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    stored(door, ours, 1)

    answer = visitor.ask("app/stuck")

    for shown in ("Лютик", "9660003036", "контрагент", "1\u00a0220,00\u00a0₽", 'data-open-path="/crm/deal/details/1/"'):
        assert shown in answer.text
    assert '<span class="tag bad">10.0</span>' in answer.text or '<span class="tag bad">9.9</span>' in answer.text


def test_many_stuck_documents_are_read_page_by_page(door: Door, ours: Portal, visitor: Visit) -> None:
    stored(door, ours, 60)

    first, second = visitor.ask("app/stuck/list"), visitor.ask("app/stuck/list?offset=50")

    items = [re.findall(r"details/(\d+)/", one.text) for one in (first, second)]
    assert [len(one) for one in items] == [50, 10]
    assert sorted(map(int, items[0] + items[1])) == list(range(1, 61))
    assert "offset=50" in first.text
    assert "offset=0" in second.text


def test_another_portals_documents_are_not_stuck_here(door: Door, visitor: Visit, portal: Portal) -> None:
    stored(door, portal, 1)

    assert "Лютик" not in visitor.ask("app/stuck").text


# Programs


def test_a_token_is_shown_once_and_a_form_makes_one(door: Door, ours: Portal, visitor: Visit) -> None:
    (nonce,) = NONCE.findall(visitor.ask("app/programs").text)
    form = {"name": "выгрузка", "role": "operator", "nonce": nonce}

    made = visitor.ask("app/programs", form)
    again = visitor.ask("app/programs", form)

    token = re.search(r"b24edo_[A-Za-z0-9_-]+", made.text)
    assert token is not None
    bearer = find(door.database, token[0])
    assert bearer is not None
    assert (bearer.portal.id, bearer.is_operator) == (ours.id, True)
    assert again.status_code == 409
    assert len(ApiTokens(door.database, ours.id).list()) == 1
    assert token[0] not in visitor.ask("app/programs").text
    assert token[0] not in str([one.facts for one in audits(door)])


@pytest.mark.parametrize("form", [{"name": ""}, {"name": "x" * 101}, {"name": "x", "role": "master"}])
def test_a_token_that_cannot_be_is_refused(form: dict[str, str], door: Door, ours: Portal, visitor: Visit) -> None:
    answer = visitor.ask("app/programs", {"role": "reader", "nonce": "n" * 20, **form})

    assert answer.status_code == 422
    assert ApiTokens(door.database, ours.id).list() == []


def test_another_portals_token_is_not_revoked(door: Door, visitor: Visit, portal: Portal) -> None:
    row, token = ApiTokens(door.database, portal.id).create(name="их", role="reader")

    assert visitor.ask(f"app/programs/{row.id}/revoke", {}).status_code == 404
    assert find(door.database, token) is not None
