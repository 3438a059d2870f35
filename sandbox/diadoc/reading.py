"""Reading documents and messages."""

from typing import Any

from sandbox.diadoc.api import Answer, Call, api
from sandbox.diadoc.errors import not_found
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.render.documents import Injection, document_json
from sandbox.diadoc.render.messages import in_cades_t, message_json


@api.get("/V3/GetDocument")
def get_document(call: Call) -> dict[str, Any]:
    box = call.box()
    document = call.world.document(call.caller, box, call.need("messageId"), call.need("entityId"))
    return document_json(call.world, document, box, Injection(call.flag("injectEntityContent", True)))


@api.get("/GetDocumentsByMessageId")
def get_documents_by_message_id(call: Call) -> dict[str, Any]:
    box = call.box()
    message = call.world.message(box, call.need("messageId"))
    return _list(call, box, message.documents_of(box))


@api.get("/GetDocumentsByCustomId")
def get_documents_by_custom_id(call: Call) -> dict[str, Any]:
    box = call.box()
    documents = call.world.by_custom_id.get((box, call.need("customDocumentId")), [])
    return _list(call, box, [document for document in documents if _is_found(call, document)])


def _is_found(call: Call, document: Document) -> bool:
    message = call.world.messages[document.message_id]
    is_late = message.hidden_finds > 0
    message.hidden_finds -= is_late
    return not is_late


def _list(call: Call, box: str, documents: list[Document]) -> dict[str, Any]:
    for document in documents:
        call.world.check_department(call.caller, box, document)
    shown = [document_json(call.world, document, box) for document in documents]
    return {"TotalCount": len(shown), "Documents": shown, "HasMoreResults": False}


@api.get("/V6/GetMessage", "/V5/GetMessage")
def get_message(call: Call) -> dict[str, Any]:
    """With entityId: that document and what belongs to it; its signatures then come in the CAdES-T form, children of
    the original ones, unless originalSignature is present."""
    box = call.box()
    message = call.world.message(box, call.need("messageId"))
    for document in message.documents_of(box):
        call.world.check_department(call.caller, box, document)
    entities = None
    if call.get("entityId"):
        document = call.world.document(call.caller, box, message.id, call.get("entityId"))
        entities = _of_document(message, document, box)
        if "originalsignature" not in call.query:
            entities = [in_cades_t(one) if one.kind == "Signature" else one for one in entities]
    return message_json(call.world, message, box, entities=entities, inject=call.flag("injectEntityContent", False))


def _of_document(message: Message, document: Document, box: str) -> list[Entity]:
    family = descendants(message, document)
    return [entity for entity in family if box in entity.boxes]


def descendants(message: Message, document: Document) -> list[Entity]:
    """The document's entity and everything below it, in the order of creation."""
    known = {document.id}
    family = [document.entity]
    for entity in message.entities.values():
        if entity.parent in known:
            known.add(entity.id)
            family.append(entity)
    return family


@api.get("/V4/GetEntityContent")
def get_entity_content(call: Call) -> Answer:
    box = call.box()
    message = call.world.message(box, call.need("messageId"))
    entity = _entity(message, call.need("entityId").lower())
    if entity is None or box not in entity.boxes or entity.content is None:
        raise not_found("Entity content is not found")
    document = owner(message, entity)
    if document:
        call.world.check_department(call.caller, box, document)
    return Answer(entity.content, content_type="application/octet-stream")


def _entity(message: Message, entity_id: str) -> Entity | None:
    if entity_id in message.entities:
        return message.entities[entity_id]
    signatures = (entity for entity in message.entities.values() if entity.kind == "Signature")
    return next((form for form in map(in_cades_t, signatures) if form.id == entity_id), None)


def owner(message: Message, entity: Entity) -> Document | None:
    """The document that an entity belongs to, however deep."""
    while entity.id not in message.documents and entity.parent in message.entities:
        entity = message.entities[entity.parent]
    return message.documents.get(entity.id)


@api.get("/GetSignatureInfo")
def get_signature_info(call: Call) -> dict[str, Any]:
    box = call.box()
    message = call.world.message(box, call.need("messageId"))
    entity = _entity(message, call.need("entityId").lower())
    if entity is None or entity.kind != "Signature" or box not in entity.boxes:
        raise not_found("Signature is not found")
    organization = call.world.organizations[entity.signer_box]
    return {"BoxId": organization.box, "SignerName": organization.name, "Inn": organization.inn}
