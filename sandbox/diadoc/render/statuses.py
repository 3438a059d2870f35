"""From what happened to the words of Diadoc: enums of a document as one box sees them."""

from typing import Any

from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.state import World

_ANSWERS = {
    "signature": "WithRecipientSignature",
    "partial": "WithRecipientPartiallySignature",
    "refusal": "RecipientSignatureRequestRejected",
}
_WORDS = {
    "WithRecipientSignature": "WithRecipientSignature",
    "WithRecipientPartiallySignature": "WithRecipientPartiallySignature",
    "RecipientSignatureRequestRejected": "RecipientSignatureRequestRejected",
    "InvalidRecipientSignature": "InvalidRecipientSignature",
    "WaitingForRecipientSignature": "WaitingForRecipientSignature",
    "RecipientResponseStatusNotAcceptable": "NoRecipientSignatureRequest",
}
UNILATERAL = {"ProformaInvoice", "ServiceDetails", "Invoice", "XmlProformaInvoice"}


def direction(message: Message, box: str) -> str:
    return "Outbound" if box == message.from_box else "Inbound"


def response_status(world: World, document: Document, box: str, message: Message) -> str:
    if document.answer and document.answer.kind == "invalid":
        return "InvalidRecipientSignature" if box == message.to_box else "WaitingForRecipientSignature"
    if document.answer:
        return _ANSWERS[document.answer.kind]
    if not document.sent_at and world.settings["response_status_before_sending"] == "unknown":
        return "RecipientResponseStatusUnknown"
    if not document.sent_at and world.settings["response_status_before_sending"] == "not_acceptable":
        return "RecipientResponseStatusNotAcceptable"
    return "WaitingForRecipientSignature" if document.needs_answer else "RecipientResponseStatusNotAcceptable"


def revocation_status(document: Document, box: str) -> str:
    revocation = document.revocation
    if revocation is None:
        return "RevocationStatusNone"
    if revocation.status == "requested":
        return "RevocationIsRequestedByMe" if revocation.initiator_box == box else "RequestsMyRevocation"
    return "RevocationAccepted" if revocation.status == "accepted" else "RevocationRejected"


def receipt_status(document: Document, box: str, message: Message) -> str:
    if not document.needs_receipt:
        return "GeneralReceiptStatusNotAcceptable"
    if document.receipt:
        return "Finished"
    return "WaitingForReceipt" if box == message.from_box else "HaveToCreateReceipt"


def legacy_status(world: World, document: Document, box: str, message: Message) -> str:
    """The status enum of the document's own type, as the old blocks carry it."""
    side = direction(message, box)
    if document.sender_signature == "WaitingForSenderSignature":
        return f"{side}WaitingForSenderSignature"
    if document.sender_signature == "SenderSignatureCheckedAndInvalid":
        return f"{side}InvalidSenderSignature"
    if document.type in UNILATERAL:
        return side
    return side + _WORDS.get(response_status(world, document, box, message), "WaitingForRecipientSignature")


def resolution_json(world: World, document: Document, box: str) -> dict[str, Any]:
    resolution = document.resolutions.get(box)
    if resolution is None:
        return {"Type": "None", "AuthorUserId": "", "AuthorFIO": ""}
    author = world.users.get(resolution.author_user)
    target = world.users.get(resolution.target_user)
    return {
        "Type": resolution.kind,
        "Target": {
            "Department": "",
            "DepartmentId": resolution.target_department,
            "User": target.name if target else "",
            "UserId": resolution.target_user,
        },
        "AuthorUserId": resolution.author_user,
        "AuthorFIO": author.name if author else "",
    }


def docflow_status(world: World, document: Document, box: str, message: Message) -> dict[str, Any]:
    """Severity and text for people. All texts are invented; the real ones change without notice anyway."""
    severity, text = _primary(world, document, box, message)
    status: dict[str, Any] = {"PrimaryStatus": {"Severity": severity, "StatusText": text}}
    resolution = document.resolutions.get(box)
    if resolution and resolution.kind == "SignatureDenied":
        status["SecondaryStatus"] = {"Severity": "Error", "StatusText": "Отказано в запросе подписи"}
    if resolution and resolution.kind == "SignatureRequested":
        status["SecondaryStatus"] = {"Severity": "Warning", "StatusText": "Запрошена подпись"}
    return status


def _primary(world: World, document: Document, box: str, message: Message) -> tuple[str, str]:
    revocation = revocation_status(document, box)
    if revocation == "RevocationAccepted":
        return "Error", "Аннулирован"
    if revocation == "RevocationIsRequestedByMe":
        return "Warning", "Ожидается аннулирование"
    if revocation == "RequestsMyRevocation":
        return "Warning", "Требуется аннулирование"
    if document.sender_signature == "WaitingForSenderSignature":
        return "Warning", "Требуется подписать и отправить"
    if document.sender_signature == "SenderSignatureUnchecked":
        return "Info", "Проверяется подпись"
    if document.sender_signature == "SenderSignatureCheckedAndInvalid":
        return "Error", "Ошибка в подписи отправителя"
    if document.roaming == "RoamingNotificationStatusError":
        return "Error", "Ошибка доставки в роуминг"
    return _by_response(world, document, box, message)


def _by_response(world: World, document: Document, box: str, message: Message) -> tuple[str, str]:
    status = response_status(world, document, box, message)
    ours = box == message.from_box
    if status == "WithRecipientSignature":
        return "Success", "Подписан"
    if status == "WithRecipientPartiallySignature":
        return "Warning", "Подписан с разногласиями"
    if status == "RecipientSignatureRequestRejected":
        return "Error", "Контрагент отказал в подписи" if ours else "Отказано в подписи"
    if status == "InvalidRecipientSignature":
        return "Error", "Ошибка в подписи получателя"
    if not document.delivered_at:
        return "Info", "Отправлен, не доставлен"
    if status == "WaitingForRecipientSignature":
        return "Warning", "Ожидается подпись контрагента" if ours else "Требуется подпись"
    return "Success", "Документооборот завершен"
