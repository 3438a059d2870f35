"""crm.automation.trigger.*: what an application may pull to move an item along its funnel."""

import re
from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.types import COMPANY, CONTACT, kind_by, kind_of
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, method, whole
from sandbox.portal.model import App, Item, Portal
from sandbox.portal.world import World, iso, now


def refuse(text: str) -> RestError:
    return RestError("", text)


@method("crm.automation.trigger.add", scope="crm")
def add(call: Call) -> bool:
    app, code, name = _app(call), _code(call), call.text("NAME")
    if not name:
        raise refuse("Empty trigger name!")
    app.triggers[code] = name
    return True


@method("crm.automation.trigger.list", scope="crm")
def list_triggers(call: Call) -> list[dict[str, str]]:
    return [{"NAME": name, "CODE": code} for code, name in _app(call).triggers.items()]


@method("crm.automation.trigger.delete", scope="crm")
def delete(call: Call) -> bool:
    app, code = _app(call), _code(call)
    if code not in app.triggers:
        raise refuse(f"Trigger with code {code} is not registered.")
    del app.triggers[code]
    return True


@method("crm.automation.trigger.execute", scope="crm")
def execute(call: Call) -> bool:
    """True says that it was accepted: whether something moves is up to the funnel."""
    app, code = _app(call), _code(call)
    if code not in app.triggers:
        raise refuse(f"Trigger with code {code} is not registered.")
    kind = kind_of(call.portal, whole(call.get("OWNER_TYPE_ID")) or 0)
    if kind is None or kind.id in (CONTACT, COMPANY):
        raise refuse("Incorrect parameter OWNER_TYPE_ID.")
    item = items.items_of(call.portal, kind.id).get(whole(call.get("OWNER_ID")) or 0)
    if item is None:
        raise refuse("Incorrect parameter OWNER_ID.")
    pull(call.world, call.portal, code, item)
    return True


@method("crm.automation.trigger", scope="crm")
def built_in(call: Call) -> bool:
    """The trigger «Отследить входящий вебхук», which any caller may pull."""
    found = re.fullmatch(r"(.+)_(\d+)", call.text("target"))
    kind = kind_by(call.portal, name=found[1]) if found else None
    item = items.items_of(call.portal, kind.id).get(int(found[2])) if kind and found else None
    if item is None:
        raise refuse("Trigger not found")
    pull(call.world, call.portal, call.text("code"), item)
    return True


def pull(world: World, portal: Portal, code: str, item: Item) -> None:
    """Remember it, and move the item where the funnel says so."""
    stage = portal.tables["funnel_triggers"].get((item.entity_type_id, code))
    number = portal.next_id("pull")
    portal.tables["pulls"][number] = {
        "code": code,
        "entity_type_id": item.entity_type_id,
        "item_id": item.id,
        "at": iso(now()),
        "moved_to": stage or "",
    }
    if stage:
        items.update_item(world, portal, item, {"STAGE_ID": stage}, 0)


def _app(call: Call) -> App:
    if call.app is None:
        raise access_denied("Application context required")
    if not call.user.is_admin:
        raise access_denied("Admin permissions required")
    return call.app


def _code(call: Call) -> str:
    code: Any = call.get("CODE")
    if not code:
        raise refuse("Empty trigger code!")
    if not re.fullmatch(r"[a-z0-9.\-_]+", str(code), re.IGNORECASE):
        raise refuse("Wrong trigger code!")
    return str(code)
