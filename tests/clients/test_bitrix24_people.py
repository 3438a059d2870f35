"""Departments, notices and tasks, as the vendor writes them."""

import pytest
import responses

from errors import NoAccess, Unavailable
from tests.clients.bitrix24_support import Kit, sample


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def test_departments_tell_their_head_and_the_one_above(kit):
    kit.answers("department.get", sample("department_get.json"))

    found = list(kit.client.department_get(PARENT=1))

    assert [(one.id, one.parent_id, one.head_user_id) for one in found] == [(1, 0, 1), (2, 1, 0)]
    assert kit.sent()["PARENT"] == 1


def test_a_user_tells_the_departments_he_is_in(kit):
    row = {"ID": "5", "ACTIVE": True, "NAME": "Пётр", "LAST_NAME": "Менеджеров", "UF_DEPARTMENT": [2, 3]}
    kit.answers("user.get", {"result": [row], "total": 1})

    (user,) = kit.client.user_get({"ID": 5})

    assert user.department_ids == (2, 3)


@pytest.mark.parametrize("kind", ["personal", "system"])
def test_a_notice_with_a_tag_is_repeated_and_says_everything(kit, kind):
    method = f"im.notify.{kind}.add"
    kit.answers(method, b"", status=502)
    kit.answers(method, {"result": 67})

    add = getattr(kit.client, f"im_notify_{kind}_add")
    number = add(user_id=2, message="[B]x[/B]", message_out="x", tag="b24-edo|package:7|2")

    assert number == 67
    sent = kit.sent()
    assert (sent["USER_ID"], sent["MESSAGE"], sent["MESSAGE_OUT"], sent["TAG"]) == (
        2,
        "[B]x[/B]",
        "x",
        "b24-edo|package:7|2",
    )


def test_a_notice_without_a_tag_is_not_repeated(kit):
    kit.answers("im.notify.personal.add", b"", status=502)

    with pytest.raises(Unavailable):
        kit.client.im_notify_personal_add(user_id=2, message="x")

    assert len(responses.calls) == 1
    assert {"TAG", "MESSAGE_OUT"}.isdisjoint(kit.sent())


def test_a_notice_that_the_portal_did_not_make_has_no_number(kit):
    kit.answers("im.notify.personal.add", {"result": False})

    assert kit.client.im_notify_personal_add(user_id=2, message="x", tag="t") == 0


def test_a_notice_in_nobodys_name_may_be_all_that_is_allowed(kit):
    kit.fails("im.notify.personal.add", "WRONG_AUTH_TYPE", "denied", status=403)

    with pytest.raises(NoAccess):
        kit.client.im_notify_personal_add(user_id=2, message="x", tag="t")


def test_a_task_is_made_once(kit):
    kit.answers("tasks.task.add", sample("tasks_task.json"))

    task = kit.client.tasks_task_add({"TITLE": "Пакет ЭДО № 7", "RESPONSIBLE_ID": 5, "UF_CRM_TASK": ["D_17"]})

    assert (task.id, task.title, task.responsible_id) == (3711, "Пакет ЭДО № 7", 5)
    assert kit.sent()["fields"]["UF_CRM_TASK"] == ["D_17"]


def test_a_task_in_doubt_is_not_made_again_by_itself(kit):
    kit.answers("tasks.task.add", b"", status=502)

    with pytest.raises(Unavailable):
        kit.client.tasks_task_add({"TITLE": "x", "RESPONSIBLE_ID": 5})

    assert len(responses.calls) == 1


def test_tasks_are_found_by_their_title_and_item(kit):
    task = sample("tasks_task.json")["result"]["task"]
    kit.answers("tasks.task.list", {"result": {"tasks": [task]}, "total": 1})

    (found,) = kit.client.tasks_task_list({"TITLE": "Пакет ЭДО № 7", "UF_CRM_TASK": "D_17"})

    assert found.id == 3711
    assert kit.sent()["filter"] == {"TITLE": "Пакет ЭДО № 7", "UF_CRM_TASK": "D_17"}
    assert "TITLE" in kit.sent()["select"]
