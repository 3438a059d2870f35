"""The docflow view V4 of a document: both titles, signatures with their ids, refusal, revocation."""

from typing import Any

from sandbox.diadoc.ids import HEAD_DEPARTMENT
from sandbox.diadoc.model import Document, Entity, Message, Revocation
from sandbox.diadoc.render import statuses
from sandbox.diadoc.render.documents import Injection, custom_data, metadata, origin
from sandbox.diadoc.signing import is_valid
from sandbox.diadoc.state import World


def ticks(at: int) -> dict[str, int]:
    return {"Ticks": at}


def document_with_docflow(
    world: World, document: Document, box: str, injection: Injection | None = None
) -> dict[str, Any]:
    """`DocumentWithDocflowV4`."""
    injection = injection or Injection(False)
    message = world.messages[document.message_id]
    return {
        "DocumentId": {"MessageId": document.message_id, "EntityId": document.id},
        "LastEvent": _last_event(world, document, box),
        "DocumentInfo": _info(world, document, box, message),
        "Docflow": {
            "SenderTitle": _sender_title(document, message, injection),
            **_recipient_receipt(document, box, message, injection),
            **_recipient_response(world, document, box, message, injection),
            **_revocation(document, box, message, injection),
            "OuterDocflows": [],
            "OuterDocflowEntities": [],
            "DocflowStatus": statuses.docflow_status(world, document, box, message),
        },
    }


def _last_event(world: World, document: Document, box: str) -> dict[str, Any]:
    event = world.feeds[box].last_docflow(document)
    return {"EventId": event.id, "Timestamp": ticks(event.event.at)}


def _info(world: World, document: Document, box: str, message: Message) -> dict[str, Any]:
    is_draft = message.kind == "Draft"
    letter = {"IsEncrypted": False, "ForwardDocumentEvents": [], "IsTest": False}
    draft = {
        "IsRecycled": message.is_recycled,
        "IsLocked": message.is_locked_draft,
        "TransformedToLetterIds": list(message.became),
    }
    return {
        "FullVersion": {"TypeNamedId": document.type, "Function": document.function, "Version": document.version},
        "MessageType": message.kind,
        "WorkflowId": document.workflow,
        "Participants": _participants(world, document, message),
        "DocumentDirection": statuses.direction(message, box),
        "DepartmentId": document.department(box),
        "CustomDocumentId": document.custom_id if box == message.from_box else "",
        "Metadata": metadata(document),
        "CustomData": custom_data(document, box, message.from_box),
        "DocumentLinks": {"InitialIds": _ids(document.initial_ids), "SubordinateIds": _ids(document.subordinate_ids)},
        "PacketInfo": {
            "LockMode": message.lock_mode,
            "PacketId": document.packet_id,
            "AddedAt": ticks(document.packet_since),
        },
        "IsRead": box == message.from_box,
        "IsDeleted": box in document.deleted_in,
        "IsInvitation": False,
        **({"DraftInfo": draft} if is_draft else {"LetterInfo": letter}),
        **({"Origin": origin(document)} if document.origin_draft else {}),
        "EditingSettingId": "",
        "HasUnreadOutOfWorkflowUniversalMessages": False,
    }


def _participants(world: World, document: Document, message: Message) -> dict[str, Any]:
    def participant(box: str) -> dict[str, Any]:
        is_roaming = world.organizations[box].is_roaming
        return {"BoxId": box, "DepartmentId": document.department(box), "IsRoaming": is_roaming}

    recipient = {"Recipient": participant(message.to_box)} if message.to_box else {}
    return {"Sender": participant(message.from_box), **recipient, "IsInternal": False, "IsCrossBorder": False}


def _ids(links: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"MessageId": message_id, "EntityId": entity_id} for message_id, entity_id in links]


def _entity(entity: Entity, injection: Injection) -> dict[str, Any]:
    return {
        "EntityId": entity.id,
        "CreationTimestamp": ticks(entity.created),
        "Content": injection.content(entity),
    }


def _signature(entity: Entity, injection: Injection, delivered_at: int) -> dict[str, Any]:
    return {
        "Cms": _entity(entity, injection),
        "SignerBoxId": entity.signer_box,
        "SignerDepartmentId": HEAD_DEPARTMENT,
        "IsValid": is_valid(entity.content or b""),
        **({"DeliveredAt": ticks(delivered_at)} if delivered_at else {}),
    }


def _signed_attachment(
    entity: Entity, signature: Entity | None, injection: Injection, content_type: str, delivered_at: int = 0
) -> dict[str, Any]:
    """content_type: a ContentTypeId; its values are invented."""
    return {
        "Attachment": {
            "Entity": _entity(entity, injection),
            "AttachmentFilename": entity.file_name,
            "DisplayFilename": "",
        },
        **({"Signature": _signature(signature, injection, delivered_at)} if signature else {}),
        "ContentTypeId": content_type,
    }


def _sender_title(document: Document, message: Message, injection: Injection) -> dict[str, Any]:
    content_type = document.type.lower()
    attachment = _signed_attachment(document.entity, document.signature, injection, content_type, document.delivered_at)
    notification = {}
    if document.roaming_entity:
        notification = {
            "RoamingNotification": {"Notification": _entity(document.roaming_entity, injection), "IsSuccess": False}
        }
    return {
        "IsFinished": bool(document.delivered_at),
        "Attachment": attachment,
        **({"SentAt": ticks(document.sent_at)} if document.sent_at else {}),
        **({"DeliveredAt": ticks(document.delivered_at)} if document.delivered_at else {}),
        **notification,
        "SenderSignatureStatus": document.sender_signature,
    }


def _recipient_receipt(document: Document, box: str, message: Message, injection: Injection) -> dict[str, Any]:
    if not document.needs_receipt:
        return {}
    receipt = document.receipt
    sent = {"SentAt": ticks(receipt.created), "DeliveredAt": ticks(receipt.created)} if receipt else {}
    attachment = {"ReceiptAttachment": _signed_attachment(receipt, None, injection, "receipt")} if receipt else {}
    status = statuses.receipt_status(document, box, message)
    return {"RecipientReceipt": {"IsFinished": bool(receipt), **attachment, **sent, "Status": status}}


def _recipient_response(
    world: World, document: Document, box: str, message: Message, injection: Injection
) -> dict[str, Any]:
    status = statuses.response_status(world, document, box, message)
    answer = document.answer
    if answer is None or (answer.kind == "invalid" and box != message.to_box):
        return {"RecipientResponse": {"IsFinished": not document.needs_answer, "ResponseStatus": status}}
    times = {"SentAt": ticks(answer.at), "DeliveredAt": ticks(answer.at)}
    if answer.kind == "refusal":
        detail = {"Rejection": _rejection(document, injection)}
    elif answer.signature is not None and answer.entity is not answer.signature:
        detail = {"Title": _signed_attachment(answer.entity, answer.signature, injection, "buyer_title", answer.at)}
    else:
        detail = {"Signature": _signature(answer.entity, injection, answer.at)}
    finished = answer.kind != "invalid"
    return {"RecipientResponse": {"IsFinished": finished, **detail, **times, "ResponseStatus": status}}


def _rejection(document: Document, injection: Injection) -> dict[str, Any]:
    answer = document.answer
    assert answer is not None
    attachment = _signed_attachment(answer.entity, answer.signature, injection, "signature_rejection", answer.at)
    if answer.form == "universal":
        message = {"Entity": _entity(answer.entity, injection), **answer.entity.info["UniversalMessageInfo"]}
        return {"IsFormal": True, "DeliveredAt": ticks(answer.at), "UniversalMessage": message}
    is_formal = answer.form == "xml"
    return {
        "SignatureRejection": attachment,
        "IsFormal": is_formal,
        "DeliveredAt": ticks(answer.at),
        "PlainText": answer.reason,
    }


def _revocation(document: Document, box: str, message: Message, injection: Injection) -> dict[str, Any]:
    revocation = document.revocation
    if revocation is None:
        return {}
    request = revocation.request
    response = _revocation_response(revocation, injection)
    return {
        "Revocation": {
            "IsFinished": revocation.status != "requested",
            "RevocationRequest": {
                "RevocationRequest": _signed_attachment(request, None, injection, "revocation_request_02"),
                "SentAt": ticks(request.created),
                "DeliveredAt": ticks(request.created),
                "PlainText": revocation.reason,
            },
            **response,
            "InitiatorBoxId": revocation.initiator_box,
            "RevocationStatus": statuses.revocation_status(document, box),
        }
    }


def _revocation_response(revocation: Revocation, injection: Injection) -> dict[str, Any]:
    answer = revocation.answer
    if answer is None:
        return {}
    if answer.kind == "Signature":
        return {"RevocationResponse": {"RecipientSignature": _signature(answer, injection, answer.created)}}
    rejection = {
        "SignatureRejection": _signed_attachment(answer, None, injection, "signature_rejection"),
        "IsFormal": True,
        "DeliveredAt": ticks(answer.created),
        "PlainText": revocation.answer_reason,
    }
    return {"RevocationResponse": {"SignatureRejection": rejection}}
