"""bizproc.robot.* and bizproc.activity.*: every rule of registration with its code and text."""

from typing import Any

import pytest
import requests

from sandbox.portal.driver import MANAGER
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import client_of

handler, client = portal_fixtures.handler, portal_fixtures.client

HANDLER = "https://app.example.ru/call"
GOOD: dict[str, Any] = {
    "CODE": "step",
    "HANDLER": HANDLER,
    "NAME": "Шаг",
    "PROPERTIES": {"docKind": {"Name": {"ru": "Вид"}, "Type": "select", "Options": {"upd": "УПД"}}},
    "RETURN_PROPERTIES": {"status": {"Name": "Статус", "Type": "string"}},
}
VALIDATION = "ERROR_ACTIVITY_VALIDATION_FAILURE"


def test_a_robot_and_an_activity_are_registered_and_listed_apart(client):
    assert client.call("bizproc.robot.add", **GOOD) is True
    assert client.call("bizproc.activity.add", **{**GOOD, "CODE": "step_activity"}) is True

    assert client.call("bizproc.robot.list") == ["step"]
    assert client.call("bizproc.activity.list") == ["step_activity"]


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"CODE": ""}, VALIDATION, "Empty activity code!"),
        ({"CODE": "шаг"}, VALIDATION, "Wrong activity code!"),
        ({"CODE": "a" * 129}, VALIDATION, "Wrong activity code!"),
        ({"NAME": ""}, VALIDATION, "Empty activity NAME!"),
        ({"NAME": {}}, VALIDATION, "Empty activity NAME!"),
        ({"PROPERTIES": "x"}, VALIDATION, "Wrong properties array!"),
        ({"PROPERTIES": {"1a": {"Name": "x"}}}, VALIDATION, "Wrong property key (1a)!"),
        ({"PROPERTIES": {"a": {"Name": "x"}, "A": {"Name": "y"}}}, VALIDATION, "Wrong property key (A)!"),
        ({"RETURN_PROPERTIES": {"a": {"Type": "int"}}}, VALIDATION, "Empty property NAME (a)!"),
        ({"FILTER": "b24"}, VALIDATION, "Wrong activity FILTER!"),
        ({"FILTER": {"INCLUDE": ["moon"]}}, VALIDATION, "Wrong activity FILTER!"),
        ({"DOCUMENT_TYPE": ["crm"]}, VALIDATION, "Wrong activity DOCUMENT_TYPE!"),
        ({"HANDLER": "ftp://app.example.ru"}, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol"),
        ({"HANDLER": ""}, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL"),
        ({"HANDLER": "https://localhost/x"}, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL"),
        ({"USE_PLACEMENT": "Y"}, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL"),
    ],
)
def test_a_wrong_registration_is_refused(client, change, code, text):
    assert client.refusal("bizproc.robot.add", **{**GOOD, **change}) == (400, code, text)
    assert client.call("bizproc.robot.list") == []


def test_an_empty_registration_is_refused(client):
    assert client.refusal("bizproc.robot.add") == (400, VALIDATION, "Empty data!")


def test_codes_are_one_namespace_in_any_case(client):
    client.call("bizproc.robot.add", **GOOD)

    answer = client.refusal("bizproc.activity.add", **{**GOOD, "CODE": "STEP"})

    assert answer == (400, "ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")


def test_maps_over_the_size_of_their_column_are_refused(client):
    big = {f"p{number}": {"Name": "Очень длинное название " * 20} for number in range(100)}

    assert client.refusal("bizproc.robot.add", **{**GOOD, "PROPERTIES": big})[1] == "ERROR_ACTIVITY_ADD_FAILURE"


def test_ids_that_the_step_owns_are_skipped_in_silence(client):
    properties = {"Title": {"Name": "x"}, "timeoutduration": {"Name": "y"}, "own": {"Name": "z"}}

    client.call("bizproc.robot.add", **{**GOOD, "PROPERTIES": properties})

    assert list(client.sandbox.registrations(client.app)[0]["properties"]) == ["own"]


def test_top_level_names_are_case_insensitive(client):
    lower = {name.lower(): value for name, value in GOOD.items()}

    assert client.call("bizproc.robot.add", **lower) is True


@pytest.mark.parametrize("status", [403, 400])
@pytest.mark.parametrize("method", ["add", "update", "list", "delete"])
def test_registration_needs_an_administrator(client, method, status):
    client.sandbox.settings(bizproc_denied_status=status)
    manager = client_of(client.sandbox, client.app, MANAGER)

    assert manager.refusal(f"bizproc.robot.{method}", **GOOD) == (status, "ACCESS_DENIED", "Access denied!")


def test_registration_needs_an_application(client):
    url = client.sandbox.webhook(1, "hook", ["bizproc"]) + "bizproc.activity.add"

    answer = requests.post(url, json=GOOD, timeout=10)

    assert (answer.status_code, answer.json()["error_description"]) == (
        403,
        "Access denied! Application context required",
    )


def test_an_update_replaces_maps_whole(client):
    client.call("bizproc.robot.add", **GOOD)

    new = {"other": {"Name": "Другое", "Type": "int"}}
    assert client.call("bizproc.robot.update", CODE="step", FIELDS={"PROPERTIES": new, "USE_SUBSCRIPTION": "N"}) is True

    found = client.sandbox.registrations(client.app)[0]
    assert list(found["properties"]) == ["other"]
    assert found["use_subscription"] == "N"
    assert list(found["return_properties"]) == ["status"]


def test_a_refused_update_changes_nothing(client):
    client.call("bizproc.robot.add", **GOOD)

    fields = {"HANDLER": "https://new.example.ru/", "PROPERTIES": {"1": {"Name": "x"}}}
    assert client.refusal("bizproc.robot.update", CODE="step", FIELDS=fields)[1] == VALIDATION
    assert client.sandbox.registrations(client.app)[0]["handler"] == HANDLER


def test_an_update_without_known_fields_is_refused(client):
    client.call("bizproc.robot.add", **GOOD)

    answer = client.refusal("bizproc.robot.update", CODE="step", FIELDS={"COLOR": "red"})

    assert answer == (400, VALIDATION, "No fields to update")


@pytest.mark.parametrize("method", ["bizproc.robot.update", "bizproc.robot.delete", "bizproc.activity.delete"])
def test_what_is_not_registered_cannot_be_changed(client, method):
    client.call("bizproc.robot.add", **GOOD)
    code = "step" if method.startswith("bizproc.activity") else "other"

    answer = client.refusal(method, CODE=code, FIELDS={"NAME": "x"})

    assert answer == (400, "ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")


def test_a_deleted_robot_is_gone(client):
    client.call("bizproc.robot.add", **GOOD)

    assert client.call("bizproc.robot.delete", CODE="step") is True
    assert client.call("bizproc.robot.list") == []
