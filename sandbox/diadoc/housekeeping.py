"""Deleting, restoring and moving documents; drafts that are sent or thrown away."""

from typing import Any

from sandbox.diadoc import editing, operations, posting, signing
from sandbox.diadoc.api import Answer, Call, api
from sandbox.diadoc.attachments import read_signature
from sandbox.diadoc.body import Fields
from sandbox.diadoc.changes import Change, announce
from sandbox.diadoc.errors import bad, cannot_sign, conflict, forbidden, not_found
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.render.messages import message_json
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World


def _addressed(call: Call) -> tuple[str, Message, list[Document]]:
    box = call.box()
    if not call.caller.can_delete:
        raise forbidden("У вас нет права удалять и восстанавливать документы")  # the text is invented
    message = call.world.message(box, call.need("messageId"))
    documents = message.documents_of(box)
    if call.get("documentId"):
        documents = [call.world.document(call.caller, box, message.id, call.get("documentId"))]
    for document in documents:
        call.world.check_department(call.caller, box, document)
    return box, message, documents


@api.post("/Delete")
def delete(call: Call) -> Answer:
    box, message, documents = _addressed(call)
    change = Change(call.world, message, author_user=call.caller.id)
    editing.delete(change, box, documents)
    change.commit()
    return Answer()


@api.post("/Restore")
def restore(call: Call) -> Answer:
    box, message, documents = _addressed(call)
    change = Change(call.world, message, author_user=call.caller.id)
    editing.restore(change, box, documents)
    change.commit()
    return Answer()


@api.post("/MoveDocuments")
def move_documents(call: Call) -> Answer:
    body = call.body("DocumentsMoveOperation")
    box = call.world.own_box(call.caller, body.text("BoxId"), "BoxId")
    by_message: dict[str, list[Document]] = {}
    for item in body.items("DocumentIds"):
        document = call.world.document(call.caller, box, item.text("MessageId"), item.text("EntityId"))
        by_message.setdefault(document.message_id, []).append(document)
    if not by_message:
        raise bad("DocumentIds must be specified")
    for message_id, documents in by_message.items():
        change = Change(call.world, call.world.messages[message_id], author_user=call.caller.id)
        editing.move(change, box, documents, body.text("ToDepartmentId"))
        change.commit()
    return Answer()


# --- drafts


@api.post("/SendDraft", takes_lock=False)
def send_draft(call: Call) -> Any:
    body = call.body("DraftToSend")
    return operations.once(call, "SendDraft", lambda: _send_draft(call, body), md5_default=True)


def _send_draft(call: Call, body: Fields) -> dict[str, Any]:
    box = call.world.own_box(call.caller, body.text("BoxId"), "DraftToSend.BoxId")
    draft = _draft(call.world, box, body.text("DraftId"))
    signatures: dict[Document, bytes] = {}
    for index, item in enumerate(body.items("DocumentSignatures")):
        cms = read_signature(call, item, f"DraftToSend.DocumentSignatures[{index}]")
        document = draft.documents.get(item.text("ParentEntityId").lower())
        if document is None or cms is None:
            raise bad(f"DraftToSend.DocumentSignatures[{index}] is incorrect")
        signatures[document] = cms
    if not call.caller.can_sign:
        raise cannot_sign()
    if set(signatures) != set(draft.documents.values()):
        raise bad("DraftToSend.DocumentSignatures: every document must be signed")
    to_box = call.world.organization(body.text("ToBoxId")).box if body.text("ToBoxId") else draft.to_box
    letter = turn_into_letter(call.world, draft, signatures, call.caller, to_box)
    recycle(call.world, draft, letter)
    return message_json(call.world, letter, box)


def _draft(world: World, box: str, draft_id: str) -> Message:
    draft = world.message(box, draft_id)
    if draft.kind != "Draft":
        raise not_found("Draft is not found")
    if draft.is_recycled:
        raise conflict("Draft is already recycled")  # the text is invented
    return draft


@api.post("/RecycleDraft")
def recycle_draft(call: Call) -> Answer:
    recycle(call.world, _draft(call.world, call.box(), call.need("draftId")), None)
    return Answer()


def recycle(world: World, draft: Message, letter: Message | None) -> None:
    """The draft leaves the drafts, with or without a letter that came of it."""
    draft.is_recycled = True
    if letter:
        draft.became.append(letter.id)
    change = Change(world, draft)
    change.flags = {"DraftIsRecycled": True, "DraftIsTransformedToMessageIdList": list(draft.became)}
    for document in draft.documents.values():
        change.touch(document)
    change.commit()


def turn_into_letter(
    world: World,
    draft: Message,
    signatures: dict[Document, bytes],
    author: User | None,
    to_box: str,
    *,
    announced: bool = True,
) -> Message:
    """A signed letter made of a draft: a new message with new ids that names its origin. Raises 400, 403, 409."""
    if not to_box:
        raise bad("ToBoxId must be specified")
    posting.check_recipient(world, draft.from_box, to_box)
    letter = Message(new_id(), world.clock.tick(), draft.from_box, to_box, lock_mode=draft.lock_mode)
    letter.from_department, letter.to_department = draft.from_department, draft.to_department
    letter.from_draft = draft.id
    copies = {document: _copy(letter, draft, document) for document in draft.documents.values()}
    packet_id = new_id()
    for original, copied in copies.items():
        copied.packet_id = packet_id
        copied.initial_ids = [_moved(copies, draft, link) for link in original.initial_ids]
        copied.subordinate_ids = [_moved(copies, draft, link) for link in original.subordinate_ids]
        world.packets[packet_id].append(copied)
        if copied.custom_id:
            world.by_custom_id[letter.from_box, copied.custom_id].append(copied)
    world.messages[letter.id] = letter
    signed = {copies[document]: cms for document, cms in signatures.items()}
    signing.sign_at_posting(world, letter, signed, author)
    if announced:
        announce_letter(world, letter)
    return letter


def announce_letter(world: World, letter: Message) -> None:
    announce(world, letter, letter.from_box)


def _copy(letter: Message, draft: Message, document: Document) -> Document:
    entity = Entity(**vars(document.entity) | {"id": new_id(), "created": letter.created, "boxes": {letter.from_box}})
    members = vars(document) | {"entity": letter.add(entity), "message_id": letter.id, "packet_since": letter.created}
    members |= {"departments": dict(document.departments), "custom_data": dict(document.custom_data)}
    members |= {"resolutions": {}, "deleted_in": set(), "modified_at": letter.created, "origin_draft": draft.id}
    copied = Document(**members)
    letter.documents[copied.id] = copied
    for child in list(draft.entities.values()):
        if child.parent == document.id and child.attachment_type not in signing.INTERNAL:
            changed = {"id": new_id(), "parent": copied.id, "created": letter.created, "boxes": {letter.from_box}}
            letter.add(Entity(**vars(child) | changed))
    return copied


def _moved(copies: dict[Document, Document], draft: Message, link: tuple[str, str]) -> tuple[str, str]:
    original = draft.documents.get(link[1])
    return (copies[original].message_id, copies[original].id) if original in copies else link
