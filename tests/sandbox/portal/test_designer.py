"""The robot designer in a browser: settings of a step, drawn by the portal or by the application itself."""

import pytest
from playwright.sync_api import Page, expect

from sandbox.portal.driver import MANAGER
from tests.sandbox.portal.frames import answered, application_page, frame_of

ROBOTS = "/crm/deal/automation/0/"
PROPERTIES = {
    "docKind": {
        "NAME": {"ru": "Вид документа", "en": "Kind of document"},
        "TYPE": "select",
        "OPTIONS": {"act": "Акт", "invoice": "Счёт"},
        "REQUIRED": "Y",
    },
    "boxes": {"NAME": "Ящики", "TYPE": "string", "MULTIPLE": "Y"},
    "note": {"NAME": "Примечание", "TYPE": "string", "DEFAULT": "{=Document:TITLE}"},
}


@pytest.fixture
def page(client, handler, new_page) -> Page:
    """A page for a portal with a robot of ordinary fields and one with a page for its settings."""
    handler.pages["/settings"] = application_page(client.sandbox.first_url)
    client.register("plain", handler.url + "/call", NAME={"ru": "Простой", "en": "Plain"}, PROPERTIES=PROPERTIES)
    placement = {"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": handler.url + "/settings"}
    client.register("own", handler.url + "/call", NAME="Своя страница", PROPERTIES=PROPERTIES, **placement)
    return new_page(client.sandbox.first_url)


def test_ordinary_fields_are_saved_and_shown_again(page, client):
    page.goto(ROBOTS)
    page.get_by_role("link", name="Простой").click()

    page.get_by_label("Вид документа").select_option("invoice")
    page.get_by_label("Ящики").fill("main")
    page.get_by_role("button", name="Сохранить").click()

    page.get_by_role("link", name="Простой").first.click()
    expect(page.get_by_label("Вид документа")).to_have_value("invoice")
    saved = client.sandbox.robots()[0]
    assert saved["values"] == {"docKind": "invoice", "boxes": ["main"], "note": "{=Document:TITLE}"}


def test_an_application_draws_its_settings_itself(page):
    page.goto(f"{ROBOTS}?code=own")

    info = frame_of(page).evaluate("BX24.placement.info()")
    options = info["options"]
    assert info["placement"] == "BIZPROC_ACTIVITY_PROPERTIES_DIALOG"
    assert options["code"] == "own"
    assert options["properties"]["docKind"]["Name"] == "Вид документа"
    assert options["properties"]["boxes"]["Multiple"] is True
    assert options["current_values"] == {"note": "{=Document:TITLE}"}
    assert options["document_type"] == ["crm", "CCrmDocumentDeal", "DEAL"]
    assert options["document_fields"]["UF_CRM_DOCUMENTS"]["Type"] == "file"
    assert options["activity_name"].startswith("A")
    assert options["URI"].startswith(ROBOTS)


def test_an_older_portal_hands_the_properties_over_raw(page, client):
    client.sandbox.settings(dialog_properties="old", older_portal=True)

    page.goto(f"{ROBOTS}?code=own")

    options = frame_of(page).evaluate("BX24.placement.info().options")
    assert options["properties"]["docKind"] == PROPERTIES["docKind"]
    assert "template" not in options


def test_what_the_page_writes_is_stored_when_the_person_saves(page, client):
    page.goto(f"{ROBOTS}?code=own")
    values = "{DOCKIND: 'act', boxes: ['a', 'b'], nobody: 'x'}"

    answered(frame_of(page), f"BX24.placement.call('setPropertyValue', {values}, done)")
    assert client.sandbox.robots() == []
    page.get_by_role("button", name="Сохранить").click()

    expect(page.get_by_role("link", name="Своя страница")).to_have_count(2)
    saved = client.sandbox.robots()[0]
    assert saved["values"] == {"docKind": "act", "boxes": ["a", "b"], "note": "{=Document:TITLE}"}


def test_the_form_around_keeps_the_values_in_hidden_inputs(page):
    page.goto(f"{ROBOTS}?code=own")

    answered(frame_of(page), "BX24.placement.call('setPropertyValue', {docKind: 'act', boxes: ['a', 'b']}, done)")

    assert page.locator('input[name="property_dockind"]').input_value() == "act"
    assert page.locator('input[name="property_boxes[]"]').count() == 2


def test_an_older_portal_never_calls_back(page, client):
    client.sandbox.settings(dialog_answers=False)
    page.goto(f"{ROBOTS}?code=own")
    frame = frame_of(page)

    frame.evaluate(
        "() => { window.back = 0; BX24.placement.call('setPropertyValue', {docKind: 'act'}, () => back++); }"
    )
    page.wait_for_function("document.querySelector('input[name=property_dockind]').value === 'act'")
    answered(frame, "BX24.resizeWindow(500, 300, done)")

    assert frame.evaluate("window.back") == 0


def test_a_saved_robot_runs_when_an_item_enters_its_stage(page, client, handler):
    page.goto(f"{ROBOTS}?code=plain")
    page.get_by_label("Стадия").select_option("EXECUTING")
    page.get_by_label("Вид документа").select_option("act")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("EXECUTING")).to_be_visible()

    client.sandbox.move("EXECUTING")

    form = handler.wait("/call")[0].form
    assert form["properties[docKind]"] == "act"
    assert form["properties[note]"] == "Поставка оборудования"


def test_a_preset_robot_can_be_a_step_of_a_template(client, handler, page):
    saved = client.sandbox.save_robot("own", {"docKind": "act"})

    client.sandbox.start_workflow([client.sandbox.robot_step(saved["id"])])

    assert handler.wait("/call")[0].form["properties[docKind]"] == "act"


def test_settings_are_for_administrators(client, new_page, page):
    other = new_page(client.sandbox.first_url, allow=(" 403",))

    answer = other.goto(f"{ROBOTS}?code=own&user_id={MANAGER}")

    assert answer.status == 403
