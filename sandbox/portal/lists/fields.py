"""lists.field.*: what the elements of a list have. A field of one's own is PROPERTY_<number> and has a code."""

from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.lists.access import FULL, iblock, missing, need
from sandbox.portal.methods import Call, as_map, is_yes, method, whole
from sandbox.portal.model import Portal

OWN = {"S", "N", "L", "F", "G", "E", "S:Date", "S:DateTime", "S:HTML", "E:EList", "N:Sequence", "S:ECrm", "S:Money"}
OWN |= {"S:DiskFile", "S:employee"}
SYSTEM = {"NAME", "SORT", "ACTIVE_FROM", "ACTIVE_TO", "PREVIEW_PICTURE", "PREVIEW_TEXT", "DETAIL_PICTURE"}
SYSTEM |= {"DETAIL_TEXT", "DATE_CREATE", "CREATED_BY", "TIMESTAMP_X", "MODIFIED_BY"}
FILES = ("F", "S:DiskFile")
SETTINGS = {
    "SHOW_ADD_FORM": "Y",
    "SHOW_EDIT_FORM": "Y",
    "ADD_READ_ONLY_FIELD": "N",
    "EDIT_READ_ONLY_FIELD": "N",
    "SHOW_FIELD_PREVIEW": "N",
}


def add_property(portal: Portal, row: dict[str, Any], given: dict[str, Any], number: int = 0) -> str:
    """A field of a list's own; its name. number: of the property, 0 = the next one."""
    number = number or portal.next_id("list_property", 1151)
    field = blank(f"PROPERTY_{number}", str(given["TYPE"]), str(given.get("CODE") or ""))
    field["ID"] = str(number)
    _apply(portal, field, given)
    row["fields"][field["FIELD_ID"]] = field
    return field["FIELD_ID"]


@method("lists.field.get", scope="lists")
def get(call: Call) -> dict[str, Any]:
    """All fields by their names; one asked for by FIELD_ID stands under its type."""
    row, wanted = iblock(call), call.text("FIELD_ID")
    if not wanted:
        return {name: dict(field) for name, field in row["fields"].items()}
    field = row["fields"].get(wanted)
    return {field["TYPE"]: dict(field)} if field else {}


@method("lists.field.add", scope="lists")
def add(call: Call) -> str:
    need(call, "FIELDS")
    row, given = iblock(call, FULL), call.map("FIELDS")
    kind, code = str(given.get("TYPE") or ""), str(given.get("CODE") or "")
    for name in ("NAME", "TYPE"):
        if not given.get(name):
            raise missing(name)
    _check_default(given, "ERROR_SAVE_FIELD")
    if kind in SYSTEM:
        if kind in row["fields"]:
            raise RestError("ERROR_SAVE_FIELD", "Property already exists")
        row["fields"][kind] = blank(kind, kind, "")
        _apply(call.portal, row["fields"][kind], {**given, "MULTIPLE": "N"})
        return kind
    if kind not in OWN:
        raise RestError("ERROR_SAVE_FIELD", f"Incorrect lists specified for '{kind}' property")
    if not code:
        raise RestError("ERROR_SAVE_FIELD", "Please fill the code fields")
    if any(field["CODE"] == code for field in row["fields"].values()):
        raise RestError("ERROR_SAVE_FIELD", "Property already exists")
    return add_property(call.portal, row, given)


@method("lists.field.update", scope="lists")
def update(call: Call) -> bool:
    """The type stays what it was at the beginning."""
    need(call, "FIELD_ID", "FIELDS")
    row, given = iblock(call, FULL), call.map("FIELDS")
    field = row["fields"].get(call.text("FIELD_ID"))
    for name in ("NAME", "TYPE"):
        if not given.get(name):
            raise missing(name)
    _check_default(given, "ERROR_UPDATE_FIELD")
    if field is None or field["TYPE"] != given["TYPE"]:
        raise RestError("ERROR_UPDATE_FIELD", "Error updating the field")
    _apply(call.portal, field, given)
    return True


@method("lists.field.delete", scope="lists")
def delete(call: Call) -> bool:
    need(call, "FIELD_ID")
    row, name = iblock(call, FULL), call.text("FIELD_ID")
    if name != "NAME" and row["fields"].pop(name, None):
        for element in call.portal.tables["elements"].values():
            if element["IBLOCK_ID"] == row["ID"]:
                element.pop(name, None)
    return True


@method("lists.field.type.get", scope="lists")
def types(call: Call) -> dict[str, str]:
    row = iblock(call)
    return {name: name for name in sorted(OWN | (SYSTEM - set(row["fields"])))}


def blank(name: str, kind: str, code: str) -> dict[str, Any]:
    return {
        "FIELD_ID": name,
        "SORT": 10,
        "NAME": name,
        "IS_REQUIRED": "N",
        "MULTIPLE": "N",
        "DEFAULT_VALUE": None,
        "TYPE": kind,
        "PROPERTY_TYPE": kind.partition(":")[0] if kind in OWN else False,
        "PROPERTY_USER_TYPE": kind if ":" in kind else False,
        "CODE": code,
        "LINK_IBLOCK_ID": None,
        "ROW_COUNT": "1",
        "COL_COUNT": "30",
        "USER_TYPE_SETTINGS": None,
        "SETTINGS": dict(SETTINGS),
    }


def _apply(portal: Portal, field: dict[str, Any], given: dict[str, Any]) -> None:
    field |= {flag: "Y" if is_yes(given[flag]) else "N" for flag in ("IS_REQUIRED", "MULTIPLE") if flag in given}
    field |= {name: str(given[name]) for name in ("NAME", "ROW_COUNT", "COL_COUNT") if given.get(name)}
    if whole(given.get("SORT")) is not None:
        field["SORT"] = whole(given["SORT"])
    if "DEFAULT_VALUE" in given:
        field["DEFAULT_VALUE"] = given["DEFAULT_VALUE"]
    field["SETTINGS"] = {**field["SETTINGS"], **as_map(given.get("SETTINGS"))}
    if field["TYPE"] == "L":
        _choices(portal, field, given)


def _choices(portal: Portal, field: dict[str, Any], given: dict[str, Any]) -> None:
    """The values of a list field: numbers of the caller's are replaced by the portal's own."""
    texts = [str(as_map(one).get("VALUE") or "") for one in as_map(given.get("LIST")).values()]
    texts += str(given.get("LIST_TEXT_VALUES") or "").split("\n")
    known = field.setdefault("DISPLAY_VALUES_FORM", {})
    for text in (text for text in texts if text and text not in known.values()):
        known[str(portal.next_id("list_choice", 1669))] = text


def _check_default(given: dict[str, Any], code: str) -> None:
    if is_yes(as_map(given.get("SETTINGS")).get("ADD_READ_ONLY_FIELD")) and not given.get("DEFAULT_VALUE"):
        raise RestError(code, f"The default value of the field '{given.get('NAME')}' is required")
