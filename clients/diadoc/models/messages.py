"""Messages, their entities, and the feed's events."""

from dataclasses import dataclass
from datetime import datetime

from clients.diadoc.models.documents import Document, read_document
from clients.diadoc.reading import Item
from clients.diadoc.states import AttachmentType, EntityType, LockMode, MessageType


@dataclass(frozen=True, kw_only=True)
class Entity:
    """A piece of a message: a document, a signature, a comment, a refusal … ; a child names its document as parent."""

    entity_id: str
    parent_entity_id: str  # "" for a document
    entity_type: str  # EntityType
    attachment_type: str  # AttachmentType, or one of the many others by its name
    file_name: str
    content_type_id: str
    size: int | None  # None = not told
    created_at: datetime | None
    signer_box_id: str
    author_user_id: str
    not_delivered_event_id: str
    packet_id: str
    need_recipient_signature: bool
    is_approvement_signature: bool
    document: Document | None

    @property
    def is_signature(self) -> bool:
        return self.entity_type == EntityType.SIGNATURE

    @property
    def is_document(self) -> bool:
        return self.entity_type == EntityType.ATTACHMENT and not self.parent_entity_id and self.document is not None


@dataclass(frozen=True, kw_only=True)
class Message:
    message_id: str
    message_type: str  # MessageType
    created_at: datetime | None
    changed_at: datetime | None
    from_box_id: str
    from_title: str
    to_box_id: str
    to_title: str
    entities: tuple[Entity, ...]
    lock_mode: str  # LockMode
    packet_is_locked: bool
    is_deleted: bool
    is_test: bool
    draft_is_recycled: bool
    draft_is_locked: bool
    created_from_draft_id: str
    letters_of_draft: tuple[str, ...]  # ids of the messages that this draft was sent as

    @property
    def documents(self) -> tuple[Document, ...]:
        """In no promised order: tell them apart by custom_document_id."""
        return tuple(entity.document for entity in self.entities if entity.is_document and entity.document)

    def document(self, *, custom_document_id: str) -> Document | None:
        return next((found for found in self.documents if found.custom_document_id == custom_document_id), None)

    def children(self, *, entity_id: str) -> tuple[Entity, ...]:
        """Signatures, refusals, comments … of one document."""
        return tuple(entity for entity in self.entities if entity.parent_entity_id == entity_id)


@dataclass(frozen=True, kw_only=True)
class EntityPatch:
    """What happened to one entity without a new one being added."""

    entity_id: str
    is_deleted: bool
    is_restored: bool
    content_is_patched: bool
    moved_to_department: str


@dataclass(frozen=True, kw_only=True)
class MessagePatch:
    """A change of a message. is_delivered is not "everything arrived": look at a document's delivered_at."""

    message_id: str
    patch_id: str
    message_type: str  # MessageType
    created_at: datetime | None
    entities: tuple[Entity, ...]
    entity_patches: tuple[EntityPatch, ...]
    is_deleted: bool
    is_restored: bool
    is_delivered: bool
    delivered_patch_id: str
    not_delivered_event_id: str
    draft_is_recycled: bool
    draft_is_locked: bool
    letters_of_draft: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a box's feed: a new message, or a patch of a known one; exactly one of the two is set, unless
    Diadoc sends something of a kind that is new to us: then message_id is ""."""

    event_id: str
    index_key: str
    message: Message | None
    patch: MessagePatch | None

    @property
    def is_patch(self) -> bool:
        return self.patch is not None

    @property
    def message_id(self) -> str:
        carrier = self.message or self.patch
        return carrier.message_id if carrier else ""

    @property
    def message_type(self) -> str:
        carrier = self.message or self.patch
        return carrier.message_type if carrier else ""

    @property
    def occurred_at(self) -> datetime | None:
        carrier = self.message or self.patch
        return carrier.created_at if carrier else None

    @property
    def entities(self) -> tuple[Entity, ...]:
        carrier = self.message or self.patch
        return carrier.entities if carrier else ()

    @property
    def touched_entity_ids(self) -> frozenset[str]:
        """Entities, the documents they belong to, and entities that were deleted, moved … Empty when the whole
        message is meant (delivery, deletion): then everything known of message_id may have changed."""
        patched = self.patch.entity_patches if self.patch else ()
        named = {entity.entity_id for entity in self.entities} | {entity.entity_id for entity in patched}
        return frozenset(named | {entity.parent_entity_id for entity in self.entities}) - {""}


@dataclass(frozen=True, kw_only=True)
class EventsPage:
    """Up to 100 events, oldest first unless asked otherwise; no events = the end of the feed, keep the old key."""

    events: tuple[Event, ...]
    total_count: int | None

    @property
    def last_index_key(self) -> str:
        """Where to go on, once all of these are processed; "" when there are none."""
        return self.events[-1].index_key if self.events else ""


def read_entity(item: Item, message_type: str = "") -> Entity:
    size, document = item.item("Content").number("Size"), item.item("DocumentInfo")
    return Entity(
        entity_id=item.id("EntityId"),
        parent_entity_id=item.id("ParentEntityId"),
        entity_type=item.enum("EntityType", EntityType),
        attachment_type=item.enum("AttachmentType", AttachmentType),
        file_name=item.text("FileName"),
        content_type_id=item.text("ContentTypeId"),
        size=None if size is None or size < 0 else size,
        created_at=item.moment("RawCreationDate"),
        signer_box_id=item.box_id("SignerBoxId"),
        author_user_id=item.id("AuthorUserId"),
        not_delivered_event_id=item.id("NotDeliveredEventId"),
        packet_id=item.id("PacketId"),
        need_recipient_signature=item.flag("NeedRecipientSignature"),
        is_approvement_signature=item.flag("IsApprovementSignature"),
        document=read_document(document, message_type) if document else None,
    )


def _read_entities(item: Item, message_type: str) -> tuple[Entity, ...]:
    return tuple(read_entity(entity, message_type) for entity in item.items("Entities"))


def read_message(item: Item) -> Message:
    kind = item.enum("MessageType", MessageType) or (MessageType.DRAFT if item.flag("IsDraft") else "")
    return Message(
        message_id=item.id("MessageId"),
        message_type=kind,
        created_at=item.moment("TimestampTicks"),
        changed_at=item.moment("LastPatchTimestampTicks"),
        from_box_id=item.box_id("FromBoxId"),
        from_title=item.text("FromTitle"),
        to_box_id=item.box_id("ToBoxId"),
        to_title=item.text("ToTitle"),
        entities=_read_entities(item, kind),
        lock_mode=item.enum("LockMode", LockMode),
        packet_is_locked=item.flag("PacketIsLocked"),
        is_deleted=item.flag("IsDeleted"),
        is_test=item.flag("IsTest"),
        draft_is_recycled=item.flag("DraftIsRecycled"),
        draft_is_locked=item.flag("DraftIsLocked"),
        created_from_draft_id=item.id("CreatedFromDraftId"),
        letters_of_draft=item.ids("DraftIsTransformedToMessageIdList"),
    )


def read_message_patch(item: Item) -> MessagePatch:
    kind = item.enum("MessageType", MessageType) or (MessageType.DRAFT if item.flag("ForDraft") else "")
    return MessagePatch(
        message_id=item.id("MessageId"),
        patch_id=item.id("PatchId"),
        message_type=kind,
        created_at=item.moment("TimestampTicks"),
        entities=_read_entities(item, kind),
        entity_patches=tuple(map(_read_entity_patch, item.items("EntityPatches"))),
        is_deleted=item.flag("MessageIsDeleted"),
        is_restored=item.flag("MessageIsRestored"),
        is_delivered=item.flag("MessageIsDelivered"),
        delivered_patch_id=item.id("DeliveredPatchId"),
        not_delivered_event_id=item.id("NotDeliveredEventId"),
        draft_is_recycled=item.flag("DraftIsRecycled"),
        draft_is_locked=item.flag("DraftIsLocked"),
        letters_of_draft=item.ids("DraftIsTransformedToMessageIdList"),
    )


def _read_entity_patch(item: Item) -> EntityPatch:
    return EntityPatch(
        entity_id=item.id("EntityId"),
        is_deleted=item.flag("DocumentIsDeleted"),
        is_restored=item.flag("DocumentIsRestored"),
        content_is_patched=item.flag("ContentIsPatched"),
        moved_to_department=item.id("MovedToDepartment"),
    )


def read_event(item: Item) -> Event:
    message, patch = item.item("Message"), item.item("Patch")
    return Event(
        event_id=item.id("EventId"),
        index_key=item.text("IndexKey"),
        message=read_message(message) if message else None,
        patch=read_message_patch(patch) if patch else None,
    )


def read_events_page(item: Item) -> EventsPage:
    return EventsPage(events=tuple(map(read_event, item.items("Events"))), total_count=item.number("TotalCount"))
