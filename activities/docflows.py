"""What Diadoc tells of a document now, from any of its three views, as values that our registry keeps.

`GetDocflows` answers for a hundred documents at once but says less than the document itself; `GetMessage` says all of
one message and is open to users who may not see the whole box.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from activities import states, values
from activities.states import DocflowState
from clients.diadoc.models import Docflow, Document, Message
from clients.diadoc.models.documents import read_document
from clients.diadoc.reading import Item
from clients.diadoc.states import (
    DocflowResolution,
    MessageType,
    RecipientResponseStatus,
    ResolutionStatus,
    RevocationStatus,
    RoamingStatus,
    SenderSignatureStatus,
)
from registry import tables

RAW_CHARACTERS = 5_000
SIGNED = (RecipientResponseStatus.SIGNED, RecipientResponseStatus.PARTIALLY_SIGNED)
_OURS_IS_GIVEN = (SenderSignatureStatus.UNCHECKED, SenderSignatureStatus.VALID)
_RESOLUTIONS: dict[str, ResolutionStatus] = {
    DocflowResolution.NONE: ResolutionStatus.NONE,
    DocflowResolution.APPROVED: ResolutionStatus.APPROVED,
    DocflowResolution.SIGNED_APPROVING: ResolutionStatus.APPROVED,
    DocflowResolution.DISAPPROVED: ResolutionStatus.DISAPPROVED,
    DocflowResolution.APPROVEMENT_REQUESTED: ResolutionStatus.APPROVEMENT_REQUESTED,
    DocflowResolution.APPROVEMENT_SIGNATURE_REQUESTED: ResolutionStatus.APPROVEMENT_REQUESTED,
    DocflowResolution.SIGNATURE_REQUESTED: ResolutionStatus.SIGNATURE_REQUESTED,
    DocflowResolution.SIGNATURE_REQUEST_REJECTED: ResolutionStatus.SIGNATURE_DENIED,
    DocflowResolution.SIGNATURE_DENIED: ResolutionStatus.SIGNATURE_DENIED,
    DocflowResolution.ACTIONS_REQUESTED: ResolutionStatus.ACTIONS_REQUESTED,
}
_BLANK = read_document(Item({}))


@dataclass(frozen=True, kw_only=True)
class Told:
    """One document as Diadoc tells it. letters: what a draft was sent as; texts are "" also when they were not told."""

    document: Document
    letters: tuple[str, ...] = ()
    answered_at: datetime | None = None
    refusal_text: str = ""
    revocation_text: str = ""
    revocation_refusal_text: str = ""

    @property
    def is_draft(self) -> bool:
        return self.document.message_type == MessageType.DRAFT


def falls_short(docflow: Docflow) -> bool:
    """Does only the document itself say enough? So it is of roaming failures, revocations and our own signer."""
    no_revocation = (None, RevocationStatus.NONE, RevocationStatus.UNKNOWN, "")
    is_revoked = (docflow.revocation.status if docflow.revocation else None) not in no_revocation
    waits_for_us = docflow.sender_signature_status == SenderSignatureStatus.WAITING and not docflow.resolution_status
    return docflow.roaming_succeeded is False or is_revoked or waits_for_us


def told_by_docflow(docflow: Docflow, whole: Document | None) -> Told:
    """The docflow, and the document itself where the docflow falls short and Diadoc shows it."""
    revocation = docflow.revocation
    return Told(
        document=_without_trash(whole or _document_of(docflow), docflow.draft_is_recycled, docflow.letters_of_draft),
        letters=docflow.letters_of_draft,
        answered_at=docflow.answered_at,
        refusal_text=docflow.refusal_text,
        revocation_text=revocation.request_text if revocation else "",
        revocation_refusal_text=revocation.refusal_text if revocation else "",
    )


def told_by_message(message: Message, document: Document) -> Told:
    """One document of a message. Reasons are not told here: see `refusal_reason`."""
    return Told(
        document=_without_trash(document, message.draft_is_recycled, message.letters_of_draft),
        letters=message.letters_of_draft,
        answered_at=_answered_at(message, document),
    )


def values_of(told: Told, stored: tables.Document, *, reason: str) -> dict[str, Any]:
    """What the registry keeps of it: see `Packages.keep_state`."""
    document = _with_answer(told.document, stored)
    needs_reply = stored.needs_reply and not _asks_for_no_reply(document)
    state = states.document_state(document, needs_reply=needs_reply)
    is_signed = document.recipient_response_status in SIGNED
    signed_by_us_at = document.sent_at if document.sender_signature_status in _OURS_IS_GIVEN else None
    return {
        "docflow_state": state.value,
        "revocation_state": states.revocation_state(document, needs_reply=needs_reply).value,
        "raw_state": _raw(told, document),
        "needs_reply": needs_reply,
        "is_final": states.is_final(state, needs_reply),
        "signed_by_us_at": signed_by_us_at,
        "sent_at": signed_by_us_at if document.sender_signature_status == SenderSignatureStatus.VALID else None,
        "delivered_at": document.delivered_at,
        "signed_by_counteragent_at": (told.answered_at or stored.signed_by_counteragent_at) if is_signed else None,
        "refusal_reason": reason,
    }


def state_of(told: Told, stored: tables.Document) -> DocflowState:
    """Where the document stands, before anything is stored."""
    document = _with_answer(told.document, stored)
    return states.document_state(document, needs_reply=stored.needs_reply and not _asks_for_no_reply(document))


def _document_of(docflow: Docflow) -> Document:
    roaming = {None: RoamingStatus.NONE, True: RoamingStatus.SUCCESS, False: RoamingStatus.ERROR}
    return replace(
        _BLANK,
        message_id=docflow.message_id,
        entity_id=docflow.entity_id,
        custom_document_id=docflow.custom_document_id,
        packet_id=docflow.packet_id,
        message_type=docflow.message_type,
        direction=docflow.direction,
        file_name=docflow.file_name,
        lock_mode=docflow.lock_mode,
        sent_at=docflow.sent_at,
        delivered_at=docflow.delivered_at,
        sender_signature_status=docflow.sender_signature_status,
        recipient_response_status=docflow.response_status,
        revocation_status=docflow.revocation.status if docflow.revocation else RevocationStatus.NONE,
        roaming_status=roaming[docflow.roaming_succeeded],
        resolution_status=_RESOLUTIONS.get(docflow.resolution_status, docflow.resolution_status),
        is_deleted=docflow.is_deleted,
    )


def _without_trash(document: Document, is_recycled: bool, letters: Collection[str]) -> Document:
    """A draft that was sent and one that was thrown away look alike: only the letters tell them apart."""
    if document.message_type != MessageType.DRAFT:
        return document
    return replace(document, is_deleted=(is_recycled or document.is_deleted) and not letters)


def _with_answer(document: Document, stored: tables.Document) -> Document:
    """A docflow without any answer does not say whether one is expected: then what we sent decides."""
    if document.recipient_response_status:
        return document
    expected = RecipientResponseStatus.WAITING if stored.needs_reply else RecipientResponseStatus.NOT_ACCEPTABLE
    return replace(document, recipient_response_status=expected)


def _asks_for_no_reply(document: Document) -> bool:
    """Only once it was sent: what an unsent document says of its answer is not reliable."""
    is_sent = document.sender_signature_status == SenderSignatureStatus.VALID
    return is_sent and document.recipient_response_status == RecipientResponseStatus.NOT_ACCEPTABLE


def _raw(told: Told, document: Document) -> dict[str, Any]:
    raw = {
        "message_type": document.message_type,
        "direction": document.direction,
        "sender_signature_status": document.sender_signature_status,
        "recipient_response_status": document.recipient_response_status,
        "revocation_status": document.revocation_status,
        "roaming_status": document.roaming_status,
        "resolution_status": document.resolution_status,
        "revocation_text": told.revocation_text,
        "revocation_refusal_text": told.revocation_refusal_text,
        "packet_id": document.packet_id,
    }
    return {name: values.shorten(values.as_text(value), RAW_CHARACTERS) for name, value in raw.items() if value}


def _answered_at(message: Message, document: Document) -> datetime | None:
    if document.recipient_response_status not in SIGNED:
        return None
    signed = [entity for entity in message.entities if entity.is_signature and not entity.is_approvement_signature]
    theirs = [entity.created_at for entity in signed if entity.signer_box_id == message.to_box_id]
    return max((moment for moment in theirs if moment), default=document.changed_at)
