"""Why somebody refused, or could not take a document, in their own words.

A docflow tells the counteragent's reason; what it does not tell stands in entities of the message, as plain text or
in the tax service's XML.
"""

import html
import re
from collections.abc import Collection
from io import BytesIO

from activities import values
from activities.docflows import Told, state_of
from activities.states import DocflowState
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Document, Entity
from clients.diadoc.states import AttachmentType
from errors import AuthLost, ServiceError, SubscriptionEnded
from registry import tables

REASON_BYTES, REASON_CHARACTERS = 100_000, 5_000
_REFUSALS = (
    AttachmentType.XML_SIGNATURE_REJECTION,
    AttachmentType.SIGNATURE_REQUEST_REJECTION,
    AttachmentType.UNIVERSAL_MESSAGE,
)
_DENIALS = (AttachmentType.RESOLUTION_REQUEST_DENIAL,)
_TEXT_IN_XML = re.compile(r"<(Текст\w*)\b[^>]*>([^<]*)</\1>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](windows-1251|utf-8)[\"']", re.IGNORECASE)


def refusal_reason(client: DiadocClient, told: Told, stored: tables.Document, *, box_id: str) -> str:
    """Why somebody refused or could not take it, in their words; asked only where it was not told and not known."""
    return values.shorten(values.as_text(_reason(client, told, stored, box_id)), REASON_CHARACTERS)


def _reason(client: DiadocClient, told: Told, stored: tables.Document, box_id: str) -> str:
    state = state_of(told, stored)
    if state == DocflowState.ROAMING_FAILED:
        return told.document.roaming_description
    if state not in (DocflowState.REFUSED, DocflowState.REFUSED_BY_OUR_SIGNER):
        return ""
    if told.refusal_text:
        return told.refusal_text
    if stored.docflow_state == state and stored.refusal_reason:
        return stored.refusal_reason
    return _reason_in_message(client, told.document, _REFUSALS if state == DocflowState.REFUSED else _DENIALS, box_id)


def _reason_in_message(client: DiadocClient, document: Document, kinds: Collection[str], box_id: str) -> str:
    """The newest refusal attached to a document; "" when it cannot be read: the refusal itself is what counts."""
    address = {"box_id": box_id, "message_id": document.message_id}
    try:
        message = client.get_message(**address, entity_id=document.entity_id)
        refusals = [entity for entity in message.entities if entity.attachment_type in kinds]
        if not refusals:
            return ""
        content = BytesIO()
        newest = max(refusals, key=_created)
        client.get_entity_content(**address, entity_id=newest.entity_id, to=content, limit_bytes=REASON_BYTES)
    except ServiceError as error:
        if error.temporary or isinstance(error, AuthLost | SubscriptionEnded):
            raise
        return ""
    return reason_in(content.getvalue())


def _created(entity: Entity) -> float:
    return entity.created_at.timestamp() if entity.created_at else 0.0


def reason_in(content: bytes) -> str:
    """The words of a refusal: plain UTF-8 text, or the text element of the tax service's XML."""
    declared = _ENCODING.search(content[:200])
    text = content.decode(declared[1].decode() if declared else "utf-8", errors="replace").strip("\ufeff \r\n")
    if not text.startswith("<"):
        return text
    return "\n".join(html.unescape(found[1]).strip() for found in _TEXT_IN_XML.findall(text))
