"""Tasks, notifications, people and their departments, rights to deals."""

import pytest

from sandbox.portal.driver import HEAD, MANAGER, STRANGER
from tests.sandbox.portal_handler import client_of, installed_app

TASK = {"TITLE": "Подписать", "RESPONSIBLE_ID": MANAGER, "UF_CRM_TASK": ["D_1", "T4c4_1"]}


@pytest.fixture
def task(client) -> str:
    return client.call("tasks.task.add", fields=TASK)["task"]["id"]


def test_bindings_of_a_task_are_told_when_asked_for(client, task):
    assert "ufCrmTask" not in client.call("tasks.task.get", taskId=task)["task"]
    asked = client.call("tasks.task.get", taskId=task, select=["TITLE", "UF_CRM_TASK"])["task"]
    assert asked == {"id": task, "title": "Подписать", "ufCrmTask": ["D_1", "T4c4_1"]}


def test_a_task_is_changed_and_completed_once(client, task):
    changed = client.call("tasks.task.update", taskId=task, fields={"DEADLINE": "2026-12-01T12:00:00+03:00"})
    done = client.call("tasks.task.complete", taskId=task)

    assert changed["task"]["deadline"] == "2026-12-01T12:00:00+03:00"
    assert done["task"]["status"] == "5"
    assert client.refusal("tasks.task.complete", taskId=task)[1] == "0"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"TITLE": ""}, "Не указано название задачи<br>"),
        ({"RESPONSIBLE_ID": 404}, "Пользователь, указанный в поле «Исполнитель», не найден<br>"),
        ({"STATUS": 9}, "Неверный статус<br>"),
        ({"PARENT_ID": 404}, "Задача, указанная в поле «Базовая задача», не найдена<br>"),
    ],
)
def test_a_wrong_change_of_a_task_is_refused_and_changes_nothing(client, task, fields, text):
    refused = client.refusal("tasks.task.update", taskId=task, fields={"DESCRIPTION": "x", **fields})

    assert refused == (400, "ERROR_CORE", text)
    assert client.call("tasks.task.get", taskId=task)["task"]["description"] == ""


def test_people_see_the_tasks_in_which_they_have_a_part(client, portal_sandbox, task):
    manager, stranger = (client_of(portal_sandbox, client.app, user) for user in (MANAGER, STRANGER))

    assert [one["id"] for one in manager.call("tasks.task.list")["tasks"]] == [task]
    assert stranger.call("tasks.task.list")["tasks"] == []
    assert stranger.refusal("tasks.task.get", taskId=task)[1] == "ERROR_CORE"


def test_tasks_are_not_ordered_by_what_is_no_field(client):
    assert client.refusal("tasks.task.list", order={"NOBODY": "asc"})[1] == "0"


def test_a_tag_replaces_the_notifications_of_the_same_application_only(client, handler, portal_sandbox):
    other = client_of(portal_sandbox, installed_app(portal_sandbox, handler))
    for caller, text in ((client, "первое"), (other, "чужое"), (client, "второе")):
        caller.call("im.notify.system.add", USER_ID=MANAGER, MESSAGE=text, TAG="package:7")

    assert [one["message"] for one in portal_sandbox.notifications()] == ["чужое", "второе"]


def test_notifications_are_read_and_deleted_by_their_owner(client, portal_sandbox):
    number = client.call("im.notify.personal.add", USER_ID=MANAGER, MESSAGE=" текст ", TAG="a", SUB_TAG="b")
    manager = client_of(portal_sandbox, client.app, MANAGER)

    shown = manager.call("im.notify.get")
    assert [(one["id"], one["text"], one["author_id"]) for one in shown["notifications"]] == [(number, "текст", 1)]
    assert manager.call("im.notify.read", ID=number) is True
    assert manager.call("im.notify.get")["total_unread_count"] == 0
    assert client.call("im.notify.get")["total_count"] == 0
    assert manager.call("im.notify.delete", SUB_TAG="b") is True
    assert manager.call("im.notify.get")["notifications"] == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"MESSAGE": "x"}, "USER_ID_EMPTY"),
        ({"USER_ID": 1, "MESSAGE": " "}, "MESSAGE_EMPTY"),
        ({"USER_ID": 1, "MESSAGE": "x", "ATTACH": "{"}, "ATTACH_ERROR"),
        ({"USER_ID": 1, "MESSAGE": "x", "ATTACH": "x" * 60_001}, "ATTACH_OVERSIZE"),
    ],
)
def test_a_wrong_notification_is_refused(client, given, code):
    assert client.refusal("im.notify.system.add", **given)[1] == code


def test_nobody_is_notified_who_is_not_there(client):
    assert client.call("im.notify.system.add", USER_ID=404, MESSAGE="x") is False


def test_the_head_of_a_persons_department_is_known(client):
    person = client.call("user.get", ID=MANAGER)[0]

    department = client.call("department.get", ID=person["UF_DEPARTMENT"][0])[0]

    assert department["UF_HEAD"] == str(HEAD)


@pytest.mark.parametrize("method", ["get", "update", "delete"])
def test_a_person_without_rights_to_deals_is_denied_them(client, portal_sandbox, method):
    stranger = client_of(portal_sandbox, client.app, STRANGER)

    refused = stranger.refusal(f"crm.item.{method}", entityTypeId=2, id=1, fields={"title": "x"})

    assert refused == (400, "ACCESS_DENIED", "Access denied")
    assert stranger.call("crm.item.get", entityTypeId=4, id=1)["item"]["id"] == 1


def test_rights_to_deals_are_a_switch(client, portal_sandbox):
    manager = client_of(portal_sandbox, client.app, MANAGER)

    portal_sandbox.change_user(MANAGER, may_see_deals=False)

    assert manager.refusal("crm.item.list", entityTypeId=2)[:2] == (400, "ACCESS_DENIED")
    assert manager.refusal("crm.documentgenerator.document.add", templateId=39, entityTypeId=2, entityId=1)[1] == (
        "DOCGEN_ACCESS_ERROR"
    )


def test_a_smart_process_has_the_fields_its_flags_give_it(client):
    made = client.call("crm.type.add", fields={"title": "Реестр", "isClientEnabled": "Y", "isStagesEnabled": "N"})

    known = client.call("crm.item.fields", entityTypeId=made["type"]["entityTypeId"])["fields"]

    assert "companyId" in known
    assert {"stageId", "opportunity", "begindate", "mycompanyId"}.isdisjoint(known)
