"""The tab of a deal in a browser: choosing, sending once, choosing a box, taking back, files, and who may not."""

import json

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import expect

from registry.settings import change_settings
from sandbox.diadoc import seed
from sandbox.portal.driver import ADMIN
from tests.browser.deal_tab_visits import (
    SECONDS,
    WORDS,
    DealTab,
    packages_of,
    sent,
    the_package,
    wait_delivered,
)
from tests.browser.helpers import axe, open_deal, slider_of
from tests.conftest import SECRET_KEY
from tests.scenarios.story import PDF

SETTINGS = {"STATUS_POLL_SECONDS": "0.3"}
ACT = {"type": "AcceptanceCertificate", "number": "8", "date": "2026-11-20", "total": "1220,00", "vat": "220,00"}


def letters(stage, deal):
    """The messages in Diadoc that hold this deal's packages."""
    ours = {one.message_id for one in packages_of(stage, deal)}
    return [one for one in stage.diadoc_sandbox.messages() if one["MessageId"] in ours]


def sent_act(stage, visitor, language="ru"):
    """The tab of a deal whose only document was sent; the tab and its package."""
    deal = stage.deal(("Акт.pdf", PDF))
    tab = DealTab.of(visitor("manager", language), deal, language).ready()
    tab.tick(0, **ACT)
    tab.press("send")
    tab.told("sent")
    return tab, sent(stage, deal)


@pytest.mark.parametrize("language", WORDS)
def test_the_button_opens_the_same_page_where_a_package_is_made(stage, visitor, language):
    deal = stage.deal(("Акт.pdf", PDF))
    page = visitor("manager", language)
    open_deal(page, deal)

    page.get_by_role("button", name=WORDS[language]["toolbar"]).click()
    tab = DealTab(page, slider_of(page), language).ready()
    tab.tick(0, **ACT)
    tab.press("check")
    tab.told("no_faults")

    making, packages = tab.frame.locator("#making").bounding_box(), tab.frame.locator("#packages").bounding_box()
    assert making["y"] < packages["y"]
    assert axe(tab.frame) == []


def test_a_double_click_sends_once(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF))
    tab = DealTab.of(visitor(), deal).ready()
    tab.tick(0, **ACT)

    tab.frame.get_by_role("button", name=tab.words["send"], exact=True).dblclick()

    tab.told("sent")
    assert len(packages_of(stage, deal)) == len(letters(stage, deal)) == 1


def test_a_busy_moment_does_not_stop_what_is_under_way(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF))
    tab = DealTab.of(visitor(allow=["503"]), deal).ready()
    tab.page.route("**/deal-tab/progress", lambda route: route.fulfill(status=503, body="<p>busy</p>"), times=2)
    tab.tick(0, **ACT)

    tab.press("send")

    tab.told("sent")
    assert len(letters(stage, deal)) == 1


def test_two_tabs_send_once(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF))
    tabs = [DealTab.of(visitor(), deal).ready() for _ in range(2)]
    for tab in tabs:
        tab.tick(0, **ACT)

    for tab in tabs:
        tab.press("send")

    for tab in tabs:
        expect(tab.frame.locator("#progress p.done, #fault-list")).to_be_visible(timeout=SECONDS)
    assert len(letters(stage, deal)) == 1


def test_what_was_gathered_is_there_after_a_reload(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF), ("Счёт.pdf", PDF + b"%"))
    tab = DealTab.of(visitor(), deal).ready()
    tab.tick(0, **ACT)
    tab.press("check")
    tab.told("no_faults")

    tab = DealTab.of(tab.page, deal).ready()

    boxes = tab.frame.locator("[data-tick]")
    assert [boxes.nth(place).is_checked() for place in range(2)] == [True, False]
    expect(tab.frame.locator("[data-paper]:not([hidden]) [id$='-number']")).to_have_value("8")
    tab.press("send")
    tab.told("sent")


def test_only_what_the_kind_of_document_takes_is_asked_for(stage, visitor):
    tab = DealTab.of(visitor(), stage.deal(("Договор.pdf", PDF))).ready()

    letter = tab.tick(0, type="Nonformalized")
    expect(tab.field(letter, "number")).to_be_visible()
    expect(tab.field(letter, "total")).to_be_hidden()

    tab.tick(0, type="ProformaInvoice")
    expect(tab.field(letter, "vat")).to_be_visible()
    letter.locator("[id$='-vat_mode']").select_option("none")
    expect(tab.field(letter, "vat")).to_be_hidden()


def test_one_of_several_boxes_is_chosen_by_a_person(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF))
    tab = DealTab.of(visitor(), deal).ready()
    tab.tick(0, **ACT)
    tab.frame.locator("#for_inn").fill(seed.GEMINI[0].inn)
    tab.frame.locator("#for_inn").press("Tab")
    expect(tab.frame.locator("#to_box input[type=radio]")).to_have_count(2)
    assert axe(tab.frame) == []

    tab.frame.locator(f"#to_box input[value='{seed.GEMINI[1].box.replace('-', '')}']").check()
    expect(tab.frame.locator("#to_box .error")).to_have_count(0)
    tab.press("send")

    tab.told("sent")
    assert sent(stage, deal).counteragent["box_id"] == seed.GEMINI[1].box.replace("-", "")


def test_who_is_no_counteragent_is_invited(stage, visitor):
    tab = DealTab.of(visitor(), stage.deal(("Акт.pdf", PDF))).ready()
    tab.frame.locator("#for_inn").fill(seed.CLOSED.inn)
    tab.frame.locator("#for_inn").press("Tab")
    expect(tab.frame.locator("#recipient-error")).to_contain_text("только от своих контрагентов")

    tab.frame.get_by_role("button", name="Пригласить к обмену").click()

    expect(tab.frame.locator("#invited")).to_contain_text("Приглашение отправлено", timeout=SECONDS)


def test_a_package_is_made_with_the_keyboard_alone(stage, visitor):
    tab = DealTab.of(visitor(), stage.deal(("Договор.pdf", PDF))).ready()
    keyboard = tab.page.keyboard

    tab.frame.locator("[data-tick]").first.focus()
    keyboard.press("Space")
    paper = tab.frame.locator("[data-paper]:not([hidden])")
    tab.field(paper, "number").focus()
    keyboard.type("5")
    keyboard.press("Enter")  # a form's first button: it checks, and sends nothing
    tab.told("no_faults")
    tab.frame.get_by_role("button", name=tab.words["send"], exact=True).focus()
    keyboard.press("Enter")

    tab.told("sent")


def test_a_line_of_the_faults_leads_to_its_field(stage, visitor):
    tab = DealTab.of(visitor(), stage.deal(("Акт.pdf", PDF))).ready()
    paper = tab.tick(0, **{**ACT, "date": ""})
    tab.press("check")
    faults = tab.frame.locator("#fault-list")
    expect(faults).to_be_focused(timeout=SECONDS)

    faults.get_by_role("link").first.click()

    expect(tab.field(paper, "date")).to_be_focused()


@pytest.mark.parametrize("language", WORDS)
def test_a_signed_package_is_revoked_with_a_reason(stage, visitor, language):
    tab, package = sent_act(stage, visitor, language)
    stage.diadoc_sandbox.sign_by_sender(package.message_id)
    wait_delivered(stage, package.message_id)
    stage.diadoc_sandbox.sign_by_recipient(package.message_id)
    tab.shows(package.id, "signed")

    tab.package(package.id).get_by_role("button", name=tab.words["revoke"], exact=True).click()
    dialog = tab.frame.locator("#reason-dialog")
    expect(dialog).to_be_visible()
    assert axe(tab.frame) == []
    dialog.get_by_role("textbox").fill("Ошибка в сумме")
    dialog.get_by_role("button", name=tab.words["go_on"]).click()

    expect(tab.frame.locator("#told .warning")).to_be_visible(timeout=SECONDS)
    stage.diadoc_sandbox.request_revocation(package.message_id, "Ошибка в сумме")
    stage.diadoc_sandbox.accept_revocation(package.message_id)
    tab.shows(package.id, "revoked")


def test_an_unsent_package_is_deleted_after_a_question(stage, visitor):
    tab, package = sent_act(stage, visitor)
    row = tab.package(package.id)

    row.get_by_role("button", name="Удалить").click()
    tab.frame.locator("#confirming").get_by_role("button", name="Отмена").click()
    expect(row).to_contain_text(tab.words["waiting"])
    row.get_by_role("button", name="Удалить").click()
    tab.frame.locator("#confirming").get_by_role("button", name="Да").click()

    expect(row).to_contain_text("Удалён в Диадоке", timeout=SECONDS)


def test_a_document_is_taken_out_of_the_open_package(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF), ("Договор.pdf", PDF + b"%"))
    tab = DealTab.of(visitor(), deal).ready()
    tab.tick(0, **ACT)
    tab.tick(1, number="5")
    tab.press("check")
    tab.told("no_faults")

    row = tab.package(the_package(stage, deal).id)
    row.get_by_role("button", name="Убрать").first.click()

    expect(tab.frame.locator("#told .done")).to_be_visible(timeout=SECONDS)
    expect(row.locator(".paper-line")).to_have_count(1)


@pytest.mark.parametrize(("language", "said"), [("ru", "не разрешено"), ("en", "not allowed")])
def test_who_may_not_send_sees_everything_and_no_buttons(stage, visitor, language, said):
    _, package = sent_act(stage, visitor, language)
    deal = int(package.crm_item.removeprefix("D_"))
    change_settings(stage.database, stage.portal.id, user_id=ADMIN, senders=(ADMIN,))
    try:
        tab = DealTab.of(visitor("signer", language), deal, language)

        expect(tab.frame.locator("#making .warning")).to_contain_text(said)
        expect(tab.package(package.id)).to_contain_text(tab.words["waiting"])
        expect(tab.frame.locator("#documents td").first).to_be_visible()
        assert tab.frame.locator("[data-tick], #package-form, .actions button").count() == 0
        assert axe(tab.frame) == []
    finally:
        change_settings(stage.database, stage.portal.id, user_id=ADMIN, senders=())


def test_a_page_of_another_version_says_so_and_sends_nothing(stage, visitor):
    deal = stage.deal(("Акт.pdf", PDF))
    tab = DealTab.of(visitor(allow=["409"]), deal).ready()
    tab.tick(0, **ACT)
    tab.frame.evaluate(
        "headers => document.body.setAttribute('hx-headers:inherited', headers)", json.dumps(of_another_version(tab))
    )

    tab.press("send")

    expect(tab.frame.locator("#stale")).to_contain_text("Страница устарела")
    assert packages_of(stage, deal) == []


def of_another_version(tab):
    """The headers that this page sends, had it been made before an update."""
    headers = json.loads(tab.frame.locator("body").get_attribute("hx-headers:inherited"))
    signer = URLSafeTimedSerializer(SECRET_KEY, salt="page")
    return {name: signer.dumps({**signer.loads(token), "build": "earlier"}) for name, token in headers.items()}
