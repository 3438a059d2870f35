"""The tab of a deal: what is shown to whom, and that whatever is pressed is done once, as workflows do it."""

from collections.abc import Callable

import pytest
import requests

from activities.registries import showing
from activities.registries.preparing import prepare
from clients.diadoc.ids import normal_box_id
from handlers.pages.visiting import TOKEN_HEADER
from registry.crm_registries import CrmRegistries
from registry.settings import change_settings
from registry.tables import Document
from sandbox.diadoc import seed
from sandbox.portal.driver import ADMIN, MANAGER, SMART_FILES, SMART_ITEM, SMART_TYPE
from tests.handlers.pages.deal_tab_visit import AT, PDF, Inputs, Stage, Tab
from tests.handlers.pages.visits import Visit


@pytest.fixture(autouse=True)
def own_catalog() -> None:
    """The real activities: they are what is asked for."""


@pytest.fixture
def empty_stage(door, portal_sandbox, diadoc_sandbox) -> Stage:
    """No box is connected yet."""
    return Stage(door, portal_sandbox, diadoc_sandbox)


@pytest.fixture
def stage(empty_stage: Stage) -> Stage:
    empty_stage.connect()
    return empty_stage


def papers_of(stage: Stage, deal: int) -> list[Document]:
    """Of the newest package."""
    (package,) = stage.packages.of_item(f"D_{deal}", limit=1)
    return stage.packages.documents(package.id)


def send(stage: Stage, deal: int, **paper: str) -> tuple[Tab, int]:
    """The deal's only file, sent as an act; the tab and the package's number."""
    tab = stage.open(deal)
    (document,) = tab.documents()
    told = tab.go(tab.form({**document, "document_type": "AcceptanceCertificate", **paper}))
    assert "передан в Диадок" in told
    (package,) = stage.packages.of_item(f"D_{deal}", limit=1)
    return tab, package.id


# --- gathering, checking, sending


def test_what_is_ticked_is_sent_in_one_package(stage):
    tab = stage.open(stage.deal("Счёт.pdf", "Акт.pdf"))
    first, second = tab.documents()
    act = {**second, "document_type": "AcceptanceCertificate", "number": "8"}

    told = tab.go(tab.form(first, act, message="Подпишите, пожалуйста"))

    assert "передан в Диадок" in told
    (message,) = stage.diadoc_sandbox.messages()
    assert len([one for one in stage.diadoc_sandbox.documents() if one["MessageId"] == message["MessageId"]]) == 2
    assert [one.origin for one in stage.calls("diadoc_add_document")] == ["page", "page"]
    assert {one.user_id for one in stage.calls("diadoc_send_package")} == {MANAGER}


def test_a_check_sends_nothing_and_keeps_the_papers_for_the_next_visit(stage):
    deal = stage.deal("Счёт.pdf", "Акт.pdf")
    tab = stage.open(deal)
    first, _ = tab.documents()

    told = tab.go(tab.form(first, end="check"))
    again = stage.open(deal).documents()

    assert "Ошибок нет" in told
    assert stage.diadoc_sandbox.messages() == []
    assert [(one["key"], one["is_in"]) for one in again if one["is_in"]] == [(first["key"], "Y")]


def test_every_fault_is_told_with_its_field_and_nothing_is_sent(stage):
    tab = stage.open(stage.deal("Счёт.pdf", "Акт.pdf"))
    first, second = tab.documents()

    told = tab.go(tab.form({**first, "vat": "", "number": ""}, {**second, "vat": "1000.00", "number": "18"}))

    assert f'data-fields="p{first["place"]}-number p{first["place"]}-vat "' in told
    assert f'data-fields="p{second["place"]}-vat "' in told
    assert stage.diadoc_sandbox.messages() == []
    assert stage.calls("diadoc_send_package") == []


def test_a_fault_of_the_recipient_is_told_beside_it(stage):
    tab = stage.open(stage.deal("Счёт.pdf"))
    (paper,) = tab.documents()

    form = [one for one in tab.form(paper) if one[0] not in ("for_inn", "for_kpp")]
    told = tab.go([*form, ("for_inn", seed.STRANGER.inn[:-1] + "0"), ("for_kpp", "966001001")])

    assert 'data-fields="for_inn "' in told
    assert stage.diadoc_sandbox.messages() == []


def test_a_fault_is_told_in_the_language_of_who_reads_the_page(stage):
    frame = stage.portal_sandbox.frame(
        stage.app, MANAGER, "CRM_DEAL_DETAIL_TAB", {"ID": str(stage.deal("Invoice.pdf"))}, f"{stage.door.url}{AT}"
    )
    page = requests.post(frame["url"].replace("LANG=ru", "LANG=en"), frame["fields"], timeout=10)
    tab = Tab(stage, page.status_code, page.text)
    (paper,) = tab.documents()

    told = tab.go(tab.form({**paper, "vat": ""}))

    assert "lacks requisites: VAT amount" in told


def test_nothing_ticked_is_a_fault_too(stage):
    tab = stage.open(stage.deal("Счёт.pdf"))

    told = tab.go(tab.form())

    assert "Выберите хотя бы один документ" in told
    assert stage.calls("diadoc_check_package") == []


def test_more_documents_than_a_package_holds_are_refused_at_once(stage):
    tab = stage.open(stage.deal("Счёт.pdf"))
    (paper,) = tab.documents()

    told = tab.go(tab.form(*[paper] * 41))

    assert "не больше 40 документов" in told
    assert stage.calls("diadoc_add_document") == []


def test_the_same_form_sent_twice_sends_once(stage):
    tab = stage.open(stage.deal("Счёт.pdf"))
    (paper,) = tab.documents()
    form = tab.form(paper)

    tab.post("gather", form)
    first, second = tab.go(form), tab.go(form)

    assert "передан в Диадок" in first
    assert len(stage.diadoc_sandbox.messages()) == 1
    assert len(stage.calls("diadoc_add_document")) == len(stage.calls("diadoc_send_package")) == 1
    assert "нет или он отправлен" in second


def test_two_windows_send_one_letter(stage):
    deal = stage.deal("Счёт.pdf")
    one, other = stage.open(deal), stage.open(deal)
    (paper,) = one.documents()
    started = [(tab, tab.post("gather", tab.form(paper)).text) for tab in (one, other)]

    told = [tab.follow(text) for tab, text in started]

    assert all("передан в Диадок" in text for text in told)
    assert len(stage.diadoc_sandbox.messages()) == 1


def test_a_paper_whose_number_was_corrected_takes_the_place_of_the_old_one(stage):
    deal = stage.deal("Счёт.pdf")
    tab = stage.open(deal)
    (paper,) = tab.documents()
    tab.go(tab.form(paper, end="check"))

    tab = stage.open(deal)
    tab.go(tab.form({**paper, "number": "18"}, end="check"))

    assert [one.number for one in papers_of(stage, deal)] == ["18"]


def test_what_has_not_changed_is_not_taken_again(stage):
    deal = stage.deal("Счёт.pdf")
    tab = stage.open(deal)
    (paper,) = tab.documents()
    tab.go(tab.form({**paper, "currency": "RUB"}, end="check"))

    tab = stage.open(deal)
    told = tab.go(tab.form({**paper, "currency": "RUB"}))

    assert "передан в Диадок" in told
    assert len(stage.calls("diadoc_add_document")) == 1


def test_what_was_unticked_leaves_the_package(stage):
    deal = stage.deal("Счёт.pdf", "Акт.pdf")
    tab = stage.open(deal)
    first, second = tab.documents()
    tab.go(tab.form(first, {**second, "number": "8"}, end="check"))
    shown = [("shown", str(one.id)) for one in papers_of(stage, deal)]

    tab = stage.open(deal)
    kept = next(one for one in tab.documents() if one["key"] == first["key"])
    told = tab.go([*tab.form(kept, end="check"), *shown])

    assert "Ошибок нет" in told
    assert [one.number for one in papers_of(stage, deal)] == ["17"]


def test_what_a_workflow_added_meanwhile_is_not_taken_out(stage):
    deal = stage.deal("Счёт.pdf", "Акт.pdf")
    tab = stage.open(deal)
    first, second = tab.documents()
    tab.go(tab.form(first, {**second, "number": "8"}, end="check"))

    tab = stage.open(deal)
    kept = next(one for one in tab.documents() if one["key"] == first["key"])
    tab.go(tab.form(kept, end="check"))  # a page that had not seen the second one

    assert [one.number for one in papers_of(stage, deal)] == ["17", "8"]


def test_a_smart_process_has_the_same_page(stage):
    stage.portal_sandbox.put_file(SMART_FILES, "Счёт.pdf", PDF, SMART_TYPE, SMART_ITEM)
    spot, options = f"CRM_DYNAMIC_{SMART_TYPE}_DETAIL_TOOLBAR", {"ENTITY_ID": str(SMART_ITEM)}
    page = stage.portal_sandbox.open_page(stage.app, MANAGER, spot, options, f"{stage.door.url}{AT}")
    tab = Tab(stage, page.status, page.body)
    (paper,) = tab.documents()

    told = tab.go(tab.form(paper))

    assert "передан в Диадок" in told
    (package,) = stage.packages.of_item(f"T4c4_{SMART_ITEM}", limit=5)
    assert package.state == "sent"


def test_a_sent_paper_is_shown_by_its_item_of_the_registry_alone(stage):
    context = stage.context()
    prepare(context)
    deal = stage.deal("Счёт.pdf")
    tab, package = send(stage, deal)
    showing.show(context, package)

    (shown,) = tab.all_documents()

    assert "Реестр документов" in shown
    assert "Ожидает нашей подписи" in shown
    assert tab.documents() == []


def test_an_item_that_a_person_made_in_the_registry_is_sent_with_its_requisites(stage, portal_sandbox):
    prepared = prepare(stage.context())
    registry = prepared.registries["documents"].entity_type_id
    fields = CrmRegistries(stage.door.database, stage.portal.id).all()["documents"].fields
    deal = stage.deal()
    said = {"PARENT_ID_2": deal, fields["number"]: "44", fields["type_code"]: "AcceptanceCertificate"}
    item = portal_sandbox.create_item(registry, {"TITLE": "Акт 44", **said})
    portal_sandbox.put_file(fields["file"], "Акт.pdf", PDF, registry, item)
    tab = stage.open(deal)
    (paper,) = tab.documents()
    shown = Inputs.of(tab.get("documents").text)

    told = tab.go(tab.form({**paper, "document_type": "AcceptanceCertificate", "number": "44"}))

    assert paper["key"] == f"registry:{item}"
    assert shown[f"p{paper['place']}-number"] == "44"
    assert "передан в Диадок" in told
    assert papers_of(stage, deal)[0].origin == f"registry:{item}"


# --- the button that starts a workflow of the administrator's


def test_the_button_starts_the_administrators_template_with_the_packages_number(stage, portal_sandbox):
    template = portal_sandbox.save_template("Отправка", [])
    change_settings(stage.door.database, stage.portal.id, user_id=1, button_templates={"D": template})
    deal = stage.deal("Счёт.pdf")
    tab = stage.open(deal, spot="CRM_DEAL_DETAIL_TOOLBAR")
    (paper,) = tab.documents()
    form = tab.form(paper, end="workflow")

    told = tab.go(form)
    tab.go(form)

    (workflow,) = portal_sandbox.workflows()
    (package,) = stage.packages.of_item(f"D_{deal}", limit=5)
    assert "бизнес-процесс запущен" in told
    assert workflow["parameters"] == {"PackageId": str(package.id)}
    assert stage.diadoc_sandbox.messages() == []


def test_a_template_that_is_gone_is_told(stage):
    change_settings(stage.door.database, stage.portal.id, user_id=1, button_templates={"D": 999})
    tab = stage.open(stage.deal("Счёт.pdf"), spot="CRM_DEAL_DETAIL_TOOLBAR")
    (paper,) = tab.documents()

    told = tab.go(tab.form(paper, end="workflow"))

    assert "Template not found" in told


# --- packages


def test_the_grid_is_sent_again_only_when_something_has_changed(stage):
    deal = stage.deal("Акт.pdf")
    tab, _ = send(stage, deal)
    shown = tab.get("packages")
    stamp = shown.text.partition("seen=")[2].partition('"')[0]

    unchanged = tab.get("packages", seen=stamp)
    stage.packages.keep_state(papers_of(stage, deal)[0].id, {"docflow_state": "delivered"})
    changed = tab.get("packages", seen=stamp)

    assert "Ожидает нашей подписи" in shown.text
    assert 'data-refresh="3"' in shown.text
    assert (unchanged.status_code, unchanged.text) == (204, "")
    assert "Доставлен контрагенту" in changed.text


def test_the_grid_asks_neither_the_portal_nor_diadoc(stage, portal_sandbox):
    tab, _ = send(stage, stage.deal("Акт.pdf"))
    portal_sandbox.forget_requests()
    stage.diadoc_sandbox.forget_requests()

    tab.get("packages")

    assert portal_sandbox.requests() == []
    assert stage.diadoc_sandbox.requests() == []


def test_calls_under_way_are_seen_after_a_reload(stage):
    deal = stage.deal("Счёт.pdf")
    tab = stage.open(deal)
    (paper,) = tab.documents()
    tab.post("gather", tab.form(paper))

    shown = stage.open(deal).get("packages").text
    stage.work()
    done = stage.open(deal).get("packages").text

    assert "Диадок: добавить документ в пакет" in shown
    assert "Диадок: добавить документ в пакет" not in done


def test_an_unsent_package_is_deleted(stage):
    deal = stage.deal("Акт.pdf")
    tab, package = send(stage, deal)

    told = tab.act("delete", package)

    assert "Пакет удалён" in told
    assert "Удалён в Диадоке" in tab.get("packages").text


def test_a_document_is_taken_out_of_the_open_package(stage):
    deal = stage.deal("Счёт.pdf")
    tab = stage.open(deal)
    (paper,) = tab.documents()
    tab.go(tab.form(paper, end="check"))
    (document,) = papers_of(stage, deal)

    told = tab.act("remove", document.package_id, document=str(document.id))

    assert "Документ убран" in told
    assert papers_of(stage, deal) == []


def test_a_revocation_is_put_before_our_signer_with_the_reason(stage):
    deal = stage.deal("Акт.pdf")
    tab, package = send(stage, deal)
    message_id = stage.packages.get(package).message_id
    stage.diadoc_sandbox.sign_by_sender(message_id)
    stage.packages.keep_state(papers_of(stage, deal)[0].id, {"docflow_state": "delivered"})

    told = tab.act("revoke", package, reason="Ошибка в сумме")

    assert "Нужна подпись нашего сотрудника" in told
    assert stage.calls("diadoc_revoke")[0].properties["reason"] == "Ошибка в сумме"
    assert any("Ошибка в сумме" in one["text"] for one in stage.portal_sandbox.timeline(item_id=deal) if "text" in one)


def test_what_was_refused_is_sent_once_more_however_often_it_is_pressed(stage):
    deal = stage.deal("Акт.pdf")
    tab, package = send(stage, deal)
    stage.packages.keep_state(papers_of(stage, deal)[0].id, {"docflow_state": "refused", "is_final": True})
    other = stage.open(deal)

    pressed = [one.post("act", {"action": "again", "package": package, "nonce": "n" * 20}) for one in (tab, other)]
    told = [one.follow_call(answer) for one, answer in zip((tab, other), pressed, strict=True)]
    late = tab.act("again", package)

    assert all("передан в Диадок" in text for text in told)
    assert "Состояние пакета уже другое" in late
    assert len(stage.diadoc_sandbox.messages()) == 2


@pytest.mark.parametrize("action", ["revoke", "accept", "again", "download", "send"])
def test_what_the_state_does_not_allow_is_not_done(stage, action):
    tab, package = send(stage, stage.deal("Акт.pdf"))

    told = tab.act(action, package)

    assert "Состояние пакета уже другое" in told
    assert stage.calls("diadoc_revoke") == stage.calls("diadoc_download_signed") == []


def test_an_invitation_is_sent_from_the_page(stage):
    tab = stage.open(stage.deal("Акт.pdf"))
    shown = tab.get("recipient", for_inn=seed.CLOSED.inn, for_kpp=seed.CLOSED.kpp).text

    told = tab.act("invite", 0, to_box=normal_box_id(seed.CLOSED.box), for_box=normal_box_id(seed.ROMASHKA.box))

    assert "Пригласить к обмену" in shown
    assert "Приглашение отправлено" in told


# --- files


def opened(tab: Tab, kind: str, number: int | str) -> requests.Response:
    address = tab.post("files", {"kind": kind, "id": str(number)}).json()["address"]
    return requests.get(f"{tab.stage.door.url}{address}", timeout=10)


def test_a_paper_is_opened_by_an_address_that_is_good_once(stage):
    deal = stage.deal("Акт № 8.pdf")
    tab, _ = send(stage, deal)
    (paper,) = papers_of(stage, deal)
    address = stage.door.url + tab.post("files", {"kind": "paper", "id": paper.id}).json()["address"]

    first, second = requests.get(address, timeout=10), requests.get(address, timeout=10)

    assert first.content == PDF + b"%0"
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert second.status_code == 401


def test_what_is_no_pdf_is_never_shown_by_the_browser(stage):
    deal = stage.deal()
    stage.portal_sandbox.put_file("UF_CRM_DOCUMENTS", "page.html", b"<script>alert(1)</script>", item_id=deal)
    tab = stage.open(deal)
    (paper,) = tab.documents()

    file = opened(tab, "source", paper["key"])

    assert file.headers["Content-Type"] == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_signed_files_are_fetched_and_opened(stage):
    deal = stage.deal("Акт.pdf")
    tab, package = send(stage, deal)
    message_id = stage.packages.get(package).message_id
    stage.diadoc_sandbox.settings(generation_pending_calls=0)
    stage.diadoc_sandbox.sign_by_sender(message_id)
    stage.diadoc_sandbox.sign_by_recipient(message_id)
    stage.packages.keep_state(papers_of(stage, deal)[0].id, {"docflow_state": "signed_by_counteragent"})

    told = tab.act("download", package)
    kept = {one.kind: one for one in stage.packages.kept_files(papers_of(stage, deal)[0].id)}

    assert "Файлы получены" in told
    assert opened(tab, "kept", kept["print_form"].id).content.startswith(b"%PDF")
    assert opened(tab, "kept", kept["archive"].id).content.startswith(b"PK")


@pytest.mark.parametrize("kind", ["paper", "kept", "source"])
def test_another_items_file_is_not_there(stage, kind):
    deal = stage.deal("Акт.pdf")
    send(stage, deal)
    (paper,) = papers_of(stage, deal)
    blob = type("Blob", (), {"size": 3, "sha256": "0" * 64, "key": paper.blob})
    stage.packages.keep_file(paper.id, kind="print_form", file_name="a.pdf", blob=blob)
    (kept,) = stage.packages.kept_files(paper.id)
    other = stage.open(stage.deal("Чужой.pdf"))
    number = {"paper": paper.id, "kept": kept.id, "source": paper.origin}[kind]

    answer = other.post("files", {"kind": kind, "id": number})

    assert answer.status_code == 404


# --- who may


def test_who_may_not_send_reads_everything_and_presses_nothing(stage):
    deal = stage.deal("Акт.pdf", "Счёт.pdf")
    allowed = stage.open(deal)
    paper = allowed.documents()[0]
    allowed.go(allowed.form({**paper, "document_type": "AcceptanceCertificate"}))
    change_settings(stage.door.database, stage.portal.id, user_id=1, senders=(ADMIN,))

    tab = stage.open(deal)
    grid, documents = tab.get("packages").text, tab.get("documents").text

    assert "не разрешено" in tab.body
    assert "Ожидает нашей подписи" in grid
    assert "Удалить" not in grid
    assert "checkbox" not in documents
    assert "package-form" not in tab.body


@pytest.mark.parametrize("path", ["gather", "progress", "act"])
def test_posts_of_who_may_not_send_are_refused(stage, path):
    tab = stage.open(stage.deal("Счёт.pdf"))
    (paper,) = tab.documents()
    form = tab.form(paper)
    change_settings(stage.door.database, stage.portal.id, user_id=1, senders=(ADMIN,))

    answer = tab.post(path, form)

    assert answer.status_code == 403
    assert stage.calls("diadoc_add_document") == []


def _without_token(tab: Tab) -> None:
    del tab.headers[TOKEN_HEADER]


def _forged(tab: Tab) -> None:
    tab.headers[TOKEN_HEADER] = tab.headers[TOKEN_HEADER][:-2] + "xx"


def _from_elsewhere(tab: Tab) -> None:
    tab.headers["Origin"] = "https://evil.example"


@pytest.mark.parametrize("spoil", [_without_token, _forged, _from_elsewhere])
@pytest.mark.parametrize("path", ["gather", "act", "files", "progress"])
def test_forged_posts_are_refused(stage, spoil: Callable[[Tab], None], path: str):
    tab = stage.open(stage.deal("Счёт.pdf"))
    (paper,) = tab.documents()
    form = tab.form(paper)
    spoil(tab)

    answer = tab.post(path, form)

    assert answer.status_code == 403
    assert stage.calls("diadoc_add_document") == []


def test_a_document_of_another_deal_cannot_be_slipped_in(stage):
    theirs = stage.open(stage.deal("Чужой.pdf"))
    (foreign,) = theirs.documents()
    tab = stage.open(stage.deal("Свой.pdf"))

    told = tab.go(tab.form(foreign))

    assert "нет или он отправлен" in told
    assert stage.calls("diadoc_add_document") == []


def test_a_package_of_another_deal_cannot_be_acted_on(stage):
    _, package = send(stage, stage.deal("Чужой.pdf"))
    tab = stage.open(stage.deal("Свой.pdf"))

    told = tab.act("delete", package)

    assert "NOT_THERE" in told
    assert stage.calls("diadoc_delete_unsent") == []


@pytest.mark.parametrize(
    "plan",
    [
        "",
        "{}",
        "[]",
        '{"nonce":"x"}',
        '{"nonce":"nnnnnnnnnnnnnnnnnnnn","end":"send","added":[{}],"kept":{},"removed":[]}',
        '{"nonce":"nnnnnnnnnnnnnnnnnnnn","end":"steal","added":[],"kept":{},"removed":[],"package_id":1,"whom":{},'
        '"sending":{},"faults":[]}',
    ],
)
def test_a_plan_that_is_none_is_refused(stage, plan):
    tab = stage.open(stage.deal("Счёт.pdf"))

    answer = tab.post("progress", {"plan": plan})

    assert answer.status_code == 400


def test_a_plan_with_another_items_package_goes_no_further(stage):
    _, package = send(stage, stage.deal("Чужой.pdf"))
    (paper,) = stage.packages.documents(package)
    tab = stage.open(stage.deal("Свой.pdf"))
    plan = (
        f'{{"nonce":"nnnnnnnnnnnnnnnnnnnn","end":"send","added":[],"kept":{{"{paper.id}":0}},"removed":[],'
        f'"package_id":{package},"whom":{{}},"sending":{{}},"faults":[]}}'
    )

    answer = tab.post("progress", {"plan": plan})

    assert "изменился в другом окне" in answer.text
    assert len(stage.calls("diadoc_check_package")) == 1  # of the other deal's own sending


def test_an_item_that_the_person_may_not_see_is_a_plain_page(stage):
    page = stage.open(999_999)

    assert page.status == 403
    assert "не показывает вам этот элемент" in page.body


def test_without_an_item_the_page_says_where_it_belongs(stage):
    tab = stage.open(1, spot="DEFAULT")

    assert tab.status == 200
    assert "открывается в карточке" in tab.body
    assert tab.get("documents").status_code == 404


@pytest.mark.parametrize(
    ("user_id", "said"), [(MANAGER, "Попросите администратора"), (ADMIN, "Подключите ящик на странице приложения")]
)
def test_without_a_box_the_page_says_who_connects_one(empty_stage, user_id, said):
    tab = empty_stage.open(empty_stage.deal("Счёт.pdf"), user_id=user_id)

    assert said in tab.body
    assert "package-form" not in tab.body


def test_names_of_others_making_do_no_harm(stage):
    tab = stage.open(stage.deal("<img src=x onerror=alert(1)>.pdf", TITLE="<b>"))
    (paper,) = tab.documents()

    shown = (
        tab.go(tab.form({**paper, "document_type": "Nonformalized", "number": '"><script>'})) + tab.get("packages").text
    )

    assert "<script>" not in shown
    assert "<img" not in shown
    assert "&#34;&gt;&lt;script&gt;" in shown


def test_the_entry_in_the_timeline_opens_the_same_page(visit: Callable[..., Visit]) -> None:
    options = {"page": "deal", "entityTypeId": 2, "entityId": 1, "packageId": 7}

    page = visit(MANAGER, options=options).page

    assert page.status_code == 200
    assert "deal_tab.css" in page.text
    assert 'role="tab"' not in page.text


@pytest.mark.parametrize("options", [{"entityTypeId": 2}, {"entityTypeId": "x", "entityId": 1}])
def test_an_entry_that_names_no_item_opens_nothing(visit: Callable[..., Visit], options: dict) -> None:
    assert visit(MANAGER, options={"page": "deal", **options}).page.status_code == 400
