"""lists.*: universal lists and processes of the feed, as far as elements go."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, Page, as_list, method, page_of, whole
from sandbox.portal.values import decode_file

TYPES = ("lists", "bitrix_processes", "lists_socnet")


@method("lists.get", scope="lists")
def list_lists(call: Call) -> Page:
    rows = [
        row for row in call.portal.tables["iblocks"].values() if row["IBLOCK_TYPE_ID"] == call.text("IBLOCK_TYPE_ID")
    ]
    return page_of(rows, call.get("start"))


@method("lists.field.get", scope="lists")
def list_fields(call: Call) -> dict[str, Any]:
    return dict(_iblock(call)["fields"])


@method("lists.element.add", scope="lists")
def add(call: Call) -> int:
    iblock, code, fields = _iblock(call), call.text("ELEMENT_CODE"), call.map("FIELDS")
    if not code or not fields.get("NAME"):
        raise RestError("ERROR_REQUIRED_PARAMETERS_MISSING", "Required parameter ELEMENT_CODE or NAME is missing")
    if any(row["CODE"] == code for row in _elements(call, iblock)):
        raise RestError("ERROR_ELEMENT_ALREADY_EXISTS", "Element already exists")
    number = call.portal.next_id("element", 701)
    row = {"ID": str(number), "CODE": code, "IBLOCK_ID": iblock["ID"], "CREATED_BY": str(call.user.id)}
    call.portal.tables["elements"][number] = {**row, **_values(call, iblock, fields)}
    return number


@method("lists.element.get", scope="lists")
def get(call: Call) -> Page:
    rows = _elements(call, _iblock(call))
    wanted, code = call.text("ELEMENT_ID"), call.text("ELEMENT_CODE")
    rows = [row for row in rows if (not wanted or row["ID"] == wanted) and (not code or row["CODE"] == code)]
    rows = order_rows(filter_rows(rows, call.map("FILTER")), call.map("ELEMENT_ORDER"))
    return page_of(rows, call.get("start"))


@method("lists.element.update", scope="lists")
def update(call: Call) -> bool:
    """The element is overwritten: a field that is left out is cleared."""
    iblock, row = _iblock(call), _element(call)
    kept = {name: row[name] for name in ("ID", "CODE", "IBLOCK_ID", "CREATED_BY")}
    call.portal.tables["elements"][int(row["ID"])] = {**kept, **_values(call, iblock, call.map("FIELDS"))}
    return True


@method("lists.element.delete", scope="lists")
def delete(call: Call) -> bool:
    _iblock(call)
    del call.portal.tables["elements"][int(_element(call)["ID"])]
    return True


@method("lists.element.get.file.url", scope="lists")
def file_urls(call: Call) -> list[str]:
    """Relative addresses that need a browser session."""
    row, field = _element(call), call.text("FIELD_ID")
    values = row.get(f"PROPERTY_{field}") or {}
    return [f"/company/lists/{row['IBLOCK_ID']}/file/0/{row['ID']}/PROPERTY_{field}/{v}/" for v in values.values()]


def _iblock(call: Call) -> dict[str, Any]:
    if not call.text("IBLOCK_TYPE_ID") or not (call.text("IBLOCK_ID") or call.text("IBLOCK_CODE")):
        raise RestError(
            "ERROR_REQUIRED_PARAMETERS_MISSING", "Required parameter IBLOCK_TYPE_ID or IBLOCK_ID is missing"
        )
    if not call.user.has_crm:
        raise access_denied()
    for row in call.portal.tables["iblocks"].values():
        same = call.text("IBLOCK_ID") == row["ID"] or (row["CODE"] and call.text("IBLOCK_CODE") == row["CODE"])
        if same and row["IBLOCK_TYPE_ID"] == call.text("IBLOCK_TYPE_ID"):
            return row
    raise RestError("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")


def _elements(call: Call, iblock: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in call.portal.tables["elements"].values() if row["IBLOCK_ID"] == iblock["ID"]]


def _element(call: Call) -> dict[str, Any]:
    wanted, code = call.text("ELEMENT_ID"), call.text("ELEMENT_CODE")
    for row in _elements(call, _iblock(call)):
        if (wanted and row["ID"] == wanted) or (code and row["CODE"] == code):
            return row
    raise RestError("ERROR_ELEMENT_NOT_FOUND", "Element not found")


def _values(call: Call, iblock: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """Properties are kept as {"value id": "value"}; files become numbers."""
    row: dict[str, Any] = {"NAME": str(fields.get("NAME") or "")}
    for name, described in iblock["fields"].items():
        if name == "NAME" or fields.get(name) in (None, "", []):
            continue
        given = fields[name]
        parts = [given] if described["TYPE"] == "F" and _is_file(given) else as_list(given)
        row[name] = {str(call.portal.next_id("value", 1001)): _value(call, described, part) for part in parts}
    return row


def _is_file(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(isinstance(part, str) for part in given)


def _value(call: Call, described: dict[str, Any], part: Any) -> str:
    if described["TYPE"] == "F" and isinstance(part, list):
        name, content = decode_file(part)
        return str(call.portal.add_file(name, content, "application/octet-stream").id)
    if described["TYPE"] == "N" and whole(part) is None:
        raise RestError("ERROR_ELEMENT_FIELD_VALUE", f"Wrong value of the field {described['NAME']}")
    return str(part)
