"""Where results go: timeline, to-dos, Drive, document generator, triggers, notifications, tasks, lists."""

import base64
import io
import zipfile
from typing import Any

import pytest
import requests

from sandbox.portal.driver import MANAGER
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import Client, client_of

handler, client = portal_fixtures.handler, portal_fixtures.client

OWNER = {"ownerTypeId": 2, "ownerId": 1}
LAYOUT: dict[str, Any] = {
    "icon": {"code": "document"},
    "header": {"title": "Диадок", "tags": {"state": {"title": "Отправлен", "type": "success"}}},
    "body": {
        "logo": {"code": "document"},
        "blocks": {"text": {"type": "text", "properties": {"value": "Пакет отправлен"}}},
    },
}


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def comment(client: Client, **fields: Any) -> int:
    given = {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "Подписано", **fields}
    return client.call("crm.timeline.comment.add", fields=given)


def test_a_comment_carries_files(client):
    number = comment(client, FILES=[["акт.pdf", encoded(b"pdf")]])

    [row] = client.call("crm.timeline.comment.list", filter={"ENTITY_ID": 1, "ENTITY_TYPE": "deal"})
    [file] = row["FILES"].values()
    assert (row["ID"], row["COMMENT"], file["name"], file["size"]) == (str(number), "Подписано", "акт.pdf", 3)
    assert client.sandbox.timeline()[0]["files"][0]["content"] == b"pdf"


def test_an_updated_comment_has_only_the_new_files(client):
    number = comment(client, FILES=[["a.pdf", encoded(b"a")]])

    client.call("crm.timeline.comment.update", id=number, fields={"FILES": [["b.pdf", encoded(b"b")]]})

    assert [file["name"] for file in client.sandbox.timeline()[0]["files"]] == ["b.pdf"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"COMMENT": ""}, "INVALID_ARG_VALUE"),
        ({"ENTITY_ID": 99}, "OWNER_NOT_FOUND"),
        ({"ENTITY_TYPE": "x"}, "OWNER_NOT_FOUND"),
    ],
)
def test_a_wrong_comment_is_refused(client, change, code):
    fields = {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "x", **change}

    assert client.refusal("crm.timeline.comment.add", fields=fields)[:2] == (400, code)


def test_the_name_of_a_comments_fields_is_lower_case(client):
    assert client.refusal("crm.timeline.comment.add", FIELDS={"COMMENT": "x"})[1] == "100"


def test_a_todo_needs_a_time(client):
    made = client.call("crm.activity.todo.add", **OWNER, deadline="2026-12-01T12:00:00+03:00", title="Подписать")

    assert made["id"] == client.sandbox.timeline()[0]["id"]
    assert client.refusal("crm.activity.todo.add", **OWNER, deadline="завтра")[1] == "WRONG_DATETIME_FORMAT"
    assert client.refusal("crm.activity.todo.add", **OWNER)[1] == "100"
    assert client.refusal("crm.activity.todo.add", ownerTypeId=2, ownerId=9, deadline="x")[1] == "OWNER_NOT_FOUND"


def test_a_configurable_activity_belongs_to_its_application(client, handler):
    made = client.call("crm.activity.configurable.add", **OWNER, fields={"completed": "N"}, layout=LAYOUT)["activity"]

    client.call("crm.activity.configurable.update", id=made["id"], fields={"completed": "Y"})
    found = client.call("crm.activity.configurable.get", id=made["id"])["activity"]
    assert (found["fields"]["completed"], found["layout"]["header"]["title"]) == ("Y", "Диадок")

    stranger = client.sandbox.add_local_app(handler.url, handler.url)
    client.sandbox.install(stranger, finish=True)
    refusal = client_of(client.sandbox, stranger).refusal("crm.activity.configurable.update", id=made["id"])
    assert refusal[1] == "ERROR_WRONG_APPLICATION"


@pytest.mark.parametrize(
    ("layout", "code"),
    [
        ({}, "ERROR_EMPTY_LAYOUT"),
        ({**LAYOUT, "icon": {}}, "FIELD_IS_REQUIRED"),
        ({**LAYOUT, "header": {"title": "x", "tags": {"a": {}, "b": {}, "c": {}}}}, "TOO_MANY_ITEMS"),
        ({**LAYOUT, "body": {**LAYOUT["body"], "blocks": {"a b": {}}}}, "KEY_CONTAIN_WRONG_SYMBOLS"),
    ],
)
def test_a_wrong_layout_is_refused(client, layout, code):
    assert client.refusal("crm.activity.configurable.add", **OWNER, layout=layout)[:2] == (400, code)


def test_a_webhook_has_no_configurable_activities(client):
    url = client.sandbox.webhook(1, "hook", ["crm"]) + "crm.activity.configurable.add"

    assert requests.post(url, json={**OWNER, "layout": LAYOUT}, timeout=10).json()["error"] == "ERROR_WRONG_CONTEXT"


def test_a_pressed_button_reaches_the_application(client, handler):
    client.call("event.bind", event="onCrmTimelineItemAction", handler=handler.url + "/event")
    made = client.call("crm.activity.configurable.add", **OWNER, fields={}, layout=LAYOUT)["activity"]

    client.sandbox.press_button(made["id"], "open", data={"package": "7"})

    form = handler.wait("/event")[0].form
    assert (form["data[id]"], form["data[activityId]"], form["data[package]"]) == ("open", str(made["id"]), "7")


def test_an_application_has_a_drive_of_its_own(client):
    storage = client.call("disk.storage.getForApp")
    root = storage["ROOT_OBJECT_ID"]

    uploaded = client.call(
        "disk.folder.uploadfile", id=root, data={"NAME": "a.pdf"}, fileContent=["x", encoded(b"pdf")]
    )
    found = client.call("disk.file.get", id=uploaded["ID"])

    assert storage["ENTITY_TYPE"] == "restapp"
    assert isinstance(uploaded["ID"], int)
    assert (found["ID"], found["NAME"], found["SIZE"]) == (str(uploaded["ID"]), "a.pdf", "3")
    assert requests.get(found["DOWNLOAD_URL"], timeout=10).content == b"pdf"
    assert [row["NAME"] for row in client.call("disk.folder.getChildren", id=root)] == ["a.pdf"]
    assert client.call("disk.storage.getForApp") == storage


def test_a_taken_name_is_refused_or_made_unique(client):
    root = client.call("disk.storage.getForApp")["ROOT_OBJECT_ID"]
    upload = {"id": root, "data": {"NAME": "a.pdf"}, "fileContent": ["a.pdf", encoded(b"x")]}
    client.call("disk.folder.uploadFile", **upload)

    assert client.refusal("disk.folder.uploadFile", **upload)[1] == "DISK_OBJ_22000"
    assert client.call("disk.folder.uploadFile", **upload, generateUniqueName=True)["NAME"] == "a (1).pdf"


def test_an_upload_in_two_steps(client):
    root = client.call("disk.storage.getForApp")["ROOT_OBJECT_ID"]
    first = client.call("disk.folder.uploadFile", id=root)

    answer = requests.post(first["uploadUrl"], files={first["field"]: ("big.bin", b"bytes")}, timeout=10)

    assert answer.json()["result"]["NAME"] == "big.bin"
    assert [file["content"] for file in client.sandbox.drive_files()] == [b"bytes"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("disk.file.get", {"id": 99}, "ERROR_NOT_FOUND"),
        ("disk.file.get", {"id": "x"}, "ERROR_ARGUMENT"),
        ("disk.folder.uploadFile", {"id": 99, "data": {"NAME": "a"}}, "ERROR_NOT_FOUND"),
    ],
)
def test_what_is_not_on_the_drive_is_not_found(client, method, params, code):
    assert client.refusal(method, **params)[:2] == (400, code)


def test_an_upload_needs_a_name(client):
    root = client.call("disk.storage.getForApp")["ROOT_OBJECT_ID"]

    refusal = client.refusal("disk.folder.uploadFile", id=root, fileContent=["a.pdf", encoded(b"x")])

    assert refusal[1] == "DISK_BASE_SERVICE_22001"


def generate(client: Client) -> dict[str, Any]:
    templates = client.call("crm.documentgenerator.template.list", filter={"entityTypeId": 2})["templates"]
    number = next(key for key, template in templates.items() if template["name"] == "Акт")
    given = {"templateId": number, "entityTypeId": 2, "entityId": 1, "values": {"Total": "42"}}
    return client.call("crm.documentgenerator.document.add", **given)["document"]


def test_templates_are_keyed_by_their_numbers(client):
    templates = client.call("crm.documentgenerator.template.list")["templates"]

    assert all(key == template["id"] for key, template in templates.items())


def test_the_pdf_comes_later_than_the_document(client):
    client.sandbox.settings(pdf_delay_seconds=0.1)

    made = generate(client)

    assert isinstance(made["id"], int)
    assert "pdfUrlMachine" not in made
    docx = requests.get(made["downloadUrlMachine"], timeout=10).content
    assert "42" in zipfile.ZipFile(io.BytesIO(docx)).read("word/document.xml").decode()
    found = client.sandbox.wait_for(
        lambda: client.call("crm.documentgenerator.document.get", id=made["id"])["document"],
        lambda document: bool(document.get("pdfUrlMachine")),
        10,
    )
    assert found["id"] == str(made["id"])
    assert requests.get(found["pdfUrlMachine"], timeout=10).content.startswith(b"%PDF")
    assert found["emailDiskFile"]


def test_a_pdf_may_fail(client):
    client.sandbox.settings(pdf_delay_seconds=0, pdf_error="Сервер конвертации недоступен")

    made = generate(client)

    found = client.sandbox.wait_for(
        lambda: client.call("crm.documentgenerator.document.get", id=made["id"])["document"],
        lambda document: document["isTransformationError"],
        10,
    )
    assert found["transformationErrorMessage"] == "Сервер конвертации недоступен"
    assert found["pdfUrl"] == ""


def test_generated_documents_of_an_item_are_listed(client):
    generate(client)

    rules = {"entityTypeId": 2, "entityId": 1}
    rows = client.call("crm.documentgenerator.document.list", filter=rules, order={"id": "DESC"})["documents"]

    assert [row["templateId"] for row in rows] == ["40"]
    assert "pdfId" in rows[0]


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("document.get", {"id": 999}, (400, "0", "Document not found")),
        ("document.add", {"templateId": 999, "entityTypeId": 2, "entityId": 1}, (400, "0", "Template not found")),
        (
            "document.add",
            {"templateId": 39, "entityTypeId": 2, "entityId": 99},
            (400, "DOCGEN_ACCESS_ERROR", "Access denied"),
        ),
    ],
)
def test_documents_that_cannot_be_made_are_refused(client, method, params, answer):
    assert client.refusal(f"crm.documentgenerator.{method}", **params) == answer


def test_a_pulled_trigger_moves_the_deal_where_the_funnel_says(client):
    assert client.call("crm.automation.trigger.add", CODE="signed", NAME="Подписан") is True
    client.sandbox.set_trigger("signed", "WON")

    assert client.call("crm.automation.trigger.execute", CODE="signed", OWNER_TYPE_ID=2, OWNER_ID=1) is True

    assert client.sandbox.item()["STAGE_ID"] == "WON"
    assert [pull["code"] for pull in client.sandbox.pulled_triggers()] == ["signed"]
    assert client.call("crm.automation.trigger.list") == [{"NAME": "Подписан", "CODE": "signed"}]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"CODE": "other"}, "Trigger with code other is not registered."),
        ({"CODE": ""}, "Empty trigger code!"),
        ({"CODE": "а б"}, "Wrong trigger code!"),
        ({"OWNER_TYPE_ID": 4}, "Incorrect parameter OWNER_TYPE_ID."),
        ({"OWNER_ID": 99}, "Incorrect parameter OWNER_ID."),
    ],
)
def test_a_trigger_that_cannot_be_pulled_is_refused_with_an_empty_code(client, params, text):
    client.call("crm.automation.trigger.add", CODE="signed", NAME="Подписан")

    good = {"CODE": "signed", "OWNER_TYPE_ID": 2, "OWNER_ID": 1}
    assert client.refusal("crm.automation.trigger.execute", **{**good, **params}) == (400, "", text)


def test_triggers_are_for_administrators(client):
    refusal = client_of(client.sandbox, client.app, MANAGER).refusal("crm.automation.trigger.list")

    assert refusal == (403, "ACCESS_DENIED", "Access denied! Admin permissions required")


def test_a_notification_replaces_earlier_ones_of_its_tag(client):
    for text in ("раз", "два"):
        assert isinstance(client.call("im.notify.system.add", USER_ID=2, MESSAGE=text, TAG="package-1"), int)

    assert [(row["user_id"], row["message"]) for row in client.sandbox.notifications()] == [(2, "два")]
    assert client.refusal("im.notify.system.add", USER_ID="", MESSAGE="x")[1] == "USER_ID_EMPTY"
    assert client.refusal("im.notify.personal.add", USER_ID=2, MESSAGE="")[1] == "MESSAGE_EMPTY"


def test_a_task_is_made_for_somebody(client):
    fields = {"TITLE": "Подписать", "RESPONSIBLE_ID": 4, "UF_CRM_TASK": ["D_1"]}

    task = client.call("tasks.task.add", fields=fields)["task"]

    assert (task["status"], task["responsibleId"], task["ufCrmTask"]) == ("2", "4", ["D_1"])
    assert isinstance(task["id"], str)
    assert client.refusal("tasks.task.add", fields={"RESPONSIBLE_ID": 4})[1] == "ERROR_CORE"


def test_an_updated_list_element_loses_what_is_left_out(client):
    where = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": 47, "ELEMENT_CODE": "e1"}
    number = client.call("lists.element.add", **where, FIELDS={"NAME": "x", "PROPERTY_951": "1", "PROPERTY_952": "2"})

    assert client.call("lists.element.update", **where, FIELDS={"NAME": "y", "PROPERTY_951": "3"}) is True

    [row] = client.call("lists.element.get", **where)
    assert (row["ID"], row["NAME"], list(row["PROPERTY_951"].values())) == (str(number), "y", ["3"])
    assert "PROPERTY_952" not in row
    assert client.refusal("lists.element.add", **where, FIELDS={"NAME": "z"})[1] == "ERROR_ELEMENT_ALREADY_EXISTS"
    assert client.refusal("lists.element.get", IBLOCK_TYPE_ID="lists", IBLOCK_ID=1)[1] == "ERROR_IBLOCK_NOT_FOUND"


def test_people_are_found(client):
    users = client.call("user.get", FILTER={"ACTIVE": True})

    assert [user["ID"] for user in users] == ["1", "2", "4", "5", "6"]
    assert client.call("user.get", ID=2)[0]["LAST_NAME"] == "Менеджеров"
    assert client.call("user.current")["ID"] == "1"
    assert client.call("user.admin") is True
    assert [row["ID"] for row in client.call("department.get", PARENT=1)] == ["2"]


def test_the_application_and_the_portal_tell_about_themselves(client):
    info = client.call("app.info")

    assert (info["CODE"], info["INSTALLED"], info["PAYMENT_EXPIRED"]) == (client.app.client_id, True, "N")
    assert "bizproc" in client.call("scope")
    assert client.call("feature.get", CODE="rest_offline_extended") == {"value": "Y"}
    assert client.refusal("feature.get")[1] == "CODE_EMPTY"
    assert client.refusal("app.option.set", options={})[1] == "ArgumentNullException"
