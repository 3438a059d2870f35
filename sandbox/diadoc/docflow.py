"""Docflow methods V4: states in batches, the feed of states, a packet's documents, the search."""

from typing import Any

from sandbox.diadoc.api import Call, api
from sandbox.diadoc.body import Fields
from sandbox.diadoc.errors import bad, forbidden, not_found
from sandbox.diadoc.feed import DocflowEvent
from sandbox.diadoc.model import Document
from sandbox.diadoc.render.docflow import document_with_docflow, ticks
from sandbox.diadoc.render.documents import Injection
from sandbox.diadoc.render.statuses import direction

BATCH = 100
FOREVER = 2**63 - 1


def _box_of_all_documents(call: Call) -> str:
    box = call.box()
    if call.caller.access != "AllDocuments":
        raise forbidden("У вас нет доступа ко всем документам организации")  # the text is invented
    return box


def _count(body: Fields, name: str) -> int:
    count = body.number(name, BATCH)
    if not 1 <= count <= BATCH:
        raise bad(f"{name} must be from 1 to {BATCH}")
    return count


@api.post("/V4/GetDocflows")
def get_docflows(call: Call) -> dict[str, Any]:
    box = _box_of_all_documents(call)
    requests = list(call.body("GetDocflowBatchRequest").items("Requests"))
    if not 1 <= len(requests) <= BATCH:
        raise bad(f"Number of requests must be from 1 to {BATCH}")
    documents = []
    for one in requests:
        address = one.nested("DocumentId")
        found = call.world.document(call.caller, box, address.text("MessageId"), address.text("EntityId"))
        injection = Injection(one.flag("InjectEntityContent"))
        documents.append(document_with_docflow(call.world, found, box, injection))
    return {"Documents": documents}


@api.post("/V4/GetDocflowEvents")
def get_docflow_events(call: Call) -> dict[str, Any]:
    box = _box_of_all_documents(call)
    body = call.body("GetDocflowEventsRequest")
    if not body.has("Filter"):
        raise bad("Filter must be specified")
    events = [
        event
        for event in call.world.feeds[box].docflow_after(body.text("AfterIndexKey"))
        if not event.event.is_held and _fits(call, box, body, event)
    ]
    if body.nested("Filter").enum("SortDirection", _SORT, "Ascending") == "Descending":
        events.reverse()
    page = events[: _count(body, "Limit")]
    injection = Injection(body.flag("InjectEntityContent"))
    return {
        "TotalCount": len(events),
        "Events": [_event_json(call, box, event, body.flag("PopulateDocuments"), injection) for event in page],
        "TotalCountType": "Equal",
    }


_SORT = {"UnknownSortDirection": 0, "Ascending": 1, "Descending": 2}


def _fits(call: Call, box: str, body: Fields, event: DocflowEvent) -> bool:
    message, time_filter = event.event.message, body.nested("Filter")
    first = time_filter.nested("FromTimestamp").number("Ticks", 0)
    last = time_filter.nested("ToTimestamp").number("Ticks", FOREVER)
    counteragent = body.text("CounteragentBoxId")
    return (
        first <= event.event.at <= last
        and _among(body, "MessageTypes", message.kind)
        and _among(body, "DocumentDirections", direction(message, box))
        and _among(body, "TypeNamedIds", event.document.type)
        and (not body.text("DepartmentId") or event.document.department(box) == body.text("DepartmentId").lower())
        and (not counteragent or call.world.organization(counteragent).box in (message.from_box, message.to_box))
    )


def _among(body: Fields, name: str, value: str) -> bool:
    wanted = {one.lower() for one in body.texts(name)}
    return not wanted or value.lower() in wanted


def _event_json(call: Call, box: str, event: DocflowEvent, populate: bool, injection: Injection) -> dict[str, Any]:
    state = {}
    if populate:
        state = {"Document": document_with_docflow(call.world, event.document, box, injection)}
    return {
        "EventId": event.id,
        "Timestamp": ticks(event.event.at),
        "DocumentId": {"MessageId": event.document.message_id, "EntityId": event.document.id},
        "IndexKey": event.key,
        **state,
        **({"PreviousEventId": event.previous_id} if event.previous_id else {}),
    }


@api.post("/V4/GetDocflowsByPacketId")
def get_docflows_by_packet_id(call: Call) -> dict[str, Any]:
    """A page may be empty although another one follows: the setting `packet_empty_page`."""
    box = _box_of_all_documents(call)
    body = call.body("GetDocflowsByPacketIdRequest")
    documents = [one for one in call.world.packets.get(body.text("PacketId").lower(), []) if box in one.entity.boxes]
    if not documents:
        raise not_found("Packet is not found")
    after, count = body.text("AfterIndexKey"), _count(body, "Count")
    if not after and call.world.settings["packet_empty_page"]:
        return {"Documents": [], "NextPageIndexKey": _START}
    start = 0 if after in ("", _START) else _position(documents, after)
    page, rest = documents[start : start + count], documents[start + count :]
    injection = Injection(body.flag("InjectEntityContent"))
    shown = [
        {"Document": document_with_docflow(call.world, one, box, injection), "IndexKey": _packet_key(one)}
        for one in page
    ]
    return {"Documents": shown, **({"NextPageIndexKey": _packet_key(page[-1])} if rest else {})}


_START = "AAAA/w=="


def _packet_key(document: Document) -> str:
    return document.id.replace("-", "").upper()


def _position(documents: list[Document], key: str) -> int:
    for position, document in enumerate(documents):
        if _packet_key(document) == key:
            return position + 1
    raise bad("cursor must have valid value")


@api.post("/V4/SearchDocflows")
def search_docflows(call: Call) -> dict[str, Any]:
    """By number, file name, INN or name of the other side, or a tag written as `key: value`."""
    box = _box_of_all_documents(call)
    body = call.body("SearchDocflowsRequest")
    query, first, count = body.text("QueryString").strip(), body.number("FirstIndex"), _count(body, "Count")
    if not query:
        raise bad("QueryString must be specified")
    found = [
        document
        for message in call.world.messages.values()
        if box in message.boxes()
        for document in message.documents_of(box)
        if _answers(call, box, document, query.lower())
    ]
    page, injection = found[first : first + count], Injection(body.flag("InjectEntityContent"))
    return {
        "Documents": [document_with_docflow(call.world, one, box, injection) for one in page],
        "HaveMoreDocuments": len(found) > first + count,
    }


def _answers(call: Call, box: str, document: Document, query: str) -> bool:
    message = call.world.messages[document.message_id]
    other = call.world.organizations.get(message.to_box if box == message.from_box else message.from_box)
    tags = [f"{key}: {value}".lower() for key, value in document.custom_data.items()] if box == message.from_box else []
    texts = [dict(document.metadata).get("DocumentNumber", "").lower(), document.custom_id.lower(), *tags]
    if other:
        texts += [other.inn, other.name.lower()]
    return query in texts or query in document.entity.file_name.lower()
