"""The main feed: GetNewEvents, GetLastEvent, GetEvent."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.diadoc.api import Answer, Call, api
from sandbox.diadoc.errors import Refused, bad, forbidden, no_department, not_found
from sandbox.diadoc.feed import Event
from sandbox.diadoc.organizations import has_department
from sandbox.diadoc.render.statuses import direction

PAGE = 100
FOREVER = 2**63 - 1


@api.get("/V8/GetNewEvents")
def get_new_events(call: Call) -> dict[str, Any]:
    return _new_events(call, _whole)


@api.get("/V7/GetNewEvents")
def get_new_events_v7(call: Call) -> dict[str, Any]:
    """The difference to V8 is unverified; here V7 knows nothing of universal messages."""
    return _new_events(call, _without_universal_messages)


def _new_events(call: Call, shape: Callable[[Event], dict[str, Any]]) -> dict[str, Any]:
    box = call.box()
    filters = _filters(call, box)
    events = [one for one in _start(call, box) if not one.is_held and all(fits(one) for fits in filters)]
    order = call.get("orderBy", "Ascending").lower()
    if order not in ("ascending", "descending"):
        raise bad("orderBy must have valid value")
    if order == "descending":
        events.reverse()
    limit = min(call.number("limit", PAGE, 1, PAGE), call.world.settings["feed_page_limit"])
    return {
        "Events": [shape(event) for event in events[:limit]],
        "TotalCount": len(events),
        "TotalCountType": "Equal",
    }


def _start(call: Call, box: str) -> list[Event]:
    key, event_id = call.get("afterIndexKey"), call.get("afterEventId")
    if key and event_id:
        raise bad("afterIndexKey and afterEventId cannot be used together")
    feed = call.world.feeds[box]
    if event_id:
        event = feed.by_id(event_id.lower())
        if event is None:
            raise bad("cursor must have valid value")
        key = event.key
    return feed.after(key, same_key=call.world.settings["feed_same_key"])


def _filters(call: Call, box: str) -> list[Callable[[Event], bool]]:
    """What the query asks of an event; no filter costs nothing."""
    first, last = call.number("timestampFromTicks", 0, 0, FOREVER), call.number("timestampToTicks", FOREVER, 0, FOREVER)
    kinds, directions, types = (_words(call, name) for name in ("messageType", "documentDirection", "typeNamedId"))
    counteragent = call.get("counteragentBoxId")
    other = call.world.organization(counteragent).box if counteragent else ""
    chosen: list[tuple[bool, Callable[[Event], bool]]] = [
        (first > 0 or last < FOREVER, lambda event: first <= event.at <= last),
        (bool(kinds), lambda event: event.message.kind.lower() in kinds),
        (bool(directions), lambda event: direction(event.message, box).lower() in directions),
        (bool(types), lambda event: any(one.type.lower() in types for one in event.message.documents_of(box))),
        (bool(other), lambda event: other in (event.message.to_box, event.message.from_box)),
    ]
    return [*_department_filters(call, box), *(condition for is_asked, condition in chosen if is_asked)]


def _words(call: Call, name: str) -> set[str]:
    return {one.strip().lower() for one in call.get(name).split(",") if one.strip()}


def _department_filters(call: Call, box: str) -> list[Callable[[Event], bool]]:
    """Drafts are for those who see all documents; others name their department."""
    wanted = call.get("departmentId").lower()
    in_department = [lambda event: any(one.department(box) == wanted for one in event.message.documents_of(box))]
    if wanted and not has_department(call.world.organizations[box], wanted):
        raise no_department()
    if call.caller.access == "AllDocuments":
        return list(in_department) if wanted else []
    if not wanted:
        raise bad("departmentId must be specified")
    if wanted != call.caller.department:
        raise forbidden("Access to department is denied")
    return [lambda event: event.message.kind != "Draft", *in_department]


def _whole(event: Event) -> dict[str, Any]:
    return {"EventId": event.id, event.kind: json.loads(event.body), "IndexKey": event.key}


def _without_universal_messages(event: Event) -> dict[str, Any]:
    whole = _whole(event)
    body = whole[event.kind]
    body["Entities"] = [one for one in body["Entities"] if one.get("AttachmentType") != "UniversalMessage"]
    return whole


@api.get("/V2/GetLastEvent", "/GetLastEvent")
def get_last_event(call: Call) -> Answer | dict[str, Any]:
    last = call.world.feeds[call.box()].last()
    return Answer(status=204) if last is None else _whole(last)


@api.get("/V3/GetEvent", "/V2/GetEvent")
def get_event(call: Call) -> dict[str, Any]:
    box, event_id = call.box(), call.need("eventId").lower()
    if call.caller.access != "AllDocuments":
        raise forbidden("Access to event is denied")
    feed = call.world.feeds[box]
    if any(one.id == event_id for one in feed.docflow_events):
        raise Refused(call.world.settings["docflow_event_id_status"], "Could not determine message id for event")
    event = feed.by_id(event_id)
    if event is None:
        raise not_found("Event is not found")
    return _whole(event)
