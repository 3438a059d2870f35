"""crm.deal.*, crm.company.*, crm.contact.*, crm.lead.*: older reading methods with upper-case names and text ids."""

from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.requisites import listed
from sandbox.portal.crm.rest_items import rest_value
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, LEAD
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_list, method, whole
from sandbox.portal.model import Item
from sandbox.portal.rights import may_see

NAMES = {"lead": LEAD, "deal": DEAL, "contact": CONTACT, "company": COMPANY}
RENAMED = {"CREATED_TIME": "DATE_CREATE", "UPDATED_TIME": "DATE_MODIFY", "TYPE_ID": "TYPE_ID"}
PHONES = {"PHONE": "PHONE", "EMAIL": "EMAIL"}


def _row(call: Call, item: Item, known: list[Field], *, with_phones: bool) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for found in known:
        name = RENAMED.get(found.upper, found.upper)
        row["COMPANY_TYPE" if name == "TYPE_ID" and item.entity_type_id == COMPANY else name] = _text(
            rest_value(call, item, found)
        )
    if with_phones:
        row |= {name: phones for name in PHONES if (phones := _phones(item, name))}
    return row


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(part) for part in value]
    if isinstance(value, dict) and "urlMachine" in value:
        return {"id": value["id"], "showUrl": value["url"], "downloadUrl": value["urlMachine"]}
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _phones(item: Item, kind: str) -> list[dict[str, str]]:
    return [
        {"ID": str(row["id"]), "VALUE": row["value"], "VALUE_TYPE": row["valueType"], "TYPE_ID": kind}
        for row in item.values.get("FM") or []
        if row["typeId"] == kind
    ]


def _register(name: str, kind: int) -> None:
    @method(f"crm.{name}.get", scope="crm")
    def get(call: Call) -> dict[str, Any]:
        _check(call, kind)
        item = items.items_of(call.portal, kind).get(whole(call.get("id")) or 0)
        if item is None:
            raise RestError("", "Not found")
        return _row(call, item, fields_of(call.portal, kind), with_phones=True)

    @method(f"crm.{name}.list", scope="crm")
    def rows(call: Call) -> Page:
        _check(call, kind)
        known = fields_of(call.portal, kind)
        select = [str(one) for one in as_list(call.get("select"))]
        phones = bool(set(select) & set(PHONES))
        found = [_row(call, item, known, with_phones=phones) for item in items.items_of(call.portal, kind).values()]
        return listed(call, found)


def _check(call: Call, kind: int) -> None:
    if not may_see(call.user, kind):
        raise RestError("", "Access denied.")


for _name, _kind in NAMES.items():
    _register(_name, _kind)
