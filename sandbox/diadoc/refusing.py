"""Refusals, revocations, roaming failures: how a document goes wrong."""

from sandbox.diadoc import packets, service_xml
from sandbox.diadoc.changes import Change
from sandbox.diadoc.errors import conflict
from sandbox.diadoc.model import Answer, Document, Entity, Revocation
from sandbox.diadoc.signing import TOO_LATE, answerable, on_the_way


def refuse(change: Change, reasons: dict[Document, str], cms: bytes, *, form: str, xml: bytes = b"") -> None:
    """The recipient refuses to sign. form: `xml`, `text` or `universal`; xml: the rejection he posted himself."""
    message = change.message
    packets.check_whole(message, reasons, answerable(message), {"Full"})
    if not set(reasons) <= set(answerable(message)):
        raise conflict(TOO_LATE)
    for document, reason in reasons.items():
        entity = _rejection(change, document.id, reason, form, xml)
        signature = change.sign(entity.id, message.to_box, cms)
        document.answer = Answer("refusal", change.at, entity, signature, reason, form)
        change.touch(document)


def _rejection(change: Change, parent: str, reason: str, form: str, xml: bytes) -> Entity:
    members: dict[str, object] = {"boxes": {change.message.from_box, change.message.to_box}}
    if form == "text":
        return change.attach("Attachment", "SignatureRequestRejection", parent, content=reason.encode(), **members)
    content = xml or service_xml.write("SignatureRejection", parent, reason)
    members |= {"content": content, "file_name": service_xml.file_name("SignatureRejection", parent)}
    if form == "universal":  # only PlainText is known of this structure
        members["info"] = {"UniversalMessageInfo": universal_message(reason)}
        return change.attach("Attachment", "UniversalMessage", parent, **members)
    return change.attach("Attachment", "XmlSignatureRejection", parent, **members)


def universal_message(reason: str) -> dict[str, object]:
    return {"MessageInfo": {"Events": [{"Code": "3999", "PlainText": reason}]}}


def request_revocation(change: Change, document: Document, box: str, reason: str, cms: bytes, xml: bytes = b"") -> None:
    """One side proposes to annul a document. Raises 409 unless it was delivered and nothing else is open."""
    revocation = document.revocation
    if not document.delivered_at or (revocation and revocation.status != "rejected"):
        raise conflict("Текущее состояние документа не позволяет его аннулировать")  # the text is invented
    content = xml or service_xml.write("RevocationRequest", document.id, reason)
    name = service_xml.file_name("RevocationRequest", document.id)
    info = {"RevocationRequestInfo": {"InitiatorBoxId": box, "RequestedAt": {"Ticks": change.at}}}
    entity = change.attach("Attachment", "RevocationRequest", document.id, content=content, file_name=name, info=info)
    change.sign(entity.id, box, cms)
    document.revocation = Revocation(box, reason, entity)
    if change.world.settings["one_sided_revocation"] == "at_once" and not document.needs_answer:
        document.revocation.status = "accepted"
    change.touch(document)


def accept_revocation(change: Change, document: Document, box: str, cms: bytes) -> None:
    revocation = _open_revocation(document, box)
    revocation.answer = change.sign(revocation.request.id, box, cms)
    revocation.status = "accepted"
    change.touch(document)


def reject_revocation(change: Change, document: Document, box: str, reason: str, cms: bytes, xml: bytes = b"") -> None:
    revocation = _open_revocation(document, box)
    content = xml or service_xml.write("SignatureRejection", revocation.request.id, reason)
    name = service_xml.file_name("SignatureRejection", revocation.request.id)
    parent = revocation.request.id
    entity = change.attach("Attachment", "XmlSignatureRejection", parent, content=content, file_name=name)
    change.sign(entity.id, box, cms)
    revocation.answer, revocation.answer_reason, revocation.status = entity, reason, "rejected"
    change.touch(document)


def _open_revocation(document: Document, box: str) -> Revocation:
    revocation = document.revocation
    if revocation is None or revocation.status != "requested" or revocation.initiator_box == box:
        raise conflict("Нет предложения об аннулировании, ожидающего ответа")  # the text is invented
    return revocation


def fail_in_roaming(change: Change, documents: list[Document], text: str) -> None:
    """The other operator could not take the documents: they were sent and will never be delivered."""
    message = change.message
    if not change.world.organizations[message.to_box].is_roaming:
        raise conflict("Получатель не в роуминге")
    if not documents or set(documents) - set(on_the_way(documents)):
        raise conflict("Документ не находится в пути")
    for document in documents:
        document.sender_signature = "SenderSignatureCheckedAndValid"
        document.roaming, document.roaming_text = "RoamingNotificationStatusError", text
        members = {"content": text.encode(), "boxes": {message.from_box}}
        document.roaming_entity = change.attach("Attachment", "RoamingNotification", document.id, **members)
        change.touch(document)
    change.only_in(message.from_box)


def fail_delivery(change: Change, document: Document, text: str, event_id: str) -> None:
    """A message or patch could not be delivered: a mark that names it."""
    members = {"content": text.encode(), "info": {"NotDeliveredEventId": event_id}}
    change.attach("Attachment", "DeliveryFailureNotification", document.id, boxes={change.message.from_box}, **members)
    change.flags["NotDeliveredEventId"] = event_id
    change.only_in(change.message.from_box)
    change.touch(document)
