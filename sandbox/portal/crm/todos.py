"""crm.activity.todo.*: what somebody has to do for an item."""

from typing import Any

from sandbox.portal.crm.owners import owner
from sandbox.portal.errors import RestError, not_found
from sandbox.portal.methods import Call, invalid_argument, method, whole
from sandbox.portal.values import to_moment
from sandbox.portal.world import iso, now

COLORS = ("", "1", "2", "3", "4", "5", "6", "7")


@method("crm.activity.todo.add", scope="crm")
def add(call: Call) -> dict[str, int]:
    item = owner(call)
    row: dict[str, Any] = {
        "kind": "todo",
        "owner": [item.entity_type_id, item.id],
        "title": "",
        "description": "",
        "responsible_id": call.user.id,
        "color": "",
        "completed": "N",
        "created": iso(now()),
        "updated": iso(now()),
        "author_id": call.user.id,
        "deadline": _moment(call.required("deadline")),
    }
    _apply(call, row)
    row["id"] = call.portal.next_id("activity", 900)
    call.portal.tables["activities"][row["id"]] = row
    return {"id": row["id"]}


@method("crm.activity.todo.update", scope="crm")
def update(call: Call) -> dict[str, int]:
    row = _todo(call, "CAN_NOT_UPDATE_COMPLETED_TODO")
    row["deadline"] = _moment(call.required("deadline"))
    _apply(call, row)
    return _changed(row)


@method("crm.activity.todo.updateDeadline", scope="crm")
def update_deadline(call: Call) -> dict[str, int]:
    row = _todo(call, "CAN_NOT_UPDATE_COMPLETED_TODO")
    row["deadline"] = _moment(call.required("value"))
    return _changed(row)


@method("crm.activity.todo.updateDescription", scope="crm")
def update_description(call: Call) -> dict[str, int]:
    row = _todo(call, "CAN_NOT_UPDATE_COMPLETED_TODO")
    row["description"] = str(call.required("value"))
    return _changed(row)


@method("crm.activity.todo.updateResponsibleUser", scope="crm")
def update_responsible(call: Call) -> dict[str, int]:
    row = _todo(call, "CAN_NOT_UPDATE_RESPONSIBLE_USER_COMPLETED_TODO")
    number = call.number("responsibleId")
    if number <= 0:
        raise invalid_argument('Parameter "responsibleId" must be greater than 0')
    row["responsible_id"] = number
    return _changed(row)


@method("crm.activity.todo.updateColor", scope="crm")
def update_color(call: Call) -> dict[str, int]:
    row = _todo(call, "CAN_NOT_UPDATE_COLOR_COMPLETED_TODO")
    row["color"] = _color(str(call.required("colorId")))
    return _changed(row)


def _todo(call: Call, refusal: str) -> dict[str, Any]:
    """The to-do of a call that names its owner too. refusal: the code for one that is done."""
    number, item = call.number("id"), owner(call)
    row = call.portal.tables["activities"].get(number)
    if row is None or row["kind"] != "todo" or row["owner"] != [item.entity_type_id, item.id]:
        raise not_found("Not found.")
    if row["completed"] == "Y":
        raise RestError(refusal, "Completed activity cannot be modified")
    return row


def _apply(call: Call, row: dict[str, Any]) -> None:
    row |= {name: call.text(name) for name in ("title", "description") if name in call.params}
    if "colorId" in call.params:
        row["color"] = _color(call.text("colorId"))
    row["responsible_id"] = whole(call.get("responsibleId")) or row["responsible_id"]


def _color(number: str) -> str:
    if number not in COLORS:
        raise RestError("CAN_NOT_UPDATE_WRONG_COLOR_TODO", "Invalid color value")
    return number


def _moment(value: Any) -> str:
    moment = to_moment(value)
    if moment is None:
        raise RestError("WRONG_DATETIME_FORMAT", "Wrong datetime format")
    return iso(moment)


def _changed(row: dict[str, Any]) -> dict[str, int]:
    row["updated"] = iso(now())
    return {"id": row["id"]}
