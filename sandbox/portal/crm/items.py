"""CRM items: making, changing and removing them, with what follows: history fields, events, robots of the stage."""

from collections.abc import Callable
from typing import Any

from sandbox.portal.crm import fields as catalogue
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, INVOICE, LEAD, QUOTE, kind_of, smart_type
from sandbox.portal.errors import RestError, not_found
from sandbox.portal.links import mime_of
from sandbox.portal.methods import as_list, is_yes, whole
from sandbox.portal.model import Item, Portal
from sandbox.portal.values import decode_file, to_moment, to_number
from sandbox.portal.world import World, now

STAGED = (LEAD, DEAL, QUOTE, INVOICE)
Watcher = Callable[[World, Portal, Item, "Change"], None]
WATCHERS: list[Watcher] = []  # the engine and the events of the portal hang themselves in here


class Change:
    """What happened to an item. verb: ADD, UPDATE or DELETE; user_id 0: a workflow did it."""

    def __init__(self, verb: str, user_id: int, entered: str = "", left: str = "", *, silent: bool = False) -> None:
        self.verb, self.user_id, self.entered, self.left, self.silent = verb, user_id, entered, left, silent


def items_of(portal: Portal, entity_type_id: int) -> dict[int, Item]:
    return portal.tables[f"items_{entity_type_id}"]


def get_item(portal: Portal, entity_type_id: int, item_id: int) -> Item:
    """Raises NOT_FOUND, also for an unknown kind."""
    if kind_of(portal, entity_type_id) is None:
        raise not_found("Entity type not found")
    item = items_of(portal, entity_type_id).get(item_id)
    if item is None:
        raise not_found("Element not found")
    return item


def add_item(
    world: World, portal: Portal, entity_type_id: int, given: dict[str, Any], user_id: int, *, silent: bool = False
) -> Item:
    """given: by field name in any spelling; unknown ones are passed over. silent: an import, starts nothing."""
    if kind_of(portal, entity_type_id) is None:
        raise not_found("Entity type not found")
    item = Item(entity_type_id, 0, _new_values(portal, entity_type_id, user_id))
    changes = _changes(portal, item, given)
    _check_required(portal, item, {**item.values, **changes})
    item.id = portal.next_id(f"item_{entity_type_id}")
    item.values |= {**changes, "ID": item.id}
    _connect_clients(item, changes)
    if not item.values.get("TITLE") and entity_type_id not in (CONTACT,):
        item.values["TITLE"] = f"{kind_of(portal, entity_type_id).name.title()} #{item.id}"  # type: ignore[union-attr]
    items_of(portal, entity_type_id)[item.id] = item
    _tell(world, portal, item, Change("ADD", user_id, item.values.get("STAGE_ID") or "", silent=silent))
    return item


def update_item(world: World, portal: Portal, item: Item, given: dict[str, Any], user_id: int) -> bool:
    """False: nothing was different, so nothing was saved and nothing follows."""
    changes = _changes(portal, item, given)
    changes = {name: value for name, value in changes.items() if item.values.get(name) != value}
    if not changes:
        return False
    _check_required(portal, item, {**item.values, **changes}, only=set(changes))
    before = item.values.get("STAGE_ID") or ""
    item.values |= {**changes, "UPDATED_TIME": now(), "UPDATED_BY": user_id or item.values.get("UPDATED_BY")}
    _connect_clients(item, changes)
    after = item.values.get("STAGE_ID") or ""
    moved = after != before
    if moved:
        item.values |= {"PREVIOUS_STAGE_ID": before, "MOVED_TIME": now(), "MOVED_BY": user_id}
    _tell(world, portal, item, Change("UPDATE", user_id, after if moved else "", before if moved else ""))
    return True


def delete_item(world: World, portal: Portal, item: Item, user_id: int) -> None:
    del items_of(portal, item.entity_type_id)[item.id]
    _tell(world, portal, item, Change("DELETE", user_id))


def _tell(world: World, portal: Portal, item: Item, change: Change) -> None:
    for watcher in WATCHERS:
        watcher(world, portal, item, change)


def _new_values(portal: Portal, entity_type_id: int, user_id: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "CREATED_TIME": now(),
        "UPDATED_TIME": now(),
        "CREATED_BY": user_id,
        "UPDATED_BY": user_id,
        "ASSIGNED_BY_ID": user_id or 1,
        "OPENED": "Y",
    }
    if entity_type_id == COMPANY:
        values["IS_MY_COMPANY"] = "N"
    smart = smart_type(portal, entity_type_id)
    if entity_type_id in STAGED or smart:
        category = smart.category_id if smart else 0
        values |= {"CATEGORY_ID": category, "CURRENCY_ID": "RUB", "OPPORTUNITY": 0.0, "CONTACT_IDS": []}
        if smart is None or smart.flags.get("isStagesEnabled") == "Y":
            values["STAGE_ID"] = first_stage(entity_type_id, category)
    return values


def first_stage(entity_type_id: int, category: int) -> str:
    """`NEW`, `C9:NEW` for other funnels of deals, `DT{type}_{category}:NEW` for smart processes and invoices."""
    if entity_type_id == DEAL:
        return f"C{category}:NEW" if category else "NEW"
    if entity_type_id in (LEAD, QUOTE):
        return "NEW" if entity_type_id == LEAD else "DRAFT"
    return f"DT{entity_type_id}_{category}:NEW"


def _changes(portal: Portal, item: Item, given: dict[str, Any]) -> dict[str, Any]:
    known = fields_of(portal, item.entity_type_id)
    changes: dict[str, Any] = {}
    for name, value in given.items():
        found = catalogue.find_field(known, name)
        if found is not None and not found.read_only:
            changes[found.upper] = _stored(portal, found, item.values.get(found.upper), value)
    if item.id == 0 and "CATEGORY_ID" in changes and "STAGE_ID" not in changes:
        changes["STAGE_ID"] = first_stage(item.entity_type_id, changes["CATEGORY_ID"] or 0)
    return changes


def _check_required(portal: Portal, item: Item, values: dict[str, Any], only: set[str] | None = None) -> None:
    for found in fields_of(portal, item.entity_type_id):
        asked = only is None or found.upper in only
        if found.required and asked and values.get(found.upper) in (None, "", []):
            raise RestError("CRM_FIELD_ERROR_REQUIRED", f"Required field {found.camel} is empty.", argument=found.camel)


def _connect_clients(item: Item, changes: dict[str, Any]) -> None:
    """contactId is the first of contactIds."""
    if "CONTACT_IDS" in changes:
        item.values["CONTACT_ID"] = (changes["CONTACT_IDS"] or [None])[0]
    elif "CONTACT_ID" in changes:
        first = changes["CONTACT_ID"]
        others = [other for other in item.values.get("CONTACT_IDS") or [] if other != first]
        item.values["CONTACT_IDS"] = [first, *others] if first else []


def _stored(portal: Portal, found: Field, old: Any, value: Any) -> Any:
    if found.type == "file":
        return _stored_files(portal, found, old, value)
    if found.multiple:
        parts = [_one(found, part) for part in as_list(value)]
        return [part for part in parts if part not in (None, "")]
    return _one(found, value)


def _one(found: Field, value: Any) -> Any:
    if value is None or value == "":
        return "" if found.type in ("string", "text") else None
    if found.type in ("date", "datetime"):
        return to_moment(value) or _refuse(found)
    if found.type == "boolean":
        return "Y" if is_yes(value) else "N"
    if found.type in ("integer", "user", "employee", "enumeration") or (
        found.type.startswith("crm_") and _is_id(found)
    ):
        number = whole(value)
        return number if number is not None else _refuse(found)
    if found.type == "double":
        amount = to_number(value)
        return amount if amount is not None else _refuse(found)
    return str(value)


def _is_id(found: Field) -> bool:
    return found.type in ("crm_company", "crm_contact", "crm_lead", "crm_deal", "crm_quote", "crm_entity")


def _refuse(found: Field) -> Any:
    raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Invalid value for field "{found.camel}"', argument=found.camel)


def _stored_files(portal: Portal, found: Field, old: Any, value: Any) -> Any:
    """["name", "base64"] writes, {"id": n} keeps; of a multiple field what is left out is deleted."""
    kept = set(as_list(old))
    if not found.multiple:
        return _stored_file(portal, kept, value) if value not in (None, "", [], {}) else None
    parts = value if isinstance(value, list) else [value] if value else []
    if len(parts) == 2 and all(isinstance(part, str) for part in parts):
        parts = [parts]
    return [_stored_file(portal, kept, part) for part in parts if part not in ("", None)]


def _stored_file(portal: Portal, kept: set[int], value: Any) -> int:
    if isinstance(value, dict) and "fileData" in value:
        value = value["fileData"]
    if isinstance(value, dict):
        number = whole(value.get("id"))
        if number is None or number not in kept:
            raise RestError("INVALID_ARG_VALUE", "File is not attached to this field")
        return number
    name, content = decode_file(value)
    return portal.add_file(name, content, mime_of(name)).id
