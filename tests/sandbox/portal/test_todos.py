"""To-dos by crm.activity.todo.*, and what configurable activities are refused for besides their look."""

from copy import deepcopy
from typing import Any

import pytest

from sandbox.portal.driver import MANAGER, STRANGER
from tests.sandbox.portal_handler import client_of, installed_app

DEAL = {"ownerTypeId": 2, "ownerId": 1}
LAYOUT: dict[str, Any] = {
    "icon": {"code": "info"},
    "header": {"title": "Пакет"},
    "body": {"logo": {"code": "document"}, "blocks": {"one": {"type": "text", "properties": {"value": "x"}}}},
}


@pytest.fixture
def todo(client) -> dict[str, Any]:
    made = client.call("crm.activity.todo.add", **DEAL, deadline="2026-12-01T12:00:00+03:00", title="Подписать")
    return {"id": made["id"], **DEAL}


def shown(client, todo: dict[str, Any]) -> dict[str, Any]:
    return client.call("crm.activity.get", id=todo["id"])


def test_each_part_of_a_to_do_can_be_changed(client, todo):
    client.call("crm.activity.todo.updateDeadline", **todo, value="2026-12-02T12:00:00+03:00")
    client.call("crm.activity.todo.updateDescription", **todo, value="Пакет 7")
    client.call("crm.activity.todo.updateResponsibleUser", **todo, responsibleId=MANAGER)
    assert client.call("crm.activity.todo.updateColor", **todo, colorId="3") == {"id": todo["id"]}

    row = shown(client, todo)
    assert (row["DEADLINE"], row["DESCRIPTION"]) == ("2026-12-02T12:00:00+03:00", "Пакет 7")
    assert row["RESPONSIBLE_ID"] == str(MANAGER)


def test_an_update_keeps_what_it_does_not_name(client, todo):
    client.call("crm.activity.todo.update", **todo, deadline="2026-12-03T12:00:00+03:00", description="x")

    row = shown(client, todo)
    assert (row["SUBJECT"], row["DESCRIPTION"], row["DEADLINE"][:10]) == ("Подписать", "x", "2026-12-03")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("update", {}, "100"),
        ("updateDeadline", {"value": "завтра"}, "WRONG_DATETIME_FORMAT"),
        ("updateDeadline", {"ownerId": 404, "value": "2026-12-03"}, "OWNER_NOT_FOUND"),
        ("updateDescription", {"id": 404, "value": "x"}, "NOT_FOUND"),
        ("updateResponsibleUser", {"responsibleId": 0}, "INVALID_ARG_VALUE"),
        ("updateColor", {"colorId": "9"}, "CAN_NOT_UPDATE_WRONG_COLOR_TODO"),
    ],
)
def test_a_wrong_change_is_refused(client, todo, method, params, code):
    refused = client.refusal(f"crm.activity.todo.{method}", **{**todo, **params})

    assert refused[:2] == (400, code)


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("update", {"deadline": "2026-12-03"}, "CAN_NOT_UPDATE_COMPLETED_TODO"),
        ("updateDeadline", {"value": "2026-12-03"}, "CAN_NOT_UPDATE_COMPLETED_TODO"),
        ("updateResponsibleUser", {"responsibleId": 2}, "CAN_NOT_UPDATE_RESPONSIBLE_USER_COMPLETED_TODO"),
        ("updateColor", {"colorId": "1"}, "CAN_NOT_UPDATE_COLOR_COMPLETED_TODO"),
    ],
)
def test_what_is_done_stays_as_it_was(client, todo, method, params, code):
    client.sandbox.complete_todo(todo["id"])

    assert client.refusal(f"crm.activity.todo.{method}", **{**todo, **params})[1] == code


def test_activities_of_deals_are_hidden_from_who_may_not_see_deals(client, portal_sandbox, todo):
    stranger = client_of(portal_sandbox, client.app, STRANGER)

    assert stranger.call("crm.activity.list") == []
    assert stranger.refusal("crm.activity.get", id=todo["id"])[2] == "Access denied."
    assert stranger.refusal("crm.activity.todo.add", **DEAL, deadline="2026-12-01")[:2] == (400, "ACCESS_DENIED")


def test_activities_are_found_by_several_owners(client, todo):
    other = {"ownerTypeId": 4, "ownerId": 2}
    client.call("crm.activity.todo.add", **other, deadline="2026-12-01")
    client.call("crm.activity.todo.add", ownerTypeId=4, ownerId=1, deadline="2026-12-01")

    bindings = [{"OWNER_TYPE_ID": 2}, {"OWNER_TYPE_ID": 4, "OWNER_ID": 2}]
    found = client.call("crm.activity.list", filter={"BINDINGS": bindings, "COMPLETED": "N"}, order={"ID": "ASC"})

    assert [(row["OWNER_TYPE_ID"], row["OWNER_ID"]) for row in found] == [("2", "1"), ("4", "2")]


def add(client, layout: dict[str, Any] | None = None, **fields: Any) -> Any:
    return client.post("crm.activity.configurable.add", **DEAL, fields=fields, layout=layout or LAYOUT).json()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"completed": "maybe"}, "WRONG_FIELD_VALUE"),
        ({"deadline": "завтра"}, "WRONG_FIELD_VALUE"),
        ({"typeId": "OTHER"}, "WRONG_FIELD_VALUE"),
        ({"responsibleId": 404}, "WRONG_FIELD_VALUE"),
        (
            {"isIncomingChannel": "Y", "deadline": "2026-12-01T12:00:00+03:00"},
            "INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE",
        ),
    ],
)
def test_wrong_fields_of_an_activity_are_refused(client, fields, code):
    assert add(client, **fields)["error"] == code


@pytest.mark.parametrize("flag", ["Y", "N", 1, 0, True, False])
def test_flags_come_in_three_spellings(client, flag):
    assert "result" in add(client, completed=flag)


def test_a_language_that_the_portal_lacks_is_refused(client):
    layout = deepcopy(LAYOUT)
    layout["header"]["title"] = {"ru": "Пакет", "fr": "Paquet"}

    assert add(client, layout)["error"] == "WRONG_LANG"


def test_a_slider_is_as_wide_as_one_of_its_parameters_says(client):
    layout = deepcopy(LAYOUT)
    slider = {"width": 700, "leftBoundary": 100}
    layout["header"]["titleAction"] = {"type": "openRestApp", "sliderParams": slider}

    assert add(client, layout)["error"] == "FIELD_IS_REDUNDANT"


def test_a_refused_update_changes_nothing(client):
    number = add(client, originId="7")["result"]["activity"]["id"]

    client.refusal("crm.activity.configurable.update", id=number, fields={"originId": "8", "completed": "x"})

    assert client.call("crm.activity.get", id=number)["ORIGIN_ID"] == "7"


def test_another_application_may_not_change_an_activity(client, handler, portal_sandbox):
    number = add(client)["result"]["activity"]["id"]
    other = client_of(portal_sandbox, installed_app(portal_sandbox, handler))

    refused = other.refusal("crm.activity.configurable.update", id=number, layout=LAYOUT)

    assert refused[1] == "ERROR_WRONG_APPLICATION"
