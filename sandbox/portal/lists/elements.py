"""lists.element.*: the elements of universal lists. An update overwrites all but the files."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError
from sandbox.portal.lists.access import ADD, EDIT, READ, iblock, missing, need
from sandbox.portal.lists.fields import FILES
from sandbox.portal.methods import Call, Page, as_list, as_map, is_yes, method, page_of, whole
from sandbox.portal.model import Portal
from sandbox.portal.values import decode_file, to_moment, to_number
from sandbox.portal.world import iso, now

KEPT = ("ID", "CODE", "IBLOCK_ID", "IBLOCK_SECTION_ID", "CREATED_BY", "DATE_CREATE")


@method("lists.element.add", scope="lists")
def add(call: Call) -> int:
    need(call, "ELEMENT_CODE", "FIELDS")
    row, code, fields = iblock(call, ADD), call.text("ELEMENT_CODE"), call.map("FIELDS")
    if any(one["CODE"] == code for one in elements_of(call.portal, row)):
        raise RestError("ERROR_ELEMENT_ALREADY_EXISTS", "Element already exists")
    values = _values(call, row, fields, {}, "ERROR_ADD_ELEMENT")
    number = call.portal.next_id("element", 701)
    element = {
        "ID": str(number),
        "CODE": code,
        "IBLOCK_ID": row["ID"],
        "IBLOCK_SECTION_ID": call.text("IBLOCK_SECTION_ID") or None,
        "CREATED_BY": str(call.user.id),
        "DATE_CREATE": iso(now()),
    }
    call.portal.tables["elements"][number] = {**element, **values}
    return number


@method("lists.element.get", scope="lists")
def get(call: Call) -> Page:
    rows = elements_of(call.portal, iblock(call))
    wanted, code = call.text("ELEMENT_ID"), call.text("ELEMENT_CODE")
    rows = [row for row in rows if (not wanted or row["ID"] == wanted) and (not code or row["CODE"] == code)]
    rows = order_rows(filter_rows(rows, call.map("FILTER")), call.map("ELEMENT_ORDER"))
    select = [str(name) for name in as_list(call.get("SELECT"))]
    shown = [{name: value for name, value in row.items() if not select or name in select} for row in rows]
    return page_of(shown, call.get("start"))


@method("lists.element.update", scope="lists")
def update(call: Call) -> bool:
    """A field that is left out is cleared; files stay until their values are named in PROPERTY_<n>_DEL."""
    need(call, "FIELDS")
    row, element = iblock(call, EDIT), _element(call, EDIT)
    values = _values(call, row, call.map("FIELDS"), element, "ERROR_UPDATE_ELEMENT")
    kept = {name: element[name] for name in KEPT}
    call.portal.tables["elements"][int(element["ID"])] = {**kept, **values}
    return True


@method("lists.element.delete", scope="lists")
def delete(call: Call) -> bool:
    del call.portal.tables["elements"][int(_element(call, EDIT)["ID"])]
    return True


@method("lists.element.get.file.url", scope="lists")
def file_urls(call: Call) -> list[str]:
    """Relative addresses that need a browser session."""
    need(call, "FIELD_ID")
    row, field = _element(call, READ), call.text("FIELD_ID")
    values = row.get(f"PROPERTY_{field}") or {}
    return [f"/company/lists/{row['IBLOCK_ID']}/file/0/{row['ID']}/PROPERTY_{field}/{v}/" for v in values.values()]


def elements_of(portal: Portal, row: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in portal.tables["elements"].values() if one["IBLOCK_ID"] == row["ID"]]


def _element(call: Call, right: str) -> dict[str, Any]:
    wanted, code = call.text("ELEMENT_ID"), call.text("ELEMENT_CODE")
    row = iblock(call, right)
    if not wanted and not code:
        raise missing("ELEMENT_ID")
    for one in elements_of(call.portal, row):
        if (wanted and one["ID"] == wanted) or (not wanted and one["CODE"] == code):
            return one
    raise RestError("ERROR_ELEMENT_NOT_FOUND", "Element not found")


def _values(call: Call, row: dict[str, Any], fields: dict[str, Any], old: dict[str, Any], code: str) -> dict[str, Any]:
    """Properties are kept as {"value id": "value"}; files become numbers. old: the element being overwritten."""
    if not fields.get("NAME"):
        raise missing("NAME")
    values: dict[str, Any] = {"NAME": str(fields["NAME"])}
    for name, field in row["fields"].items():
        if name == "NAME":
            continue
        parts = _property(call, field, fields.get(name))
        if field["TYPE"] in FILES:
            parts = _files(field, old.get(name) or {}, parts, as_map(fields.get(f"{name}_DEL")))
        if parts:
            values[name] = parts
        elif is_yes(field.get("IS_REQUIRED")):
            raise RestError(code, f"The field «{field['NAME']}» is required")
    return values


def _files(field: dict[str, Any], old: dict[str, str], new: dict[str, str], gone: dict[str, Any]) -> dict[str, str]:
    kept = {number: value for number, value in old.items() if not is_yes(gone.get(number))}
    return {**kept, **new} if is_yes(field.get("MULTIPLE")) else new or kept


def _property(call: Call, field: dict[str, Any], given: Any) -> dict[str, str]:
    if given in (None, "", [], {}):
        return {}
    parts = [given] if field["TYPE"] == "F" and _is_file(given) else as_list(given)
    parts = parts if is_yes(field.get("MULTIPLE")) else parts[:1]
    texts = [_value(call, field, part) for part in parts if part not in (None, "")]
    return {str(call.portal.next_id("value", 1001)): text for text in texts}


def _is_file(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(isinstance(part, str) for part in given)


def _value(call: Call, field: dict[str, Any], part: Any) -> str:
    kind = field["TYPE"]
    if kind == "F":
        return _stored_file(call, part)
    wrong = {
        "N": lambda: to_number(part) is None,
        "L": lambda: str(part) not in field.get("DISPLAY_VALUES_FORM", {}),
        "S:Date": lambda: to_moment(part) is None,
        "S:DateTime": lambda: to_moment(part) is None,
        "S:DiskFile": lambda: whole(str(part).lstrip("n")) not in call.portal.tables["drive"],
    }
    if kind in wrong and wrong[kind]():
        raise RestError("ERROR_ELEMENT_FIELD_VALUE", f"Wrong value of the field {field['NAME']}")
    return str(part)


def _stored_file(call: Call, part: Any) -> str:
    if isinstance(part, str) and whole(part) is None:
        part = ["file", part]  # a bare base64 text has no name
    if not isinstance(part, list):
        raise RestError("ERROR_ELEMENT_FIELD_VALUE", "Writing file values by ID is not supported")
    name, content = decode_file(part)
    return str(call.portal.add_file(name, content, "application/octet-stream").id)
