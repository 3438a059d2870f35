"""tasks.task.get, tasks.task.list: tasks in camelCase with ids as texts, filters in upper case."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_list, method, page_of

_NAMES = {
    "ID": "id",
    "TITLE": "title",
    "STATUS": "status",
    "REAL_STATUS": "status",
    "RESPONSIBLE_ID": "responsibleId",
    "CREATED_BY": "createdBy",
    "DEADLINE": "deadline",
    "DESCRIPTION": "description",
    "UF_CRM_TASK": "ufCrmTask",
}


@method("tasks.task.list", scope=("task", "tasks"))
def list_tasks(call: Call) -> Page:
    rows = [_upper(task) for task in call.portal.tables["tasks"].values()]
    rows = filter_rows(rows, call.map("filter"))
    rows = order_rows(rows, call.map("order") or {"ID": "desc"})
    select = [str(name).upper() for name in as_list(call.get("select"))]
    names = [name for name in _NAMES if not select or name in select or name == "ID"]
    return page_of(rows, call.get("start"), lambda page: {"tasks": [_camel(row, names) for row in page]})


@method("tasks.task.get", scope=("task", "tasks"))
def get_task(call: Call) -> dict[str, Any]:
    task = call.portal.tables["tasks"].get(call.number("taskId"))
    if task is None:
        raise RestError("ERROR_CORE", "Задача не найдена или недоступна<br>")
    return {"task": task}


def _upper(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task.get(own) for name, own in _NAMES.items()}


def _camel(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {_NAMES[name]: row[name] for name in names}
