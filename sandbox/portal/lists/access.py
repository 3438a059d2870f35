"""Which list is meant, and what the caller may do with it."""

from typing import Any

from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call
from sandbox.portal.model import User

TYPES = ("lists", "bitrix_processes", "lists_socnet")
READ, ADD, EDIT, FULL = "read", "add", "edit", "full"
LETTERS = {READ: "RESTUWX", ADD: "EWX", EDIT: "UWX", FULL: "X"}


def missing(name: str) -> RestError:
    return RestError("ERROR_REQUIRED_PARAMETERS_MISSING", f"Required parameter `{name}` is missing")


def need(call: Call, *names: str) -> None:
    """Raises ERROR_REQUIRED_PARAMETERS_MISSING for the first that is absent or empty."""
    for name in names:
        if call.get(name) in (None, "", [], {}):
            raise missing(name)


def iblock_type(call: Call) -> str:
    need(call, "IBLOCK_TYPE_ID")
    if call.text("IBLOCK_TYPE_ID") not in TYPES:
        raise RestError("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")
    return call.text("IBLOCK_TYPE_ID")


def iblock(call: Call, right: str = READ) -> dict[str, Any]:
    """The list that a call means. right: READ, ADD, EDIT or FULL. Raises RestError."""
    kind = iblock_type(call)
    number, code = call.text("IBLOCK_ID"), call.text("IBLOCK_CODE")
    if not number and not code:
        raise missing("IBLOCK_ID")
    for row in call.portal.tables["iblocks"].values():
        same = number == row["ID"] if number else bool(row["CODE"]) and code == row["CODE"]
        if same and row["IBLOCK_TYPE_ID"] == kind:
            if not may(call.user, row, right):
                raise access_denied("", 400)
            return row
    raise RestError("ERROR_IBLOCK_NOT_FOUND", "Iblock not found")


def may(user: User, row: dict[str, Any], right: str) -> bool:
    """Administrators may do everything. rights: {"U1": "X", "D5": "D", "*": "R"}; None: everybody may."""
    if user.is_admin:
        return True
    if row["rights"] is None:
        return user.has_crm
    keys = [f"U{user.id}", *(f"{kind}{number}" for number in user.departments for kind in ("D", "DR")), "*"]
    letters = [row["rights"][key] for key in keys if key in row["rights"]]
    return bool(letters) and letters[0] in LETTERS[right]
