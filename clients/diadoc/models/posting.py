"""What we send: messages with documents, and patches of messages. The same values always give the same bytes."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models.documents import DocumentId
from clients.diadoc.states import LockMode

INLINE_LIMIT_BYTES = 500 * 1000  # larger documents travel by the shelf (Diadoc's advice)
DOCUMENTS_LIMIT = 40


@dataclass(frozen=True, kw_only=True)
class DocumentToPost:
    """One document: its bytes here (`content`) or uploaded before (`name_on_shelf`), exactly one of the two.

    custom_document_id: our id, unique in the message, found again by get_documents_by_custom_id. A link to another
    document of the same message is DocumentId(message_id="", entity_id=its custom_document_id).
    need_recipient_signature matters only where the workflow leaves it open; workflow_id None = the type's default.
    """

    type_named_id: str
    custom_document_id: str
    content: bytes | None = field(default=None, repr=False)
    name_on_shelf: str = ""
    function: str = "default"
    version: str = "v1"
    metadata: dict[str, str] = field(default_factory=dict, hash=False)
    need_recipient_signature: bool = False
    need_receipt: bool = False
    workflow_id: int | None = None
    comment: str = ""
    initial_documents: tuple[DocumentId, ...] = ()
    subordinate_documents: tuple[DocumentId, ...] = ()
    custom_data: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if (self.content is None) == (not self.name_on_shelf):
            raise ValueError("a document has either content or name_on_shelf")


@dataclass(frozen=True, kw_only=True)
class MessageToPost:
    """A package on its way. delay_send: saved unsigned among our outgoing documents, signing it there sends it;
    is_draft: a draft, which becomes another message when it is sent; neither: for a signer's token only."""

    from_box_id: str
    documents: tuple[DocumentToPost, ...]
    to_box_id: str = ""  # a draft may go without
    from_department_id: str = ""
    to_department_id: str = ""
    delay_send: bool = True
    is_draft: bool = False
    lock_mode: str = LockMode.NONE

    def __post_init__(self) -> None:
        if self.delay_send and self.is_draft:
            raise ValueError("a message is either delayed or a draft")


@dataclass(frozen=True, kw_only=True)
class ResolutionRequestToPost:
    """Puts a document before a user or a department: kind SignatureRequest, ApprovementRequest …"""

    entity_id: str
    target_user_id: str = ""
    target_department_id: str = ""
    comment: str = ""
    kind: str = "SignatureRequest"


@dataclass(frozen=True, kw_only=True)
class SignedXmlToPost:
    """A service document (a revocation, a refusal) about the entity, with its detached signature (CMS, DER)."""

    entity_id: str
    content: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SignatureToPost:
    """A detached signature (CMS, DER) of the entity."""

    entity_id: str
    signature: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class MessagePatchToPost:
    box_id: str
    message_id: str
    resolution_requests: tuple[ResolutionRequestToPost, ...] = ()
    signatures: tuple[SignatureToPost, ...] = ()
    revocation_requests: tuple[SignedXmlToPost, ...] = ()
    xml_signature_rejections: tuple[SignedXmlToPost, ...] = ()


def message_body(message: MessageToPost) -> bytes:
    """The JSON of PostMessage; names and defaults as in Diadoc's `MessageToPost`."""
    return as_json(
        {
            "FromBoxId": box_id_on_the_wire(message.from_box_id),
            "ToBoxId": box_id_on_the_wire(message.to_box_id),
            "FromDepartmentId": message.from_department_id,
            "ToDepartmentId": message.to_department_id,
            "DelaySend": message.delay_send or None,
            "IsDraft": message.is_draft or None,
            "LockMode": message.lock_mode,
            "DocumentAttachments": list(map(_document, message.documents)),
        }
    )


def patch_body(patch: MessagePatchToPost) -> bytes:
    """The JSON of PostMessagePatch (`MessagePatchToPostV2`)."""
    return as_json(
        {
            "BoxId": box_id_on_the_wire(patch.box_id),
            "MessageId": patch.message_id,
            "ResolutionRequests": list(map(_resolution_request, patch.resolution_requests)),
            "Signatures": [
                {"ParentEntityId": signature.entity_id, "Signature": base64_of(signature.signature)}
                for signature in patch.signatures
            ],
            "RevocationRequests": list(map(_signed_xml, patch.revocation_requests)),
            "XmlSignatureRejections": list(map(_signed_xml, patch.xml_signature_rejections)),
        }
    )


def as_json(values: dict[str, Any]) -> bytes:
    """Compact JSON in the given order, without what is empty."""
    return json.dumps(filled(values), ensure_ascii=False, separators=(",", ":")).encode()


def filled(values: dict[str, Any]) -> dict[str, Any]:
    """Only what says something: an absent name is Diadoc's default."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _document(document: DocumentToPost) -> dict[str, Any]:
    return filled(
        {
            "SignedContent": _content(document),
            "TypeNamedId": document.type_named_id,
            "Function": document.function,
            "Version": document.version,
            "CustomDocumentId": document.custom_document_id,
            "NeedRecipientSignature": document.need_recipient_signature or None,
            "NeedReceipt": document.need_receipt or None,
            "WorkflowId": document.workflow_id,
            "Comment": document.comment,
            "InitialDocumentIds": list(map(_link, document.initial_documents)),
            "SubordinateDocumentIds": list(map(_link, document.subordinate_documents)),
            "CustomData": _pairs(document.custom_data),
        }
    ) | {"Metadata": _pairs(document.metadata)}  # [] has a meaning: everything is in the XML


def _content(document: DocumentToPost) -> dict[str, str]:
    if document.content is None:
        return {"NameOnShelf": document.name_on_shelf}
    return {"Content": base64_of(document.content)}


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _link(document: DocumentId) -> dict[str, str]:
    return {"MessageId": document.message_id, "EntityId": document.entity_id}


def _resolution_request(request: ResolutionRequestToPost) -> dict[str, Any]:
    return filled(
        {
            "InitialDocumentId": request.entity_id,
            "Type": request.kind,
            "TargetUserId": request.target_user_id,
            "TargetDepartmentId": request.target_department_id,
            "Comment": request.comment,
        }
    )


def _signed_xml(signed: SignedXmlToPost) -> dict[str, Any]:
    content = {"Content": base64_of(signed.content), "Signature": base64_of(signed.signature)}
    return {"ParentEntityId": signed.entity_id, "SignedContent": content}
