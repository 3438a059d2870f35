"""The timeline of a card in a browser: what applications draw in it and what a click on it does."""

import copy
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.portal.frames import application_page, frame_of

DEAL = "/crm/deal/details/1/"
LAYOUT: dict[str, Any] = {
    "icon": {"code": "info"},
    "header": {
        "title": {"ru": "Пакет 7", "en": "Package 7"},
        "titleAction": {"type": "openRestApp", "actionParams": {"from": "title"}},
        "tags": {"state": {"title": "Ждём контрагента", "type": "warning"}},
    },
    "body": {
        "logo": {"code": "document"},
        "blocks": {
            "who": {
                "type": "withTitle",
                "properties": {"title": "Контрагент", "block": {"type": "text", "properties": {"value": "Лютик"}}},
            },
            "paper": {
                "type": "lineOfBlocks",
                "properties": {
                    "blocks": {
                        "name": {
                            "type": "link",
                            "properties": {
                                "text": "Счёт 1",
                                "action": {"type": "redirect", "uri": "/crm/company/details/2/"},
                            },
                        },
                        "state": {"type": "text", "properties": {"value": "подписан", "bold": True}},
                    }
                },
            },
            "mobile": {"type": "text", "properties": {"value": "только в телефоне", "scope": "mobile"}},
        },
    },
    "footer": {
        "buttons": {
            "open": {
                "title": "Открыть",
                "type": "primary",
                "action": {
                    "type": "openRestApp",
                    "actionParams": {"package": "7"},
                    "sliderParams": {"title": "Пакет", "width": 700},
                },
            },
            "poll": {
                "title": "Обновить",
                "type": "secondary",
                "action": {
                    "type": "restEvent",
                    "id": "poll",
                    "actionParams": {"package": "7"},
                    "animationType": "disable",
                },
            },
        }
    },
}


@pytest.fixture
def page(client, handler, new_page) -> Page:
    handler.pages["/app"] = application_page(client.sandbox.first_url)
    return new_page(client.sandbox.first_url)


@pytest.fixture
def activity(client) -> int:
    """A configurable activity in the seeded deal."""
    made = client.call("crm.activity.configurable.add", ownerTypeId=2, ownerId=1, layout=LAYOUT, fields={})
    return made["activity"]["id"]


def test_a_configurable_activity_is_drawn_as_its_layout_says(page, activity):
    page.goto(DEAL)

    entry = page.locator(f'.entry[data-id="{activity}"]')
    expect(entry.get_by_role("heading")).to_have_text("Пакет 7")
    expect(entry.locator(".tag.warning")).to_have_text("Ждём контрагента")
    expect(entry.locator(".with-title")).to_have_text("КонтрагентЛютик")
    expect(entry.locator(".line")).to_have_text("Счёт 1 подписан")
    expect(entry.get_by_role("button")).to_have_text(["Пакет 7", "Открыть", "Обновить"])
    assert entry.get_by_text("только в телефоне").count() == 0


def test_texts_of_a_layout_are_in_the_language_of_the_person(page, activity):
    page.goto(f"{DEAL}?lang=en")

    expect(page.locator(f'.entry[data-id="{activity}"]').get_by_role("heading")).to_have_text("Package 7")


def test_a_link_into_the_portal_opens_a_slider(page, activity):
    page.goto(DEAL)

    page.get_by_role("link", name="Счёт 1").click()

    expect(page.frame_locator(".slider iframe").get_by_role("heading", name="Лютик")).to_be_visible()


def test_a_button_opens_the_application_with_its_parameters(page, activity):
    page.goto(DEAL)

    page.get_by_role("button", name="Открыть").click()

    options = frame_of(page).evaluate("BX24.placement.info().options")
    assert options["package"] == "7"
    assert (options["entityTypeId"], options["entityId"], options["activityId"]) == (2, 1, activity)
    assert page.locator(".slider-panel").bounding_box()["width"] == 700


def test_a_title_may_be_clicked_too(page, activity):
    page.goto(DEAL)

    page.get_by_role("button", name="Пакет 7").click()

    assert frame_of(page).evaluate("BX24.placement.info().options")["from"] == "title"


def test_an_event_reaches_the_application_and_locks_its_button_until_the_update(page, activity, client, handler):
    client.call("event.bind", event="onCrmTimelineItemAction", handler=handler.url + "/event")
    page.goto(DEAL)

    page.get_by_role("button", name="Обновить").click()

    received = handler.wait("/event")[0].form
    assert (received["data[id]"], received["data[package]"], received["data[userId]"]) == ("poll", "7", "1")
    expect(page.get_by_role("button", name="Обновить")).to_be_disabled()
    changed = copy.deepcopy(LAYOUT)
    changed["header"]["tags"]["state"] = {"title": "Подписан", "type": "success"}
    client.call("crm.activity.configurable.update", id=activity, layout=changed)
    expect(page.locator(".tag.success")).to_have_text("Подписан")
    expect(page.get_by_role("button", name="Обновить")).to_be_enabled()


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("fields", ["data[FIELDS][id]", "data[FIELDS][package]"]),
        ("params", ["data[id]", "data[actionParams][package]"]),
    ],
)
def test_the_event_comes_in_the_shape_that_is_switched_on(client, handler, activity, shape, names):
    client.call("event.bind", event="onCrmTimelineItemAction", handler=handler.url + "/event")
    client.sandbox.settings(timeline_action_data=shape)

    client.sandbox.click(activity, "footer.buttons.poll")

    received = handler.wait("/event")[0].form
    assert [received[name] for name in names] == ["poll", "7"]


def test_a_todo_is_done_with_one_click(page, client):
    client.call(
        "crm.activity.todo.add", ownerTypeId=2, ownerId=1, deadline="2026-12-01T12:00:00+03:00", title="Позвонить"
    )
    page.goto(DEAL)

    page.get_by_role("button", name="Готово").click()

    expect(page.get_by_role("button", name="Готово")).to_have_count(0)
    assert [entry["completed"] for entry in client.sandbox.timeline()] == ["Y"]


def test_comments_show_links_and_files(page, client):
    text = "[B]Подписано[/B] [URL=https://example.com/]ссылка[/URL] [URL=javascript:alert(1)]нет[/URL] <i>"
    files = [["акт.pdf", "cGRm"]]
    client.call(
        "crm.timeline.comment.add", fields={"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": text, "FILES": files}
    )

    page.goto(DEAL)

    entry = page.locator(".entry.comment")
    expect(entry.get_by_role("link")).to_have_text(["ссылка", "акт.pdf"])
    expect(entry.locator("b")).to_have_text("Подписано")
    expect(entry).to_contain_text("<i>")


def test_tasks_of_the_deal_stand_in_its_timeline_until_they_are_completed(page, client):
    fields = {"TITLE": "Подписать акт", "RESPONSIBLE_ID": 1, "UF_CRM_TASK": ["D_1"]}
    client.call("tasks.task.add", fields=fields)
    page.goto(DEAL)

    page.locator(".entry.task").get_by_role("link", name="Подписать акт").click()
    page.get_by_role("button", name="Завершить").click()

    assert [task["status"] for task in client.sandbox.tasks()] == ["5"]


def test_notifications_are_counted_and_lead_where_they_say(page, client):
    client.call("im.notify.system.add", USER_ID=1, MESSAGE="Пакет [URL=/crm/deal/details/1/]подписан[/URL]")
    page.goto("/")

    expect(page.locator("#unread")).to_have_text("1")
    page.locator("#bell").click()
    page.get_by_role("link", name="подписан").click()

    expect(page.get_by_role("heading", name="Поставка оборудования")).to_be_visible()
