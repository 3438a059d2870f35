"""event.offline.*: events that wait in a queue of the application until it comes for them."""

import secrets
from typing import Any

from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_list, as_map, method, page_of, whole
from sandbox.portal.model import App, Portal
from sandbox.portal.world import iso, now

LIMIT = 50


def put(portal: Portal, app: App, handler: dict[str, Any], data: dict[str, Any], user_id: int) -> None:
    """Keep an event for later. An earlier one of the same object that nobody has reserved gives way to it."""
    rows = _table(portal)
    key = (app.client_id, handler["event"], repr(data), handler["auth_connector"])
    for number in [number for number, row in rows.items() if row["key"] == key and not row["PROCESS_ID"]]:
        del rows[number]
    number = portal.next_id("offline_event")
    rows[number] = {
        "key": key,
        "client_id": app.client_id,
        "connector": handler["auth_connector"],
        "ID": str(number),
        "TIMESTAMP_X": iso(now()),
        "EVENT_NAME": handler["event"],
        "EVENT_DATA": data,
        "EVENT_ADDITIONAL": {"user_id": str(user_id)},
        "MESSAGE_ID": secrets.token_hex(16),
        "PROCESS_ID": "",
        "ERROR": "0",
    }


@method("event.offline.get")
def get(call: Call) -> dict[str, Any]:
    """The first events in the queue; with clear=0 they are reserved under a process id until they are cleared."""
    own = [row for row in _own(call) if _is_free(row, call)]
    rows = filter_rows(own, as_map(call.get("filter")))
    rows = order_rows(rows, as_map(call.get("order")) or {"TIMESTAMP_X": "ASC", "ID": "ASC"})
    rows = rows[: whole(call.get("limit")) or LIMIT]
    if str(call.get("clear", 1)) not in ("0", "false", "False"):
        for row in rows:
            del _table(call.portal)[int(row["ID"])]
        return {"process_id": None, "events": [_shown(row) for row in rows]}
    process = call.text("process_id") or secrets.token_hex(16)
    for row in rows:
        row["PROCESS_ID"] = process
    return {"process_id": process, "events": [_shown(row) for row in rows]}


@method("event.offline.list")
def list_events(call: Call) -> Page:
    """The queue as it is; nothing is reserved."""
    rows = order_rows(filter_rows(_own(call), as_map(call.get("filter"))), as_map(call.get("order")) or {"ID": "ASC"})
    return page_of(
        [{**_shown(row), "PROCESS_ID": row["PROCESS_ID"], "ERROR": row["ERROR"]} for row in rows], call.get("start")
    )


@method("event.offline.clear")
def clear(call: Call) -> bool:
    for row in _reserved(call):
        del _table(call.portal)[int(row["ID"])]
    return True


@method("event.offline.error")
def error(call: Call) -> bool:
    for row in _reserved(call):
        row["ERROR"] = "1"
    return True


def _table(portal: Portal) -> dict[int, dict[str, Any]]:
    return portal.tables["offline_events"]


def _own(call: Call) -> list[dict[str, Any]]:
    if call.app is None:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    if not call.user.is_admin:
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    connector, client_id = call.text("auth_connector"), call.app.client_id
    rows = _table(call.portal).values()
    return [row for row in rows if (row["client_id"], row["connector"]) == (client_id, connector)]


def _is_free(row: dict[str, Any], call: Call) -> bool:
    """Not reserved, or reserved by the process that asks again; failed ones only when they are wanted."""
    wants_failed = str(call.get("error", 0)) in ("1", "true", "True")
    return row["PROCESS_ID"] in ("", call.text("process_id")) and (wants_failed or row["ERROR"] == "0")


def _reserved(call: Call) -> list[dict[str, Any]]:
    """The records of a process, or those of them that are named."""
    rows = _own(call)
    process = call.text("process_id")
    if not process:
        raise RestError("ERROR_ARGUMENT", "Argument 'PROCESS_ID' is null or empty", argument="PROCESS_ID")
    numbers = [str(one) for one in as_list(call.get("id"))]
    messages = [str(one) for one in as_list(call.get("message_id"))]
    return [
        row
        for row in rows
        if row["PROCESS_ID"] == process
        and (row["ID"] in numbers if numbers else not messages or row["MESSAGE_ID"] in messages)
    ]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    names = ("ID", "TIMESTAMP_X", "EVENT_NAME", "EVENT_DATA", "EVENT_ADDITIONAL", "MESSAGE_ID")
    return {name: row[name] for name in names}
