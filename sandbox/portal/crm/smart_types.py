"""crm.type.*: smart processes."""

from typing import Any

from sandbox.portal.crm.types import SmartType, smart_type, smart_types
from sandbox.portal.errors import RestError, item_access_denied, missing, not_found
from sandbox.portal.methods import Call, Page, as_list, as_map, invalid_argument, is_yes, method, page_of, whole
from sandbox.portal.model import Portal

FLAGS = (
    "isAutomationEnabled",
    "isBeginCloseDatesEnabled",
    "isBizProcEnabled",
    "isCategoriesEnabled",
    "isClientEnabled",
    "isDocumentsEnabled",
    "isLinkWithProductsEnabled",
    "isMycompanyEnabled",
    "isObserversEnabled",
    "isRecyclebinEnabled",
    "isSetOpenPermissions",
    "isSourceEnabled",
    "isStagesEnabled",
    "isUseInUserfieldEnabled",
)


@method("crm.type.add", scope="crm")
def add(call: Call) -> dict[str, Any]:
    fields = as_map(call.required("fields"))
    _check_right(call)
    if not fields.get("title"):
        raise RestError("CRM_FIELD_ERROR_REQUIRED", "Required field title is empty.", argument="title")
    number = _entity_type_id(call.portal, fields)
    made = SmartType(call.portal.next_id("type"), number, str(fields["title"]))
    made.category_id = call.portal.next_id("category", 30)
    _apply(made, fields)
    smart_types(call.portal)[made.id] = made
    return {"type": shown(made)}


@method("crm.type.update", scope="crm")
def update(call: Call) -> dict[str, Any]:
    found = _find(call)
    _check_right(call)
    fields = as_map(call.required("fields"))
    found.title = str(fields.get("title", found.title))
    _apply(found, fields)
    return {"type": shown(found)}


@method("crm.type.get", scope="crm")
def get(call: Call) -> dict[str, Any]:
    return {"type": shown(_find(call))}


@method("crm.type.getByEntityTypeId", scope="crm")
def get_by_entity_type_id(call: Call) -> dict[str, Any]:
    found = smart_type(call.portal, call.number("entityTypeId"))
    if found is None:
        raise not_found("Smart process not found")
    return {"type": shown(found)}


@method("crm.type.list", scope="crm")
def list_types(call: Call) -> Page:
    rows = [shown(found) for found in smart_types(call.portal).values()]
    rules = as_map(call.get("filter"))
    rows = [row for row in rows if all(str(row.get(key.strip("=@"))) == str(value) for key, value in rules.items())]
    return page_of(rows, call.get("start"), lambda page: {"types": page})


@method("crm.type.delete", scope="crm")
def delete(call: Call) -> list[Any]:
    found = _find(call)
    _check_right(call)
    if call.portal.tables[f"items_{found.entity_type_id}"]:
        raise RestError("0", "The smart process has items")
    del smart_types(call.portal)[found.id]
    return []


def shown(found: SmartType) -> dict[str, Any]:
    return {
        "id": found.id,
        "title": found.title,
        "code": None,
        "entityTypeId": found.entity_type_id,
        "customSectionId": None,
        **{flag: found.flags.get(flag, "N") for flag in FLAGS},
        "relations": {"parent": found.parents, "child": found.children},
        "linkedUserFields": found.linked_user_fields,
    }


def _find(call: Call) -> SmartType:
    found = smart_types(call.portal).get(call.number("id"))
    if found is None:
        raise not_found("Smart process not found")
    return found


def _check_right(call: Call) -> None:
    if not call.user.is_admin:
        raise item_access_denied()


def _entity_type_id(portal: Portal, fields: dict[str, Any]) -> int:
    """128..192, or an even number from 1030 on; unique."""
    if "entityTypeId" not in fields:
        return next(number for number in range(1030, 1_000_000, 2) if smart_type(portal, number) is None)
    number = whole(fields["entityTypeId"]) or 0
    if not (128 <= number <= 192 or (number >= 1030 and number % 2 == 0)) or smart_type(portal, number):
        raise invalid_argument("Wrong entityTypeId")
    return number


def _apply(made: SmartType, fields: dict[str, Any]) -> None:
    made.flags |= {flag: "Y" if is_yes(fields[flag]) else "N" for flag in FLAGS if flag in fields}
    relations = as_map(fields.get("relations"))
    if "parent" in relations:
        made.parents = _relations(relations["parent"])
    if "child" in relations:
        made.children = _relations(relations["child"])
    for name, value in as_map(fields.get("linkedUserFields")).items():
        made.linked_user_fields[name] = "Y" if _true(value) else "N"


def _relations(given: Any) -> list[dict[str, Any]]:
    """Unlike the other flags these are the texts "true" and "false" on the way in, Y and N on the way out."""
    rows = []
    for row in (as_map(part) for part in as_list(given)):
        if "entityTypeId" not in row:
            raise missing("entityTypeId")
        flag = "Y" if _true(row.get("isChildrenListEnabled")) else "N"
        rows.append({"entityTypeId": whole(row["entityTypeId"]), "isChildrenListEnabled": flag})
    return rows


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
