"""`Message`, `MessagePatch` and their `Entity`, as one box sees them."""

from typing import TYPE_CHECKING, Any

from sandbox.diadoc.ids import HEAD_DEPARTMENT, derived_id
from sandbox.diadoc.model import Entity, Message
from sandbox.diadoc.render.documents import Injection, document_json
from sandbox.diadoc.state import World

if TYPE_CHECKING:
    from sandbox.diadoc.changes import Change


def message_json(
    world: World, message: Message, box: str, *, entities: list[Entity] | None = None, inject: bool = False
) -> dict[str, Any]:
    injection = Injection(inject)
    shown = entities if entities is not None else [one for one in message.entities.values() if box in one.boxes]
    recipient = world.organizations.get(message.to_box)
    return {
        "MessageId": message.id,
        "TimestampTicks": message.created,
        "LastPatchTimestampTicks": message.patched or message.created,
        "FromBoxId": message.from_box,
        "FromTitle": world.organizations[message.from_box].name,
        "ToBoxId": message.to_box,
        "ToTitle": recipient.name if recipient else "",
        "Entities": [entity_json(world, message, entity, box, injection) for entity in shown],
        "IsDraft": message.kind == "Draft",
        "DraftIsLocked": message.is_locked_draft,
        "DraftIsRecycled": message.is_recycled,
        "CreatedFromDraftId": message.from_draft,
        "DraftIsTransformedToMessageIdList": list(message.became),
        "IsDeleted": box in message.deleted_in,
        "IsTest": False,
        "IsInternal": False,
        "IsProxified": False,
        "ProxyBoxId": "",
        "ProxyTitle": "",
        "PacketIsLocked": message.lock_mode == "Full",
        "LockMode": message.lock_mode,
        "MessageType": message.kind,
        "IsReusable": False,
    }


def patch_json(world: World, change: "Change", box: str) -> dict[str, Any]:
    message = change.message
    entities = [entity for entity in change.entities if box in entity.boxes]
    return {
        "MessageId": message.id,
        "TimestampTicks": change.at,
        "Entities": [entity_json(world, message, entity, box) for entity in entities],
        "ForDraft": message.kind == "Draft",
        "DraftIsRecycled": False,
        "DraftIsTransformedToMessageIdList": [],
        "DraftIsLocked": message.is_locked_draft,
        "MessageIsDeleted": False,
        "EntityPatches": change.entity_patches,
        "MessageIsRestored": False,
        "MessageIsDelivered": False,
        "DeliveredPatchId": "",
        "PatchId": change.id,
        "NotDeliveredEventId": "",
        "MessageType": message.kind,
        **change.flags,
    }


def entity_json(
    world: World, message: Message, entity: Entity, box: str, injection: Injection | None = None
) -> dict[str, Any]:
    content = (injection or Injection(False)).content(entity)
    if entity.id in message.documents:
        return _document_entity(world, message, entity, box, content)
    if entity.kind == "Signature":
        return _signature_entity(entity, box, content)
    return {
        "EntityType": "Attachment",
        "EntityId": entity.id,
        **({"AuthorUserId": entity.author_user} if entity.author_user else {}),
        "ParentEntityId": entity.parent,
        "Content": content,
        "AttachmentType": entity.attachment_type,
        "FileName": entity.file_name,
        "NeedRecipientSignature": False,
        "RawCreationDate": entity.created,
        "PacketId": "",
        "Labels": [],
        **entity.info,
    }


def _document_entity(
    world: World, message: Message, entity: Entity, box: str, content: dict[str, Any]
) -> dict[str, Any]:
    document = message.documents[entity.id]
    info = document_json(world, document, box)
    return {
        "EntityType": "Attachment",
        "EntityId": entity.id,
        "Content": content,
        "AttachmentType": entity.attachment_type,
        "FileName": entity.file_name,
        "NeedRecipientSignature": document.needs_answer,
        "SignerBoxId": "",
        "NotDeliveredEventId": "",
        "DocumentInfo": info,
        "RawCreationDate": entity.created,
        "SignerDepartmentId": "",
        "NeedReceipt": document.needs_receipt,
        "PacketId": document.packet_id,
        "IsApprovementSignature": False,
        "IsEncryptedContent": False,
        "AttachmentVersion": document.version,
        "Labels": [],
        "Version": document.version,
        "ContentTypeId": "",
    }


def _signature_entity(entity: Entity, box: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "EntityType": "Signature",
        "EntityId": entity.id,
        "AuthorUserId": entity.author_user if entity.signer_box == box else "",
        "ParentEntityId": entity.parent,
        "Content": content,
        "SignerBoxId": entity.signer_box,
        "SignerDepartmentId": HEAD_DEPARTMENT,
        "RawCreationDate": entity.created,
        "IsApprovementSignature": False,
        "Labels": [],
    }


def in_cades_t(entity: Entity) -> Entity:
    """The CAdES-T form of a signature: an entity of its own under the original one."""
    form = Entity(derived_id(entity.id, "cades-t"), "Signature", "", entity.id, entity.created, entity.boxes)
    form.content = (entity.content or b"") + b"\nCAdES-T"
    form.author_user, form.signer_box = entity.author_user, entity.signer_box
    return form
