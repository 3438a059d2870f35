"""userfieldconfig.*: fields that somebody has added to CRM items. Errors come with an empty code."""

import re
from typing import Any

from sandbox.portal.crm.types import kind_by, smart_types
from sandbox.portal.errors import RestError, missing
from sandbox.portal.methods import Call, Page, as_list, as_map, is_yes, method, page_of, whole

TYPES = {
    "string",
    "integer",
    "double",
    "boolean",
    "date",
    "datetime",
    "money",
    "url",
    "address",
    "file",
    "enumeration",
    "crm",
    "crm_status",
    "employee",
    "iblock_element",
    "iblock_section",
}
FLAGS = ("multiple", "mandatory", "showFilter", "showInList", "editInList", "isSearchable")
LABELS = ("editFormLabel", "listColumnLabel", "listFilterLabel", "errorMessage", "helpMessage")


def refuse(text: str) -> RestError:
    return RestError("", text)


@method("userfieldconfig.add", scope="userfieldconfig")
def add(call: Call) -> dict[str, Any]:
    given = _checked(call)
    entity, name = str(given.get("entityId") or ""), str(given.get("fieldName") or "")
    kind = str(given.get("userTypeId") or "")
    if kind_by(call.portal, uf_entity=entity) is None:
        raise refuse("The entityId is wrong or access to it is denied")
    _check_name(call, entity, name)
    if kind not in TYPES and not kind.startswith("rest_"):
        raise refuse("The user type is unknown")
    number = call.portal.next_id("user_field", 101)
    row: dict[str, Any] = {"id": number, "entityId": entity, "fieldName": name, "userTypeId": kind}
    row |= {"xmlId": None, "sort": "100", "settings": {}, "enum": [], **{label: {} for label in LABELS}}
    row |= dict.fromkeys(FLAGS, "N")
    _apply(row, given)
    call.portal.tables["user_fields"][number] = row
    return {"field": shown(row)}


@method("userfieldconfig.update", scope="userfieldconfig")
def update(call: Call) -> dict[str, Any]:
    row = _find(call)
    _apply(row, _checked(call))
    return {"field": shown(row)}


@method("userfieldconfig.get", scope="userfieldconfig")
def get(call: Call) -> dict[str, Any]:
    _check_module(call)
    return {"field": shown(_find(call))}


@method("userfieldconfig.list", scope="userfieldconfig")
def list_fields(call: Call) -> Page:
    _check_module(call)
    rules = {key.strip("="): value for key, value in as_map(call.get("filter")).items()}
    rows = [shown(row) for row in call.portal.tables["user_fields"].values()]
    rows = [row for row in rows if all(str(row.get(key)) == str(value) for key, value in rules.items())]
    return page_of(rows, call.get("start"), lambda page: {"fields": page})


@method("userfieldconfig.delete", scope="userfieldconfig")
def delete(call: Call) -> None:
    _check_module(call)
    _check_admin(call)
    del call.portal.tables["user_fields"][_find(call)["id"]]


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "id": str(row["id"])}


def _checked(call: Call) -> dict[str, Any]:
    _check_module(call)
    _check_admin(call)
    return as_map(call.required("field"))


def _check_module(call: Call) -> None:
    """The second scope depends on the module that the fields belong to."""
    module = call.get("moduleId")
    if module is None:
        raise missing("moduleId")
    if module != "crm":
        raise refuse("The module is unknown")
    if "crm" not in call.scopes:
        raise RestError("insufficient_scope", "The request requires higher privileges than provided", 403)


def _check_admin(call: Call) -> None:
    if not call.user.is_admin:
        raise refuse("Access denied")


def _find(call: Call) -> dict[str, Any]:
    row = call.portal.tables["user_fields"].get(call.number("id"))
    if row is None:
        raise refuse("The field is not found")
    return row


def _check_name(call: Call, entity: str, name: str) -> None:
    prefixes = [f"UF_{entity}_"]
    system = entity not in [f"CRM_{found.id}" for found in smart_types(call.portal).values()]
    if system and call.world.settings["new_field_prefix"] == "short":
        prefixes.append("UF_CRM_")
    if not any(name.startswith(prefix) and len(name) > len(prefix) for prefix in prefixes):
        raise refuse(f"The field name must start with {prefixes[0]}")
    if len(name) > 50 or not re.fullmatch(r"[A-Z0-9_]+", name):
        raise refuse("The field name may hold A-Z, 0-9 and _, 50 characters at most")
    taken = (row["fieldName"] for row in call.portal.tables["user_fields"].values() if row["entityId"] == entity)
    if name in taken:
        raise refuse(f"The field {name} already exists")


def _apply(row: dict[str, Any], given: dict[str, Any]) -> None:
    row |= {flag: "Y" if is_yes(given[flag]) else "N" for flag in FLAGS if flag in given}
    row |= {label: as_map(given[label]) for label in LABELS if label in given}
    row |= {name: str(given[name]) for name in ("sort", "xmlId") if name in given}
    if "settings" in given:
        row["settings"] = as_map(given["settings"])
    if "enum" in given:
        row["enum"] = [
            {
                "id": number,
                "value": str(item.get("value")),
                "def": "N",
                "xmlId": item.get("xmlId"),
                "sort": number * 100,
            }
            for number, item in enumerate(map(as_map, as_list(given["enum"])), whole(row["id"]) or 1)
        ]
