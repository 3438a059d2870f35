"""Signatures of both sides and delivery: how a document leaves one box and is answered from the other."""

from sandbox.diadoc import packets
from sandbox.diadoc.attachments import CMS_MARK
from sandbox.diadoc.changes import Change, announce
from sandbox.diadoc.document_types import TITLE_WORKFLOWS
from sandbox.diadoc.errors import conflict
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Answer, Document, Entity, Message
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World

TOO_LATE = "Текущее состояние документа не позволяет его подписать"
INVALID_CMS = CMS_MARK + b"INVALID"
INTERNAL = {"ResolutionRequest", "ResolutionRequestDenial", "Resolution", "CustomData", "MoveDocument"}
_BUYER_TITLES = {
    "UniversalTransferDocument": "UniversalTransferDocumentBuyerTitle",
    "UniversalTransferDocumentRevision": "UniversalTransferDocumentBuyerTitle",
    "UniversalCorrectionDocument": "UniversalCorrectionDocumentBuyerTitle",
    "XmlTorg12": "XmlTorg12BuyerTitle",
    "XmlAcceptanceCertificate": "XmlAcceptanceCertificateBuyerTitle",
}


def is_valid(cms: bytes) -> bool:
    return cms.startswith(CMS_MARK) and not cms.startswith(INVALID_CMS)


# --- the sender


def sign_at_posting(world: World, message: Message, signatures: dict[Document, bytes], author: User | None) -> None:
    """Signatures that came with the message: they are part of its first event."""
    for document, cms in signatures.items():
        signature = Entity(new_id(), "Signature", "", document.id, message.created, {message.from_box}, cms)
        signature.author_user, signature.signer_box = author.id if author else "", message.from_box
        document.signature = message.add(signature)
        _check(world, document, cms, message.created)
        document.sent_patch = message.id
    _schedule_delivery(world, message, list(signatures))


def sign_by_sender(change: Change, signatures: dict[Document, bytes]) -> None:
    """Sign, which sends. Raises 409 when a state or the packet does not allow it."""
    world, message = change.world, change.message
    waiting = [one for one in message.documents.values() if not one.sent_at and message.from_box not in one.deleted_in]
    packets.check_whole(message, signatures, waiting, {"Send", "Full"})
    if message.kind == "Draft" or not set(signatures) <= set(waiting):
        raise conflict(TOO_LATE)
    for document, cms in signatures.items():
        document.signature = change.sign(document.id, message.from_box, cms)
        _check(world, document, cms, change.at)
        document.sent_patch = change.id
        change.touch(document)
        if document.sender_signature == "SenderSignatureCheckedAndInvalid":
            change.attach("Attachment", "SignatureVerificationReport", document.signature.id, content=b"\x08\x00")
    _schedule_delivery(world, message, list(signatures))


def _check(world: World, document: Document, cms: bytes, at: int) -> None:
    if not is_valid(cms):
        document.sender_signature = "SenderSignatureCheckedAndInvalid"
        return
    is_late = world.settings["signature_check"] == "on_delivery"
    document.sender_signature = "SenderSignatureUnchecked" if is_late else "SenderSignatureCheckedAndValid"
    document.sent_at = at
    document.resolutions.pop(world.messages[document.message_id].from_box, None)


def _schedule_delivery(world: World, message: Message, documents: list[Document]) -> None:
    if world.settings["delivery"] == "auto":
        world.later(world.settings["delivery_seconds"], lambda: deliver(world, message, on_the_way(documents)))


# --- delivery


def on_the_way(documents: list[Document]) -> list[Document]:
    return [
        document
        for document in documents
        if document.sent_at and not document.delivered_at and document.roaming != "RoamingNotificationStatusError"
    ]


def deliver(world: World, message: Message, documents: list[Document]) -> Change | None:
    """The recipient's box gets the documents, the sender's box a mark; nothing when there are none on the way."""
    if not documents:
        return None
    change = Change(world, message)
    change.flags = {"MessageIsDelivered": True, "DeliveredPatchId": documents[-1].sent_patch}
    change.only_in(message.from_box)
    for document in documents:
        document.sender_signature = "SenderSignatureCheckedAndValid"
        document.delivered_at = change.at
        if world.organizations[message.to_box].is_roaming:
            document.roaming = "RoamingNotificationStatusSuccess"
        change.touch(document)
    change.commit()
    _arrive(world, message, documents)
    return change


def _arrive(world: World, message: Message, documents: list[Document]) -> None:
    arrived = [entity for document in documents for entity in _travelling(message, document)]
    for entity in arrived:
        entity.boxes.add(message.to_box)
    if not message.seen_by_recipient:
        message.seen_by_recipient = True
        announce(world, message, message.to_box)
        return
    late = Change(world, message)  # the rest of a message whose first documents are there already
    late.only_in(message.to_box)
    late.entities = arrived
    for document in documents:
        late.touch(document)
    late.commit()


def _travelling(message: Message, document: Document) -> list[Entity]:
    children = [one for one in message.entities.values() if one.parent == document.id]
    return [document.entity, *(one for one in children if one.attachment_type not in INTERNAL)]


# --- the recipient


def sign_by_recipient(change: Change, signatures: dict[Document, bytes], *, kind: str = "signature") -> None:
    """Answer by signatures (kind `signature`, `partial` or `invalid`), or by titles where the workflow asks for one."""
    message = change.message
    packets.check_whole(message, signatures, answerable(message), {"Full"})
    if not set(signatures) <= set(answerable(message)):
        raise conflict(TOO_LATE)
    for document, cms in signatures.items():
        parent, title = document.id, None
        if document.workflow in TITLE_WORKFLOWS:
            title = _title(change, document, kind)
            parent = title.id
        signature = change.sign(parent, message.to_box, cms, boxes={message.from_box, message.to_box})
        answer_kind = kind if is_valid(cms) else "invalid"
        document.answer = Answer(answer_kind, change.at, title or signature, signature)
        document.resolutions.pop(message.to_box, None)
        change.touch(document)


def answerable(message: Message) -> list[Document]:
    """Documents that wait for the recipient."""
    return [
        document
        for document in message.documents.values()
        if document.needs_answer
        and document.delivered_at
        and (document.answer is None or document.answer.kind == "invalid")
        and not (document.revocation and document.revocation.status == "accepted")
    ]


def _title(change: Change, document: Document, kind: str) -> Entity:
    remark = "принято с разногласиями" if kind == "partial" else "принято без разногласий"
    xml = f'<?xml version="1.0" encoding="windows-1251"?><Файл><Документ><Итог>{remark}</Итог></Документ></Файл>'
    members = {"content": xml.encode("windows-1251"), "file_name": f"ON_NSCHFDOPPOK_{document.id}.xml"}
    return change.attach("Attachment", _BUYER_TITLES.get(document.type, "Title"), document.id, **members)
