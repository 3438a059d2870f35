"""lists.section.*: the folders of a list."""

from typing import Any

from sandbox.portal.crm.filters import filter_rows
from sandbox.portal.errors import RestError
from sandbox.portal.lists.access import EDIT, iblock, missing, need
from sandbox.portal.methods import Call, Page, as_list, method, page_of, whole
from sandbox.portal.world import iso, now

SHOWN = ("NAME", "EXTERNAL_ID", "XML_ID", "SORT", "ACTIVE", "DESCRIPTION")


@method("lists.section.add", scope="lists")
def add(call: Call) -> int:
    need(call, "SECTION_CODE", "FIELDS")
    row, code, fields = iblock(call, EDIT), call.text("SECTION_CODE"), call.map("FIELDS")
    if not fields.get("NAME"):
        raise missing("NAME")
    if any(one["CODE"] == code for one in _sections(call, row)):
        raise RestError("ERROR_SECTION_ALREADY_EXISTS", "Section already exists")
    number = call.portal.next_id("list_section", 169)
    section: dict[str, Any] = {
        "ID": str(number),
        "CODE": code,
        "IBLOCK_ID": row["ID"],
        "IBLOCK_SECTION_ID": call.text("IBLOCK_SECTION_ID") or None,
        "TIMESTAMP_X": iso(now()),
        "DATE_CREATE": iso(now()),
        "CREATED_BY": str(call.user.id),
        "MODIFIED_BY": str(call.user.id),
        "SORT": "500",
        "ACTIVE": "Y",
    }
    call.portal.tables["list_sections"][number] = section
    _apply(section, fields)
    return number


@method("lists.section.update", scope="lists")
def update(call: Call) -> bool:
    need(call, "FIELDS")
    section = _section(call)
    if not call.map("FIELDS").get("NAME"):
        raise missing("NAME")
    _apply(section, call.map("FIELDS"))
    return True


@method("lists.section.delete", scope="lists")
def delete(call: Call) -> bool:
    del call.portal.tables["list_sections"][int(_section(call)["ID"])]
    return True


@method("lists.section.get", scope="lists")
def get(call: Call) -> Page:
    rows = filter_rows(_sections(call, iblock(call)), call.map("FILTER"))
    select = [str(name) for name in as_list(call.get("SELECT"))]
    shown = [{name: value for name, value in row.items() if not select or name in select} for row in rows]
    return page_of(shown, call.get("start"))


def _sections(call: Call, row: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in call.portal.tables["list_sections"].values() if one["IBLOCK_ID"] == row["ID"]]


def _section(call: Call) -> dict[str, Any]:
    row, number, code = iblock(call, EDIT), whole(call.get("SECTION_ID")), call.text("SECTION_CODE")
    if number is None and not code:
        raise missing("SECTION_ID")
    for section in _sections(call, row):
        if section["ID"] == str(number) or (number is None and section["CODE"] == code):
            return section
    raise RestError("ERROR_SECTION_NOT_FOUND", "Section not found")


def _apply(section: dict[str, Any], fields: dict[str, Any]) -> None:
    section |= {name: str(fields[name]) for name in SHOWN if name in fields}
