"""tasks.task.*: tasks in camelCase with ids as texts, filters and fields to write in upper case."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError, missing
from sandbox.portal.methods import Call, Page, as_list, method, page_of, whole
from sandbox.portal.model import User
from sandbox.portal.values import to_moment
from sandbox.portal.world import iso, now

SCOPE = ("task", "tasks")
PENDING, COMPLETED = "2", "5"
STATUSES = ("1", PENDING, "3", "4", COMPLETED, "6")
_NAMES = {
    "ID": "id",
    "TITLE": "title",
    "STATUS": "status",
    "REAL_STATUS": "status",
    "RESPONSIBLE_ID": "responsibleId",
    "CREATED_BY": "createdBy",
    "CREATED_DATE": "createdDate",
    "CLOSED_DATE": "closedDate",
    "DEADLINE": "deadline",
    "DESCRIPTION": "description",
    "GROUP_ID": "groupId",
    "PARENT_ID": "parentId",
    "AUDITORS": "auditors",
    "ACCOMPLICES": "accomplices",
    "UF_CRM_TASK": "ufCrmTask",
    "UF_TASK_WEBDAV_FILES": "ufTaskWebdavFiles",
}
_WHEN_ASKED = ("UF_CRM_TASK", "UF_TASK_WEBDAV_FILES")
_LISTS = ("AUDITORS", "ACCOMPLICES", *_WHEN_ASKED)


@method("tasks.task.add", scope=SCOPE)
def add(call: Call) -> dict[str, Any]:
    fields = call.map("fields")
    if not fields:
        raise missing("fields")
    number = call.portal.next_id("task", 3711)
    task: dict[str, Any] = {own: [] if name in _LISTS else None for name, own in _NAMES.items()}
    task |= {"id": str(number), "title": "", "status": PENDING, "description": "", "responsibleId": ""}
    task |= {"createdBy": str(call.user.id), "createdDate": iso(now()), "groupId": "0"}
    _apply(call, task, fields)
    call.portal.tables["tasks"][number] = task
    return {"task": task}


@method("tasks.task.update", scope=SCOPE)
def update(call: Call) -> dict[str, Any]:
    """Returns the task as it is now. What is wrong with it changes nothing."""
    task = _task(call)
    fields = call.map("fields")
    if not fields:
        raise missing("fields")
    changed = dict(task)
    _apply(call, changed, fields)
    task |= changed
    return {"task": task}


@method("tasks.task.complete", scope=SCOPE)
def complete(call: Call) -> dict[str, Any]:
    task = _task(call)
    if task["status"] == COMPLETED:
        raise RestError("0", "Действие над задачей недоступно")
    task |= {"status": COMPLETED, "closedDate": iso(now())}
    return {"task": task}


@method("tasks.task.list", scope=SCOPE)
def list_tasks(call: Call) -> Page:
    own = [task for task in call.portal.tables["tasks"].values() if _may_see(call.user, task)]
    order = call.map("order") or {"ID": "desc"}
    if not set(order) <= set(_NAMES):
        raise RestError("0", "Invalid sorting key (internal error)")
    rows = filter_rows([_upper(task) for task in own], call.map("filter"))
    select = _selected(call)
    return page_of(
        order_rows(rows, order), call.get("start"), lambda page: {"tasks": [_camel(row, select) for row in page]}
    )


@method("tasks.task.get", scope=SCOPE)
def get(call: Call) -> dict[str, Any]:
    task = _task(call)
    return {"task": _camel(_upper(task), _selected(call))}


def _apply(call: Call, task: dict[str, Any], fields: dict[str, Any]) -> None:
    task |= {_NAMES[name]: as_list(value) for name, value in fields.items() if name in _LISTS}
    texts = ("TITLE", "DESCRIPTION", "STATUS", "RESPONSIBLE_ID", "CREATED_BY", "GROUP_ID", "PARENT_ID")
    task |= {_NAMES[name]: str(fields[name] or "") for name in texts if name in fields}
    if "DEADLINE" in fields:
        moment = to_moment(fields["DEADLINE"]) if fields["DEADLINE"] else None
        task["deadline"] = iso(moment) if moment else None
    _check(call, task)


def _check(call: Call, task: dict[str, Any]) -> None:
    if not task["title"]:
        raise RestError("ERROR_CORE", "Не указано название задачи<br>")
    if not task["responsibleId"]:
        raise RestError("ERROR_CORE", "Не указан исполнитель<br>")
    if whole(task["responsibleId"]) not in call.portal.users:
        raise RestError("ERROR_CORE", "Пользователь, указанный в поле «Исполнитель», не найден<br>")
    if task["status"] not in STATUSES:
        raise RestError("ERROR_CORE", "Неверный статус<br>")
    if task["parentId"] and whole(task["parentId"]) not in call.portal.tables["tasks"]:
        raise RestError("ERROR_CORE", "Задача, указанная в поле «Базовая задача», не найдена<br>")


def _task(call: Call) -> dict[str, Any]:
    if call.get("taskId") is None:
        raise RestError("100", "CTaskItem All parameters in the constructor must have real class type (internal error)")
    if whole(call.get("taskId")) is None:
        raise RestError("0", "wrong task id")
    task = call.portal.tables["tasks"].get(whole(call.get("taskId")))
    if task is None or not _may_see(call.user, task):
        raise RestError("ERROR_CORE", "Задача не найдена или недоступна<br>")
    return task


def _may_see(user: User, task: dict[str, Any]) -> bool:
    """Administrators see all, others those in which they have a part."""
    part = [task["responsibleId"], task["createdBy"], *map(str, task["auditors"]), *map(str, task["accomplices"])]
    return user.is_admin or str(user.id) in part


def _selected(call: Call) -> list[str]:
    """Without a choice all fields but those that have to be asked for."""
    select = [str(name).upper() for name in as_list(call.get("select"))]
    if not select:
        return [name for name in _NAMES if name not in _WHEN_ASKED]
    return [name for name in _NAMES if "*" in select or name in select or name == "ID"]


def _upper(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[own] for name, own in _NAMES.items()}


def _camel(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {_NAMES[name]: row[name] for name in names}
