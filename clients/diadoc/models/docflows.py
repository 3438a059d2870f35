"""A document's docflow (`DocumentWithDocflowV4`): who signed when, by which entities, and why somebody refused."""

from dataclasses import dataclass
from datetime import datetime

from clients.diadoc.models.documents import DocumentId, StatusText, read_status_text
from clients.diadoc.reading import Item
from clients.diadoc.states import (
    Direction,
    DocflowResolution,
    LockMode,
    MessageType,
    RecipientResponseStatus,
    RevocationStatus,
    SenderSignatureStatus,
)


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """An annulment, proposed by one side and accepted or refused by the other."""

    status: str  # RevocationStatus
    initiator_box_id: str
    is_finished: bool
    requested_at: datetime | None
    request_text: str
    request_entity_id: str
    refusal_text: str


@dataclass(frozen=True, kw_only=True)
class Docflow:
    """Box ids normal, moments in UTC or None for "not yet", entity ids "" when there is no such entity."""

    message_id: str
    entity_id: str
    custom_document_id: str
    packet_id: str
    message_type: str  # MessageType
    direction: str  # Direction
    type_named_id: str
    function: str
    version: str
    workflow_id: int | None
    file_name: str
    lock_mode: str  # LockMode
    last_event_id: str
    last_event_at: datetime | None

    sender_box_id: str
    recipient_box_id: str
    recipient_is_roaming: bool

    sender_signature_status: str  # SenderSignatureStatus
    sender_signature_entity_id: str
    sent_at: datetime | None
    delivered_at: datetime | None
    roaming_succeeded: bool | None  # None = no news from the other operator
    roaming_entity_id: str

    response_status: str  # RecipientResponseStatus; "" = the docflow has no answer yet
    answered_at: datetime | None
    recipient_signature_entity_id: str
    recipient_title_entity_id: str
    rejection_entity_id: str
    refusal_text: str

    resolution_status: str  # DocflowResolution
    revocation: Revocation | None
    primary_status: StatusText | None
    secondary_status: StatusText | None

    is_deleted: bool
    draft_is_recycled: bool
    letters_of_draft: tuple[str, ...]

    @property
    def document_id(self) -> DocumentId:
        return DocumentId(message_id=self.message_id, entity_id=self.entity_id)


def read_docflow(item: Item) -> Docflow:
    address, event = item.item("DocumentId"), item.item("LastEvent")
    info, docflow = item.item("DocumentInfo"), item.item("Docflow")
    version, packet, draft = info.item("FullVersion"), info.item("PacketInfo"), info.item("DraftInfo")
    participants = info.item("Participants")
    recipient = participants.item("Recipient")
    title, response = docflow.item("SenderTitle"), docflow.item("RecipientResponse")
    attachment = title.item("Attachment")
    roaming, rejection, statuses = (
        title.item("RoamingNotification"),
        response.item("Rejection"),
        docflow.item("DocflowStatus"),
    )
    return Docflow(
        message_id=address.id("MessageId"),
        entity_id=address.id("EntityId"),
        custom_document_id=info.text("CustomDocumentId"),
        packet_id=packet.id("PacketId"),
        message_type=info.enum("MessageType", MessageType),
        direction=info.enum("DocumentDirection", Direction),
        type_named_id=version.text("TypeNamedId"),
        function=version.text("Function"),
        version=version.text("Version"),
        workflow_id=info.number("WorkflowId"),
        file_name=_file_name(attachment.item("Attachment")),
        lock_mode=packet.enum("LockMode", LockMode),
        last_event_id=event.id("EventId"),
        last_event_at=event.moment("Timestamp"),
        sender_box_id=participants.item("Sender").box_id("BoxId"),
        recipient_box_id=recipient.box_id("BoxId"),
        recipient_is_roaming=recipient.flag("IsRoaming"),
        sender_signature_status=title.enum("SenderSignatureStatus", SenderSignatureStatus),
        sender_signature_entity_id=_signature_id(attachment.item("Signature")),
        sent_at=title.moment("SentAt"),
        delivered_at=title.moment("DeliveredAt"),
        roaming_succeeded=roaming.flag("IsSuccess") if roaming else None,
        roaming_entity_id=roaming.item("Notification").id("EntityId"),
        response_status=response.enum("ResponseStatus", RecipientResponseStatus),
        answered_at=_answered_at(response),
        recipient_signature_entity_id=_signature_id(response.item("Signature"))
        or _signature_id(response.item("Title").item("Signature")),
        recipient_title_entity_id=_attachment_id(response.item("Title")),
        rejection_entity_id=_attachment_id(rejection.item("SignatureRejection")),
        refusal_text=_refusal_text(rejection),
        resolution_status=docflow.item("Resolution").enum("ResolutionStatus", DocflowResolution),
        revocation=_read_revocation(docflow.item("Revocation")),
        primary_status=read_status_text(statuses.item("PrimaryStatus")),
        secondary_status=read_status_text(statuses.item("SecondaryStatus")),
        is_deleted=info.flag("IsDeleted"),
        draft_is_recycled=draft.flag("IsRecycled"),
        letters_of_draft=draft.ids("TransformedToLetterIds"),
    )


def _file_name(attachment: Item) -> str:
    return attachment.text("AttachmentFilename") or attachment.text("DisplayFilename")


def _signature_id(signature: Item) -> str:
    return signature.item("Cms").id("EntityId")


def _attachment_id(signed: Item) -> str:
    return signed.item("Attachment").item("Entity").id("EntityId")


def _answered_at(response: Item) -> datetime | None:
    rejection = response.item("Rejection")
    return response.moment("SentAt") or response.moment("DeliveredAt") or rejection.moment("DeliveredAt")


def _refusal_text(rejection: Item) -> str:
    """The reason in the refuser's words; newer document types carry it in a universal message."""
    if rejection.text("PlainText"):
        return rejection.text("PlainText")
    events = rejection.item("UniversalMessage").item("MessageInfo").items("Events")
    return "\n".join(filter(None, (event.text("PlainText") for event in events)))


def _read_revocation(item: Item) -> Revocation | None:
    if not item:
        return None
    request = item.item("RevocationRequest")
    return Revocation(
        status=item.enum("RevocationStatus", RevocationStatus),
        initiator_box_id=item.box_id("InitiatorBoxId"),
        is_finished=item.flag("IsFinished"),
        requested_at=request.moment("SentAt") or request.moment("DeliveredAt"),
        request_text=request.text("PlainText"),
        request_entity_id=_attachment_id(request.item("RevocationRequest")),
        refusal_text=_refusal_text(item.item("RevocationResponse").item("SignatureRejection")),
    )
