"""What the sandbox remembers of messages: plain records. Rules live in the modules that change them."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.diadoc.ids import HEAD_DEPARTMENT


@dataclass(eq=False)
class Entity:
    """A file, signature or mark inside a message. boxes: who can see it; parent: "" for a document itself."""

    id: str
    kind: str  # Attachment or Signature
    attachment_type: str
    parent: str
    created: int
    boxes: set[str]
    content: bytes | None = b""
    file_name: str = ""
    signer_box: str = ""
    author_user: str = ""
    info: dict[str, Any] = field(default_factory=dict)  # members of its own, like ResolutionRequestInfo

    @property
    def size(self) -> int:
        return -1 if self.content is None else len(self.content)


@dataclass(eq=False)
class Revocation:
    """A proposal to annul a document. status: requested, accepted or rejected."""

    initiator_box: str
    reason: str
    request: Entity
    status: str = "requested"
    answer: Entity | None = None
    answer_reason: str = ""


@dataclass(eq=False)
class Answer:
    """What the recipient did. kind: signature, partial, refusal or invalid; form: xml, text or universal."""

    kind: str
    at: int
    entity: Entity
    signature: Entity | None = None
    reason: str = ""
    form: str = ""


@dataclass(eq=False)
class Resolution:
    """The internal state of agreement in one box. kind: a ResolutionStatusType."""

    kind: str
    target_user: str = ""
    target_department: str = ""
    author_user: str = ""
    request_id: str = ""
    comment: str = ""


@dataclass(eq=False)
class Document:
    """A document of a message, with the state both sides share and, by box, what each has for itself."""

    entity: Entity
    message_id: str
    type: str
    function: str
    version: str
    workflow: int
    metadata: list[tuple[str, str]]
    packet_id: str
    packet_since: int
    custom_data: dict[str, str] = field(default_factory=dict)  # the sender's own
    custom_id: str = ""
    needs_answer: bool = False
    needs_receipt: bool = False
    initial_ids: list[tuple[str, str]] = field(default_factory=list)
    subordinate_ids: list[tuple[str, str]] = field(default_factory=list)
    sender_signature: str = "WaitingForSenderSignature"
    signature: Entity | None = None
    sent_at: int = 0
    sent_patch: str = ""
    delivered_at: int = 0
    answer: Answer | None = None
    receipt: Entity | None = None
    revocation: Revocation | None = None
    roaming: str = "RoamingNotificationStatusNone"
    roaming_text: str = ""
    roaming_entity: Entity | None = None
    resolutions: dict[str, Resolution] = field(default_factory=dict)  # by box
    departments: dict[str, str] = field(default_factory=dict)  # by box
    deleted_in: set[str] = field(default_factory=set)
    modified_at: int = 0
    origin_draft: str = ""

    @property
    def id(self) -> str:
        return self.entity.id

    def department(self, box: str) -> str:
        return self.departments.get(box, HEAD_DEPARTMENT)


@dataclass(eq=False)
class Message:
    """A letter or a draft. documents and entities keep the order in which they came."""

    id: str
    created: int
    from_box: str
    to_box: str
    kind: str = "Letter"
    lock_mode: str = "None"
    is_delayed: bool = False
    from_department: str = ""
    to_department: str = ""
    patched: int = 0
    entities: dict[str, Entity] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    is_locked_draft: bool = False
    is_recycled: bool = False
    became: list[str] = field(default_factory=list)
    from_draft: str = ""
    deleted_in: set[str] = field(default_factory=set)
    seen_by_recipient: bool = False
    hidden_reads: int = 0  # so many first reads answer 404
    hidden_finds: int = 0  # so many first searches by custom id do not find it

    def add(self, entity: Entity) -> Entity:
        self.entities[entity.id] = entity
        return entity

    def boxes(self) -> list[str]:
        """The boxes that have the message."""
        return [self.from_box, self.to_box] if self.seen_by_recipient else [self.from_box]

    def documents_of(self, box: str) -> list[Document]:
        return [document for document in self.documents.values() if box in document.entity.boxes]
