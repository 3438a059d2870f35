"""A document's state as Diadoc tells it to one box."""

from dataclasses import dataclass, field
from datetime import datetime

from clients.diadoc.reading import Item
from clients.diadoc.states import (
    Direction,
    LockMode,
    MessageType,
    ProxySignatureStatus,
    ReceiptStatus,
    RecipientResponseStatus,
    ResolutionStatus,
    RevocationStatus,
    RoamingStatus,
    SenderSignatureStatus,
    Severity,
)


@dataclass(frozen=True, kw_only=True)
class DocumentId:
    """With a box a document's address. A packet's id is none: it changes when packets are edited."""

    message_id: str
    entity_id: str


@dataclass(frozen=True, kw_only=True)
class StatusText:
    """Words for a person, from this box's point of view. They change without notice: never decide on them."""

    severity: str  # Severity
    text: str


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The draft or template that a document was made of."""

    message_type: str  # MessageType
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """Diadoc's `Document` (6.2, 6.3 of its reference): box ids normal, moments in UTC or None for "not yet"."""

    message_id: str
    entity_id: str
    index_key: str
    custom_document_id: str
    packet_id: str
    message_type: str  # MessageType of the message it was read in; "" when it came alone

    type_named_id: str
    function: str
    version: str
    workflow_id: int | None
    title: str
    file_name: str
    number: str
    date: str  # DD.MM.YYYY
    metadata: dict[str, str] = field(hash=False)
    custom_data: dict[str, str] = field(hash=False)
    initial_documents: tuple[DocumentId, ...]
    subordinate_documents: tuple[DocumentId, ...]
    origin: Origin | None

    direction: str  # Direction
    counteragent_box_id: str
    proxy_box_id: str
    department_id: str
    from_department_id: str
    to_department_id: str

    created_at: datetime | None
    sent_at: datetime | None  # our signature
    delivered_at: datetime | None  # in the recipient's box, signatures valid
    changed_at: datetime | None

    sender_signature_status: str  # SenderSignatureStatus
    recipient_response_status: str  # RecipientResponseStatus
    revocation_status: str  # RevocationStatus
    roaming_status: str  # RoamingStatus
    roaming_description: str
    proxy_signature_status: str  # ProxySignatureStatus
    recipient_receipt_status: str  # ReceiptStatus
    resolution_status: str  # ResolutionStatus
    resolution_author: str
    primary_status: StatusText | None
    secondary_status: StatusText | None

    lock_mode: str  # LockMode
    packet_is_locked: bool
    is_deleted: bool
    is_test: bool
    is_read: bool
    is_encrypted: bool
    has_custom_print_form: bool

    @property
    def document_id(self) -> DocumentId:
        return DocumentId(message_id=self.message_id, entity_id=self.entity_id)


def read_document_id(item: Item) -> DocumentId | None:
    if not item.id("EntityId"):
        return None
    return DocumentId(message_id=item.id("MessageId"), entity_id=item.id("EntityId"))


def read_document_ids(items: Item, name: str) -> tuple[DocumentId, ...]:
    return tuple(found for found in map(read_document_id, items.items(name)) if found)


def read_status_text(item: Item) -> StatusText | None:
    if not item:
        return None
    severity = item.enum("Severity", Severity)
    # the string form of one older structure calls the unknown one differently
    return StatusText(
        severity=Severity.UNKNOWN if severity == "UnknownStatusSeverity" else severity, text=item.text("StatusText")
    )


def read_document(item: Item, message_type: str = "") -> Document:
    """A `Document`; message_type: of the message around it, when there is one."""
    resolution, statuses = item.item("ResolutionStatus"), item.item("DocflowStatus")
    return Document(
        message_id=item.id("MessageId"),
        entity_id=item.id("EntityId"),
        index_key=item.text("IndexKey"),
        custom_document_id=item.text("CustomDocumentId"),
        packet_id=item.id("PacketId"),
        message_type=message_type or item.enum("MessageType", MessageType),
        type_named_id=item.text("TypeNamedId"),
        function=item.text("Function"),
        version=item.text("Version"),
        workflow_id=item.number("WorkflowId"),
        title=item.text("Title"),
        file_name=item.text("FileName"),
        number=item.text("DocumentNumber"),
        date=item.text("DocumentDate"),
        metadata=item.pairs("Metadata"),
        custom_data=item.pairs("CustomData"),
        initial_documents=read_document_ids(item, "InitialDocumentIds"),
        subordinate_documents=read_document_ids(item, "SubordinateDocumentIds"),
        origin=_read_origin(item.item("Origin")),
        direction=item.enum("DocumentDirection", Direction),
        counteragent_box_id=item.box_id("CounteragentBoxId"),
        proxy_box_id=item.box_id("ProxyBoxId"),
        department_id=item.id("DepartmentId"),
        from_department_id=item.id("FromDepartmentId"),
        to_department_id=item.id("ToDepartmentId"),
        created_at=item.moment("CreationTimestampTicks"),
        sent_at=item.moment("SendTimestampTicks"),
        delivered_at=item.moment("DeliveryTimestampTicks"),
        changed_at=item.moment("LastModificationTimestampTicks"),
        sender_signature_status=item.enum("SenderSignatureStatus", SenderSignatureStatus),
        recipient_response_status=item.enum("RecipientResponseStatus", RecipientResponseStatus),
        revocation_status=item.enum("RevocationStatus", RevocationStatus),
        roaming_status=read_roaming_status(item),
        roaming_description=item.text("RoamingNotificationStatusDescription"),
        proxy_signature_status=item.enum("ProxySignatureStatus", ProxySignatureStatus),
        recipient_receipt_status=item.item("RecipientReceiptMetadata").enum("ReceiptStatus", ReceiptStatus),
        resolution_status=resolution.enum("Type", ResolutionStatus),
        resolution_author=resolution.text("AuthorFIO"),
        primary_status=read_status_text(statuses.item("PrimaryStatus")),
        secondary_status=read_status_text(statuses.item("SecondaryStatus")),
        lock_mode=item.enum("LockMode", LockMode),
        packet_is_locked=item.flag("PacketIsLocked"),
        is_deleted=item.flag("IsDeleted"),
        is_test=item.flag("IsTest"),
        is_read=item.flag("IsRead"),
        is_encrypted=item.flag("IsEncryptedContent"),
        has_custom_print_form=item.flag("HasCustomPrintForm"),
    )


def _read_origin(item: Item) -> Origin | None:
    if not item:
        return None
    return Origin(message_type=item.enum("MessageType", MessageType), message_id=item.id("MessageId"))


def read_roaming_status(item: Item) -> str:
    """One page of the vendor's documents drops the `Roaming` prefix of the values, the others have it."""
    status = item.enum("RoamingNotificationStatus", RoamingStatus)
    if status.startswith("NotificationStatus"):
        return Item({"full": f"Roaming{status}"}).enum("full", RoamingStatus)
    return status
