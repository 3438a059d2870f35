"""Events: who listens, and telling them when something in the CRM has changed."""

import time
from typing import Any

from sandbox.portal import offline, outbox, tokens
from sandbox.portal.crm import items
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, INVOICE, LEAD, QUOTE
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, as_map, method, whole
from sandbox.portal.model import App, Item, Portal
from sandbox.portal.world import World

_NAMES = {LEAD: "LEAD", DEAL: "DEAL", CONTACT: "CONTACT", COMPANY: "COMPANY", QUOTE: "QUOTE"}
CRM_EVENTS = [f"ONCRM{name}{verb}" for name in _NAMES.values() for verb in ("ADD", "UPDATE", "DELETE")]
DYNAMIC_EVENTS = [f"ONCRMDYNAMICITEM{verb}" for verb in ("ADD", "UPDATE", "DELETE")]
OTHER_EVENTS = [
    "ONAPPINSTALL",
    "ONAPPUPDATE",
    "ONAPPUNINSTALL",
    "ONAPPPAYMENT",
    "ONAPPMETHODCONFIRM",
    "ONAPPTEST",
    "ONOFFLINEEVENT",
    "ONCRMTIMELINEITEMACTION",
    "ONCRMDOCUMENTGENERATORDOCUMENTADD",
    "ONCRMDOCUMENTGENERATORDOCUMENTUPDATE",
    "ONCRMDOCUMENTGENERATORDOCUMENTDELETE",
]


def is_known(event: str) -> bool:
    base = event.rsplit("_", 1)[0] if event.rsplit("_", 1)[-1].isdigit() else event
    return event in CRM_EVENTS + OTHER_EVENTS or base in DYNAMIC_EVENTS


def fire(world: World, portal: Portal, event: str, data: dict[str, Any], user_id: int, only: App | None = None) -> None:
    """Tell every installed application that listens. user_id 0: nobody's doing, so no tokens go along."""
    for app in [only] if only else list(portal.apps.values()):
        if not (app.is_installed and app.is_active and app.is_paid):
            continue
        for handler in app.handlers:
            if handler["event"] != event:
                continue
            if handler["is_offline"]:
                offline.put(portal, app, handler, data, user_id)
                _ping(world, portal, app)
            else:
                _send(world, portal, app, handler, data, user_id)


def _ping(world: World, portal: Portal, app: App) -> None:
    """ONOFFLINEEVENT: something waits. At most every minTimeout seconds."""
    for handler in app.handlers:
        if handler["event"] == "ONOFFLINEEVENT" and not handler["is_offline"]:
            last, pause = portal.tables["pings"].get(handler["id"], 0.0), handler["min_timeout"]
            if time.monotonic() - last >= pause or not last:
                portal.tables["pings"][handler["id"]] = time.monotonic()
                _send(world, portal, app, handler, {}, 0)


def press(
    world: World, portal: Portal, row: dict[str, Any], action: dict[str, Any], user_id: int, place: str = ""
) -> bool:
    """A click on an action of a configurable activity: its creator alone hears onCrmTimelineItemAction.

    place: of the action in the layout; with an animation it stays locked until the application updates the activity.
    """
    entity_type_id, item_id = row["owner"]
    told: dict[str, Any] = {"id": action.get("id"), "entityTypeId": entity_type_id, "entityId": item_id}
    told |= {"activityId": row["id"], "userId": user_id}
    params = action.get("actionParams") or {}
    shape = world.settings["timeline_action_data"]
    told |= {"actionParams": params} if shape == "params" else as_map(params)
    data = {"FIELDS": told} if shape == "fields" else told
    if action.get("animationType"):
        row["lock"] = "loader" if action["animationType"] == "loader" else place
    fire(world, portal, "ONCRMTIMELINEITEMACTION", data, user_id, only=portal.apps[row["client_id"]])
    return True


def _send(world: World, portal: Portal, app: App, handler: dict[str, Any], data: dict[str, Any], user_id: int) -> None:
    refresh = world.settings["event_refresh_token"]
    auth = tokens.bare_auth(world, portal, app)
    if user_id:
        auth = tokens.full_auth(world, portal, app, handler["auth_type"] or user_id, refresh=refresh)
    body = {
        "event": handler["event"],
        "event_handler_id": handler["id"],
        "data": data,
        "ts": int(time.time()),
        "auth": auth,
    }
    outbox.send(world, portal=portal.name, kind="event", name=handler["event"], url=handler["handler"], body=body)


@method("event.bind")
def bind(call: Call) -> bool:
    app, event, handler = _app(call), call.text("event").upper(), call.text("handler")
    if not event:
        raise RestError("ERROR_ARGUMENT", "Argument 'EVENT' is null or empty", argument="EVENT")
    if not is_known(event):
        raise RestError("ERROR_EVENT_NOT_FOUND", "Event not found")
    is_offline = call.text("event_type") == "offline"
    if is_offline and not call.user.is_admin:
        raise access_denied()
    if not is_offline and not handler.startswith(("http://", "https://")):
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    handler = "" if is_offline else handler
    auth_type = whole(call.get("auth_type")) or 0
    if auth_type not in (0, call.user.id) and not call.user.is_admin:
        raise access_denied()
    key = (event, handler, auth_type, is_offline, call.text("auth_connector") if is_offline else "")
    if any(_key(old) == key for old in app.handlers):
        raise RestError("ERROR_CORE", "Unable to set event handler: Handler already binded")
    number = next(call.portal.event_handler_ids)
    app.handlers.append(
        {
            "id": number,
            "event": event,
            "handler": handler,
            "auth_type": auth_type,
            "is_offline": is_offline,
            "auth_connector": key[-1],
            "min_timeout": float(whole(call.map("options").get("minTimeout")) or 0),
        }
    )
    return True


@method("event.unbind")
def unbind(call: Call) -> dict[str, int]:
    app, event, handler = _app(call), call.text("event").upper(), call.text("handler")
    auth_type, is_offline = call.get("auth_type"), call.text("event_type") == "offline"
    kept = [
        old
        for old in app.handlers
        if (old["event"], old["handler"]) != (event, "" if is_offline else handler)
        or old["is_offline"] != is_offline
        or (auth_type is not None and old["auth_type"] != (whole(auth_type) or 0))
    ]
    count = len(app.handlers) - len(kept)
    app.handlers = kept
    return {"count": count}


@method("event.get")
def bound(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "event": old["event"],
            "handler": old["handler"],
            "auth_type": str(old["auth_type"]),
            "offline": int(old["is_offline"]),
        }
        for old in _app(call).handlers
    ]


@method("events")
def codes(call: Call) -> list[str]:
    return OTHER_EVENTS + CRM_EVENTS + DYNAMIC_EVENTS


@method("event.test")
def test(call: Call) -> bool:
    fire(call.world, call.portal, "ONAPPTEST", {"QUERY": call.params}, call.user.id, only=_app(call))
    return True


def _key(handler: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(handler[name] for name in ("event", "handler", "auth_type", "is_offline", "auth_connector"))


def _app(call: Call) -> App:
    if call.app is None:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    return call.app


def _tell_crm(world: World, portal: Portal, item: Item, change: items.Change) -> None:
    name = _NAMES.get(item.entity_type_id)
    if name:
        fire(world, portal, f"ONCRM{name}{change.verb}", {"FIELDS": {"ID": item.id}}, change.user_id)
        return
    data = {"FIELDS": {"ID": item.id, "ENTITY_TYPE_ID": item.entity_type_id}}
    event = f"ONCRMDYNAMICITEM{change.verb}"
    fire(world, portal, event, data, change.user_id)
    if item.entity_type_id != INVOICE:
        fire(world, portal, f"{event}_{item.entity_type_id}", data, change.user_id)


items.WATCHERS.append(_tell_crm)
