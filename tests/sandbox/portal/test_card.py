"""The card of a deal in a browser: tabs and buttons of applications, sliders, languages, people."""

import pytest
from playwright.sync_api import Page, expect

from sandbox.portal.driver import MANAGER, STRANGER
from tests.sandbox.portal.frames import answered, application_page, frame_of

DEAL = "/crm/deal/details/1/"
TITLES = {"ru": {"TITLE": "ЭДО"}, "en": {"TITLE": "Exchange"}}


@pytest.fixture
def page(client, handler, new_page) -> Page:
    """A page for a portal whose application has a tab and a button on deals, and a button on deliveries."""
    for path in ("/app", "/tab", "/tool"):
        handler.pages[path] = application_page(client.sandbox.first_url, title=path)
    client.call("placement.bind", PLACEMENT="CRM_DEAL_DETAIL_TAB", HANDLER=handler.url + "/tab", LANG_ALL=TITLES)
    for kind in ("DEAL", "DYNAMIC_1220"):
        client.call(
            "placement.bind", PLACEMENT=f"CRM_{kind}_DETAIL_TOOLBAR", HANDLER=handler.url + "/tool", TITLE="Пакет"
        )
    return new_page(client.sandbox.first_url)


@pytest.mark.parametrize(("language", "title"), [("ru", "ЭДО"), ("en", "Exchange")])
def test_a_tab_of_an_application_opens_inside_the_card(page, language, title):
    page.goto(f"{DEAL}?lang={language}")

    page.get_by_role("tab", name=title).click()

    frame = frame_of(page)
    assert frame.evaluate("BX24.placement.info().placement") == "CRM_DEAL_DETAIL_TAB"
    assert frame.evaluate("BX24.placement.info().options.ID") == "1"
    assert frame.evaluate("BX24.getLang()") == language
    expect(page.get_by_role("tab", name=title)).to_have_attribute("aria-selected", "true")


def test_every_render_of_a_tab_is_a_session_of_its_own(page):
    sids = set()
    for _time in range(2):
        page.goto(DEAL)
        page.get_by_role("tab", name="ЭДО").click()
        sids.add(frame_of(page).evaluate("window.name"))

    assert len(sids) == 2


def test_a_button_in_the_header_opens_a_slider(page):
    page.goto(DEAL)

    page.get_by_role("button", name="Пакет").click()

    frame = frame_of(page)
    assert "/tool" in frame.url
    assert frame.evaluate("BX24.placement.info().options.ID") == "1"
    expect(page.locator(".slider-title")).to_have_text("Пакет")


def test_the_button_of_a_smart_process_tells_its_item_by_another_name(page):
    page.goto("/crm/type/1220/details/1/")

    page.get_by_role("button", name="Пакет").click()

    options = frame_of(page).evaluate("BX24.placement.info().options")
    assert options["ENTITY_ID"] == "1"
    assert "ID" not in options


def test_a_page_may_ask_the_card_to_read_its_data_anew(page, client):
    page.goto(DEAL)
    page.get_by_role("tab", name="ЭДО").click()
    frame = frame_of(page)
    client.sandbox.change_item({"UF_CRM_CONTRACT_NUMBER": "Д-17"})

    answered(frame, "BX24.placement.call('reloadData', {}, done)")
    page.get_by_role("tab", name="Общие").click()

    assert page.locator('[data-field="UF_CRM_CONTRACT_NUMBER"]').inner_text() == "Д-17"


def test_a_card_shows_what_changes_without_being_loaded_again(page, client):
    page.goto(DEAL)

    client.sandbox.move("WON")

    expect(page.get_by_role("button", name="WON")).to_have_attribute("aria-pressed", "true")


def test_a_card_lists_documents_and_children(page, client):
    client.call("crm.documentgenerator.document.add", templateId=39, entityTypeId=2, entityId=1)

    page.goto(DEAL)

    expect(page.locator("#documents").get_by_role("link")).to_have_text(["Счёт 91"])
    expect(page.locator("#children").get_by_role("link", name="Поставка 1")).to_be_visible()


def test_a_card_opened_in_a_slider_has_no_header(page):
    page.goto(f"{DEAL}?IFRAME=Y")

    assert page.locator(".portal-head").count() == 0


def test_a_person_is_chosen_in_the_header_and_stays(page):
    page.goto(DEAL)

    page.get_by_label("Кто смотрит").select_option(str(MANAGER))
    page.wait_for_url(f"**user_id={MANAGER}**")
    page.goto(DEAL)
    page.get_by_role("tab", name="ЭДО").click()

    assert answered(frame_of(page), "BX24.callMethod('profile', {}, (result) => done(result.data().ID))") == "2"


def test_the_language_is_chosen_in_the_header_and_stays(page):
    page.goto(DEAL)

    page.get_by_role("link", name="English").click()
    page.goto("/")

    expect(page.get_by_role("heading", name="Deals")).to_be_visible()


def test_a_person_without_rights_to_deals_sees_none(client, new_page):
    page = new_page(client.sandbox.first_url, allow=(" 403",))

    answer = page.goto(f"{DEAL}?user_id={STRANGER}")

    assert answer.status == 403
    expect(page.get_by_role("heading", name="Доступ запрещён")).to_be_visible()
    page.goto("/")
    assert page.get_by_role("link", name="Поставка оборудования").count() == 0


def test_a_person_edits_an_item_of_a_smart_process(page, client):
    page.goto("/crm/type/1220/details/1/")

    page.get_by_text("Изменить", exact=True).click()
    page.get_by_label("Номер в Диадоке").fill("771")
    page.get_by_label("Компания").select_option(label="АО «Два лица»")
    page.get_by_label("Документы").set_input_files(files=[{"name": "счёт.pdf", "mimeType": "", "buffer": b"pdf"}])
    page.get_by_role("button", name="Сохранить").click()

    page.wait_for_load_state()
    expect(page.locator('[data-field="UF_CRM_1_DIADOC_ID"]')).to_have_text("771")
    item = client.sandbox.item(1220, 1)
    assert item["COMPANY_ID"] == 3
    assert client.sandbox.files("UF_CRM_1_DOCUMENTS", 1220, 1) == [("счёт.pdf", b"pdf")]


def test_a_person_makes_an_item_of_a_smart_process(page, client):
    page.goto("/crm/type/1220/list/")

    page.get_by_role("link", name="Создать").click()
    page.get_by_label("Название").fill("Поставка 2")
    page.get_by_label("Сделка").select_option(label="Поставка оборудования")
    page.get_by_role("button", name="Сохранить").click()

    expect(page.get_by_role("heading", name="Поставка 2")).to_be_visible()
    assert client.sandbox.item(1220, 2)["PARENT_ID_2"] == 1
