"""Every page of the portal in both languages: nothing fails on it, and everybody can use it."""

import pytest

from tests.browser.helpers import axe

PAGES = [
    "/",
    "/crm/deal/details/1/",
    "/crm/company/details/2/",
    "/crm/type/1220/details/1/",
    "/crm/type/1220/details/0/",
    "/crm/type/1220/list/",
    "/crm/deal/automation/0/?code=plain",
    "/company/lists/47/view/0/",
    "/company/personal/user/1/tasks/",
    "/im/notifications/",
]
LAYOUT = {
    "icon": {"code": "info"},
    "header": {"title": "7", "tags": {"a": {"title": "x", "type": "warning"}, "b": {"title": "y", "type": "failure"}}},
    "body": {"logo": {"code": "info"}, "blocks": {"a": {"type": "text", "properties": {"value": "x"}}}},
}


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_usable_by_everybody(client, handler, new_page, path, language):
    client.register("plain", handler.url + "/call", PROPERTIES={"kind": {"NAME": "Вид", "TYPE": "string"}})
    client.call("crm.timeline.comment.add", fields={"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "x"})
    client.call("crm.activity.configurable.add", ownerTypeId=2, ownerId=1, layout=LAYOUT)
    client.call("crm.activity.todo.add", ownerTypeId=2, ownerId=1, deadline="2026-12-01", title="x")
    client.call("im.notify.system.add", USER_ID=1, MESSAGE="x")
    page = new_page(client.sandbox.first_url)

    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")

    assert page.locator("html").get_attribute("lang") == language
    assert axe(page) == []


def test_a_person_is_told_what_the_portal_refuses(client, new_page):
    page = new_page(client.sandbox.first_url, allow=(" 404",))

    answer = page.goto("/crm/deal/details/404/")

    assert answer.status == 404
