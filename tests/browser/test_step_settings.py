"""A designer sets a step up in the portal's dialog: what they choose and type becomes the values of the robot."""

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.helpers import axe, frame_of
from tests.scenarios.product import wait_registered

SAVE = {"ru": "Сохранить", "en": "Save"}
SOURCE = {"ru": "Откуда файл", "en": "Where the file is"}
TYPE = {"ru": "Вид документа", "en": "Document type"}
NUMBER = {"ru": "Номер документа", "en": "Document number"}
CONTRACT_NUMBER = {"ru": "Номер договора", "en": "Contract number"}
INSERT = {"ru": "Вставить поле", "en": "Insert a field"}


@pytest.fixture
def designer(stage, visitor):
    """designer(code, language): the settings dialog of a new robot, and our frame in it."""

    def opens(code: str, language: str = "ru", **number: int) -> tuple[Page, Frame]:
        wait_registered(stage.portal_sandbox, stage.app)
        page = visitor("administrator", language)
        which = f"robot={number['robot']}" if number else f"code={code}"
        page.goto(f"/crm/deal/automation/0/?{which}")
        return page, frame_of(page)

    return opens


def saved(stage, page: Page, language: str) -> dict:
    """The robot as the portal has stored it."""
    before = len(stage.portal_sandbox.robots())
    page.get_by_role("button", name=SAVE[language], exact=True).click()
    page.wait_for_url("**/automation/0/**")
    expect(page.locator("[data-robot]")).to_have_count(before + 1)
    return stage.portal_sandbox.robots()[-1]


@pytest.mark.parametrize("language", SAVE)
def test_a_step_is_set_up_and_stored(stage, designer, screenshot, language):
    page, frame = designer("diadoc_add_document", language)

    frame.get_by_label(SOURCE[language]).select_option("field")
    frame.get_by_label(TYPE[language], exact=False).first.select_option("Contract")
    frame.locator("#file_field").fill("UF_CRM_1700000001")
    frame.get_by_role("button", name=f"{INSERT[language]}: {NUMBER[language]}").click()
    frame.get_by_role("button", name="{=Document:TITLE}").first.click()
    assert axe(frame) == []
    screenshot(page, f"step-settings-{language}")
    robot = saved(stage, page, language)

    assert robot["code"] == "diadoc_add_document"
    values = robot["values"]
    assert (values["source"], values["document_type"]) == ("field", "Contract")
    assert (values["file_field"], values["number"]) == ("UF_CRM_1700000001", "{=Document:TITLE}")


def test_just_the_requisites_of_the_chosen_type_are_shown(designer):
    _, frame = designer("diadoc_add_document")
    contract_number = frame.locator("#contract_number")
    expect(contract_number).to_be_hidden()

    frame.locator("#document_type").select_option("SupplementaryAgreement")

    expect(contract_number).to_be_visible()
    expect(frame.locator("#vat")).to_be_hidden()
    frame.locator("#document_type").select_option("ProformaInvoice")
    expect(contract_number).to_be_hidden()
    expect(frame.locator("#vat")).to_be_visible()


def test_what_is_shown_as_chosen_is_stored_without_touching_it(stage, designer):
    page, frame = designer("diadoc_download_signed")
    expect(frame.get_by_role("checkbox", name="Архив с подписями")).to_be_checked()

    robot = saved(stage, page, "ru")

    assert robot["values"]["contents"] == ["archive", "print_form"]
    assert robot["values"]["only_final"] == "Y"


def test_a_stored_step_is_shown_again_as_it_was(stage, designer):
    page, frame = designer("diadoc_send_package")
    frame.locator("#wait_for").select_option("outcome")
    frame.locator("#deadline_days").fill("14")
    frame.locator("#for_box").select_option(index=1)
    box = frame.locator("#for_box").input_value()
    robot = saved(stage, page, "ru")

    _, again = designer("diadoc_send_package", robot=robot["id"])

    assert robot["values"]["for_box"] == box
    expect(again.locator("#wait_for")).to_have_value("outcome")
    expect(again.locator("#deadline_days")).to_have_value("14")
    expect(again.locator("#for_box")).to_have_value(box)


def test_an_older_portal_that_never_calls_back_is_no_obstacle(stage, designer):
    stage.portal_sandbox.settings(dialog_answers=False, dialog_properties="old")
    try:
        page, frame = designer("diadoc_send_package")
        frame.locator("#message").fill("Подпишите, пожалуйста")

        robot = saved(stage, page, "ru")
    finally:
        stage.portal_sandbox.settings(dialog_answers=True, dialog_properties="new")

    assert robot["values"]["message"] == "Подпишите, пожалуйста"


def test_the_person_who_signs_is_picked_in_the_portal(stage, designer):
    page, frame = designer("diadoc_send_package")

    frame.locator("[data-pick-user=signer]").click()
    page.locator("[data-user]").first.click()

    expect(frame.locator("#signer")).to_have_value("user_1")
