"""lists.add, update, delete, get: universal lists themselves."""

from typing import Any

from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.lists.access import FULL, READ, iblock, iblock_type, may, missing, need
from sandbox.portal.lists.fields import blank
from sandbox.portal.methods import Call, Page, is_yes, method, page_of, whole
from sandbox.portal.model import Portal
from sandbox.portal.world import iso, now


def add_iblock(
    portal: Portal, kind: str, code: str, fields: dict[str, Any], rights: dict[str, str] | None
) -> dict[str, Any]:
    """A list with its one field NAME. rights None: everybody may do everything."""
    number = portal.next_id("iblock", 47)
    row: dict[str, Any] = {
        "ID": str(number),
        "TIMESTAMP_X": iso(now()),
        "IBLOCK_TYPE_ID": kind,
        "LID": "s1",
        "CODE": code,
        "NAME": "",
        "ACTIVE": "Y",
        "SORT": "500",
        "DESCRIPTION": "",
        "BIZPROC": "N",
        "fields": {"NAME": {**blank("NAME", "NAME", ""), "NAME": "Название", "IS_REQUIRED": "Y"}},
        "rights": rights,
    }
    _apply(row, fields)
    portal.tables["iblocks"][number] = row
    return row


@method("lists.add", scope="lists")
def add(call: Call) -> int:
    kind = iblock_type(call)
    need(call, "IBLOCK_CODE", "FIELDS")
    code, fields = call.text("IBLOCK_CODE"), call.map("FIELDS")
    if not fields.get("NAME"):
        raise missing("NAME")
    if not call.user.is_admin:
        raise access_denied("", 400)
    if any(row["CODE"] == code for row in call.portal.tables["iblocks"].values()):
        raise RestError("ERROR_IBLOCK_ALREADY_EXISTS", "Iblock already exists")
    rights = {str(key): str(letter) for key, letter in call.map("RIGHTS").items()} or {f"U{call.user.id}": "X"}
    return int(add_iblock(call.portal, kind, code, fields, rights)["ID"])


@method("lists.update", scope="lists")
def update(call: Call) -> bool:
    """Whoever has rights already keeps them: only new ones are added."""
    need(call, "FIELDS")
    row = iblock(call, FULL)
    if not call.map("FIELDS").get("NAME"):
        raise missing("NAME")
    _apply(row, call.map("FIELDS"))
    if row["rights"] is not None:
        row["rights"] = {**{str(key): str(letter) for key, letter in call.map("RIGHTS").items()}, **row["rights"]}
    row["TIMESTAMP_X"] = iso(now())
    return True


@method("lists.delete", scope="lists")
def delete(call: Call) -> bool:
    row = iblock(call, FULL)
    del call.portal.tables["iblocks"][int(row["ID"])]
    for table in ("elements", "list_sections"):
        rows = call.portal.tables[table]
        for number in [number for number, one in rows.items() if one["IBLOCK_ID"] == row["ID"]]:
            del rows[number]
    return True


@method("lists.get", scope="lists")
def get(call: Call) -> Page:
    """Without a number or a code all lists of the type that the caller may read."""
    kind, number, code = iblock_type(call), call.text("IBLOCK_ID"), call.text("IBLOCK_CODE")
    rows = [
        row
        for row in call.portal.tables["iblocks"].values()
        if row["IBLOCK_TYPE_ID"] == kind and number in ("", row["ID"]) and code in ("", row["CODE"])
    ]
    return page_of([_shown(row) for row in rows if may(call.user, row, READ)], call.get("start"))


@method("lists.get.iblock.type.id", scope="lists")
def type_of(call: Call) -> str | bool:
    row = call.portal.tables["iblocks"].get(whole(call.get("IBLOCK_ID")))
    return row["IBLOCK_TYPE_ID"] if row else False


def _apply(row: dict[str, Any], fields: dict[str, Any]) -> None:
    row |= {name: str(fields[name]) for name in ("NAME", "DESCRIPTION", "SORT") if name in fields}
    if "BIZPROC" in fields:
        row["BIZPROC"] = "Y" if is_yes(fields["BIZPROC"]) else "N"


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("fields", "rights")}
