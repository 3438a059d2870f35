"""crm.activity.configurable.*: activities that applications draw in a timeline."""

from typing import Any

from sandbox.portal.crm.layouts import ICONS, LOGOS, check
from sandbox.portal.crm.owners import owner
from sandbox.portal.errors import RestError, item_access_denied, not_found
from sandbox.portal.methods import Call, as_map, is_yes, method, whole
from sandbox.portal.rights import may_see
from sandbox.portal.values import to_moment
from sandbox.portal.world import iso, now

FLAGS = ("Y", "N", "1", "0", "TRUE", "FALSE")
CONFIGURABLE = "CONFIGURABLE"


@method("crm.activity.configurable.add", scope="crm")
def add(call: Call) -> dict[str, Any]:
    client_id = _creator(call)
    item = owner(call)
    fields, layout = _checked_fields(call, {}), _checked_layout(call, call.required("layout"))
    number = call.portal.next_id("activity", 900)
    call.portal.tables["activities"][number] = {
        "id": number,
        "kind": "configurable",
        "owner": [item.entity_type_id, item.id],
        "client_id": client_id,
        "fields": fields,
        "layout": layout,
        "created": iso(now()),
        "updated": iso(now()),
        "author_id": call.user.id,
    }
    return {"activity": {"id": number}}


@method("crm.activity.configurable.update", scope="crm")
def update(call: Call) -> dict[str, Any]:
    """What a click has locked is free again."""
    row = _configurable(call)
    fields = _checked_fields(call, row["fields"])
    if "layout" in call.params:
        row["layout"] = _checked_layout(call, call.params["layout"])
    row |= {"fields": fields, "updated": iso(now())}
    row.pop("lock", None)
    return {"activity": {"id": row["id"]}}


@method("crm.activity.configurable.get", scope="crm")
def get(call: Call) -> dict[str, Any]:
    row = _configurable(call)
    place = {"ownerTypeId": row["owner"][0], "ownerId": row["owner"][1]}
    return {"activity": {"id": row["id"], **place, "fields": row["fields"], "layout": row["layout"]}}


@method("crm.timeline.icon.list", scope="crm")
def icons(call: Call) -> dict[str, Any]:
    return {"icons": [{"code": code, "isSystem": True, "fileUri": None} for code in ICONS]}


@method("crm.timeline.logo.list", scope="crm")
def logos(call: Call) -> dict[str, Any]:
    return {"logos": [{"code": code, "isSystem": True, "fileUri": None} for code in LOGOS]}


def is_completed(row: dict[str, Any]) -> bool:
    """Of any activity: a person or an application has closed it."""
    return row["completed"] == "Y" if row["kind"] == "todo" else is_yes(row["fields"].get("completed"))


def complete(row: dict[str, Any], *, done: bool = True) -> None:
    flags = row if row["kind"] == "todo" else row["fields"]
    flags["completed"] = "Y" if done else "N"
    row["updated"] = iso(now())


def _creator(call: Call) -> str:
    if call.app is None:
        raise RestError("ERROR_WRONG_CONTEXT", "Rest context is required")
    return call.app.client_id


def _configurable(call: Call) -> dict[str, Any]:
    client_id = _creator(call)
    row = call.portal.tables["activities"].get(call.number("id"))
    if row is None or row["kind"] != "configurable":
        raise not_found("Activity was not found")
    if not may_see(call.user, row["owner"][0]):
        raise item_access_denied()
    if row["client_id"] != client_id:
        raise RestError("ERROR_WRONG_APPLICATION", "The activity was created by another application")
    return row


def _checked_layout(call: Call, given: Any) -> dict[str, Any]:
    layout = as_map(given)
    check(layout, languages=("ru", "en", call.portal.language))
    return layout


def _checked_fields(call: Call, old: dict[str, Any]) -> dict[str, Any]:
    """What is sent over what was. Raises RestError; then nothing is changed."""
    given = as_map(call.get("fields"))
    for flag in ("completed", "isIncomingChannel"):
        if flag in given and str(given[flag]).upper() not in FLAGS:
            raise wrong(flag)
    if given.get("deadline") and to_moment(given["deadline"]) is None:
        raise wrong("deadline")
    if given.get("typeId") not in (None, "", CONFIGURABLE):
        raise wrong("typeId")
    responsible = given.get("responsibleId")
    if responsible not in (None, "") and whole(responsible) not in call.portal.users:
        raise wrong("responsibleId")
    fields = {**old, **given}
    if is_yes(fields.get("isIncomingChannel")) and fields.get("deadline"):
        raise RestError("INCOMING_ACTIVITY_CAN_NOT_BE_WITH_DEADLINE", "Incoming activity can not have a deadline")
    return fields


def wrong(name: str) -> RestError:
    return RestError("WRONG_FIELD_VALUE", f"Wrong value of the field {name}")
