"""Documents that counteragents send to our boxes: what the feed tells of them, and how people are told of them.

A document comes with an event of the feed, its later states with others. What is found out after that is in
incoming_facts.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from activities import papers, states, values
from activities.context import Context
from activities.document_types import DOCUMENT_TYPES, read_metadata
from activities.states import DocflowState
from activities.values import Text
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import Document, Entity, Event
from clients.diadoc.states import Direction, MessageType
from registry.tables import IncomingDocument

LINE_LENGTH, ID_LENGTH = 255, 100
REMARKS = {
    "file_too_large": Text(
        "Файл больше 70 МБ и не загружен, откройте документ в Диадоке.",
        "The file is over 70 MB and was not fetched, open the document in Diadoc.",
    ),
    "file_missing": Text(
        "Диадок не отдал файл, откройте документ в Диадоке.",
        "Diadoc did not give the file, open the document in Diadoc.",
    ),
    "sender_unknown": Text("Реквизиты отправителя неизвестны.", "The sender's requisites are unknown."),
    "company_unknown": Text("В CRM нет компании с такими ИНН и КПП.", "The CRM has no company with this INN and KPP."),
    "company_ambiguous": Text(
        "В CRM несколько компаний с такими ИНН и КПП, ни одна не выбрана.",
        "The CRM has several companies with this INN and KPP, none of them was chosen.",
    ),
}
_RECEIVED = Text("Получен", "Received")


def arrived(event: Event, *, since: datetime) -> Iterator[dict[str, Any]]:
    """New documents of an event, as rows of the registry: papers of others, no drafts, nothing that we sent.

    Signatures, receipts and the like are no documents. since: what had come before is left alone.
    """
    if event.message_type in (MessageType.DRAFT, MessageType.TEMPLATE):
        return
    for entity in event.entities:
        document = entity.document
        if not entity.is_document or document is None or document.direction != Direction.INBOUND:
            continue
        came_at = document.delivered_at or event.occurred_at
        is_new = came_at is None or came_at >= since
        if is_new and is_id(event.message_id) and is_id(document.entity_id):
            yield _row(event, entity, document)


def is_id(text: str) -> bool:
    """May it be asked about? What others wrote need not be fit for a query."""
    return bool(text) and text.isprintable() and len(text) <= ID_LENGTH


def standing(document: Document, *, needs_reply: bool) -> dict[str, Any]:
    """Where a docflow stands, as the registry keeps it. needs_reply: did Diadoc expect us to sign when it came?"""
    state = states.document_state(document, needs_reply=needs_reply)
    return {"docflow_state": state.value, "sent_at": document.sent_at, "delivered_at": document.delivered_at}


def title(document: IncomingDocument, language: str) -> str:
    """Kind, number and date for people; without a number the file's name."""
    known = DOCUMENT_TYPES.get(document.document_type)
    kind = known.name.of(language) if known else document.document_type
    if not document.number:
        return ", ".join(filter(None, (kind, document.file_name)))
    number = Text(f"{kind} № {document.number}", f"{kind} No. {document.number}").of(language)
    return number + (Text(f" от {document.date}", f" of {document.date}").of(language) if document.date else "")


def state_text(document: IncomingDocument, language: str) -> str:
    """The state in words, from our point of view: what is delivered to us is received."""
    state = DocflowState(document.docflow_state)
    return (_RECEIVED if state == DocflowState.DELIVERED else state.text).of(language)


def remarks(document: IncomingDocument, language: str) -> str:
    """What people have to know of it, a sentence a line; "" when all is well."""
    return "\n".join(REMARKS[code].of(language) for code in document.remarks if code in REMARKS)


def link_to(context: Context, document: IncomingDocument) -> str:
    """Where a person opens it in Diadoc. Diadoc does not promise this address."""
    box = context.registry.boxes.get(document.box_pk)
    if box is None:
        return ""
    address = f"letterId={document.message_id}&documentId={document.entity_id}"
    return f"{context.connections.config.diadoc_web_url}/{box_id_on_the_wire(box.box_id)}/Document/Show?{address}"


def line(text: str) -> str:
    """What somebody else wrote, fit for a line of a database and of a page."""
    return values.shorten(values.read_line(values.as_text(text)), LINE_LENGTH)


def _row(event: Event, entity: Entity, document: Document) -> dict[str, Any]:
    told = read_metadata({"DocumentNumber": document.number, "DocumentDate": document.date, **document.metadata})
    known = replace(told, number=line(told.number))
    needs_reply = states.needs_reply_by_status(document)
    sender = {"box_id": line(document.counteragent_box_id)}
    if event.message is not None:
        sender["name"] = line(event.message.from_title)
    return {
        "message_id": event.message_id,
        "entity_id": document.entity_id,
        "counteragent": sender,
        "document_type": line(document.type_named_id),
        "number": known.number,
        "date": f"{known.date:%d.%m.%Y}" if known.date else "",
        "requisites": papers.to_json(known),
        "file_name": line(document.file_name or entity.file_name),
        "file_size": entity.size or 0,
        "needs_reply": needs_reply,
        **standing(document, needs_reply=needs_reply),
    }
