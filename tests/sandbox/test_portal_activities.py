"""Activities of every kind are found, completed and deleted by the older methods; a wrong look is refused."""

from copy import deepcopy
from typing import Any

import pytest

from tests.sandbox import portal_fixtures

handler, client = portal_fixtures.handler, portal_fixtures.client

OWNER = {"ownerTypeId": 2, "ownerId": 1}
TEXT = {"type": "text", "properties": {"value": "x"}}
LAYOUT: dict[str, Any] = {
    "icon": {"code": "info"},
    "header": {"title": "Пакет", "tags": {"state": {"title": "В пути", "type": "primary"}}},
    "body": {"logo": {"code": "info"}, "blocks": {"one": TEXT}},
    "footer": {
        "buttons": {"open": {"title": "Открыть", "type": "primary", "action": {"type": "redirect", "uri": "/a/"}}}
    },
}
MARK = {"originatorId": "b24-edo", "originId": "package:7"}


def add(client, **fields: Any) -> int:
    made = client.call("crm.activity.configurable.add", **OWNER, fields=fields, layout=LAYOUT)
    return made["activity"]["id"]


def test_an_activity_is_found_by_the_mark_of_its_maker(client):
    number = add(client, **MARK)
    add(client, originatorId="b24-edo", originId="package:8")

    wanted = {"ORIGINATOR_ID": "b24-edo", "ORIGIN_ID": "package:7", "PROVIDER_ID": "CONFIGURABLE_REST_APP"}
    found = client.call("crm.activity.list", filter={"OWNER_TYPE_ID": 2, "OWNER_ID": 1, **wanted}, select=["ID"])

    assert found == [{"ID": str(number)}]


def test_a_to_do_is_completed_and_its_owner_found(client):
    made = client.call("crm.activity.todo.add", **OWNER, deadline="2026-12-01T12:00:00+03:00", title="Подписать")

    assert client.call("crm.activity.update", id=made["id"], fields={"COMPLETED": "Y"}) is True
    found = client.call("crm.activity.get", id=made["id"])

    assert (found["SUBJECT"], found["COMPLETED"], found["PROVIDER_ID"]) == ("Подписать", "Y", "CRM_TODO")


def test_an_own_look_is_not_changed_by_the_older_method(client):
    assert "configurable.update" in client.refusal("crm.activity.update", id=add(client), fields={})[2]


def test_a_deleted_activity_is_not_there(client):
    number = add(client)

    client.call("crm.activity.delete", id=number)

    assert client.refusal("crm.activity.get", id=number)[2] == "Activity is not found"
    assert client.refusal("crm.activity.configurable.update", id=number, layout=LAYOUT)[1] == "NOT_FOUND"


def changed(*path: str, to: Any) -> dict[str, Any]:
    layout = deepcopy(LAYOUT)
    place = layout
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = to
    return layout


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        (changed("colour", to="red"), "FIELD_IS_REDUNDANT"),
        (changed("header", "tags", "state", "type", to="lavender"), "ENUM_FIELD"),
        (changed("footer", "buttons", "open", "action", to={"type": "jump"}), "ENUM_FIELD"),
        (changed("footer", "buttons", "open", "action", to={"type": "redirect"}), "FIELD_IS_REQUIRED"),
        (changed("body", "blocks", "one", to={"type": "text", "properties": {}}), "FIELD_IS_REQUIRED"),
        (changed("body", "blocks", "one", to={"type": "picture"}), "ENUM_FIELD"),
        (
            changed("body", "blocks", "one", to={"type": "lineOfBlocks", "properties": {"blocks": {"a": LAYOUT}}}),
            "FIELD_IS_REQUIRED",
        ),
        (changed("body", "blocks", to={f"b{number}": TEXT for number in range(21)}), "TOO_MANY_ITEMS"),
    ],
)
def test_a_look_outside_the_rules_is_refused(client, layout, code):
    assert client.refusal("crm.activity.configurable.add", **OWNER, layout=layout)[:2] == (400, code)


def test_tasks_are_listed_by_the_item_they_are_bound_to(client):
    fields = {"TITLE": "Узнать", "RESPONSIBLE_ID": 1, "UF_CRM_TASK": ["D_1"]}
    made = client.call("tasks.task.add", fields=fields)["task"]
    client.call("tasks.task.add", fields={**fields, "UF_CRM_TASK": ["D_2"]})

    found = client.call("tasks.task.list", filter={"UF_CRM_TASK": "D_1"}, select=["ID", "TITLE"])

    assert found == {"tasks": [{"id": made["id"], "title": "Узнать"}]}
    assert client.call("tasks.task.get", taskId=made["id"])["task"]["title"] == "Узнать"
