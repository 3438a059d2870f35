"""`Document` as GetDocument answers it. Which empty fields are there and which are absent is a choice of ours."""

import base64
from typing import Any

from sandbox.diadoc.ids import long_box_id
from sandbox.diadoc.model import Document, Entity
from sandbox.diadoc.render import statuses
from sandbox.diadoc.state import World

NEW_TYPES = {"XmlProformaInvoice"}  # younger than the old enums
INJECTED_BYTES = 1_048_576
_NOT_ACCEPTABLE = "GeneralReceiptStatusNotAcceptable"


class Injection:
    """How much content one answer may still carry; what does not fit is left out silently."""

    def __init__(self, wanted: bool) -> None:
        self._left = INJECTED_BYTES if wanted else 0

    def content(self, entity: Entity) -> dict[str, Any]:
        content: dict[str, Any] = {"Size": entity.size}
        if entity.content and len(entity.content) <= self._left:
            self._left -= len(entity.content)
            content["Data"] = base64.b64encode(entity.content).decode()
        return content


def document_json(world: World, document: Document, box: str, injection: Injection | None = None) -> dict[str, Any]:
    message = world.messages[document.message_id]
    return {
        "IndexKey": _index_key(document),
        "MessageId": document.message_id,
        "EntityId": document.id,
        "CreationTimestampTicks": document.entity.created,
        "CounteragentBoxId": _counteragent(message.to_box if box == message.from_box else message.from_box),
        "DocumentType": "UnknownDocumentType" if document.type in NEW_TYPES else document.type,
        "InitialDocumentIds": _links(document.initial_ids),
        "SubordinateDocumentIds": _links(document.subordinate_ids),
        "Content": (injection or Injection(False)).content(document.entity),
        "FileName": document.entity.file_name,
        "DocumentDate": dict(document.metadata).get("DocumentDate", ""),
        "DocumentNumber": dict(document.metadata).get("DocumentNumber", ""),
        **({} if document.type in NEW_TYPES else {_legacy_name(document.type): _legacy(world, document, box)}),
        "IsDeleted": box in document.deleted_in,
        "DepartmentId": document.department(box),
        "IsTest": False,
        "FromDepartmentId": message.from_department,
        "ToDepartmentId": message.to_department,
        "CustomDocumentId": document.custom_id if box == message.from_box else "",
        **_course(world, document, box),
        "HasCustomPrintForm": False,
        "CustomData": custom_data(document, box, message.from_box),
        "PacketId": document.packet_id,
        "IsEncryptedContent": False,
        "IsRead": box == message.from_box,
        "PacketIsLocked": message.lock_mode == "Full",
        "LockMode": message.lock_mode,
        "ResolutionRouteId": "",
        "EditingSettingId": "",
        "AttachmentVersion": document.version,
        "TypeNamedId": document.type,
        "Function": document.function,
        "Version": document.version,
        "WorkflowId": document.workflow,
        "Title": title(document),
        "Metadata": metadata(document),
        "LastOuterDocflows": [],
        "ProxyBoxId": "",
        "ProxyDepartmentId": "",
        **({"Origin": origin(document)} if document.origin_draft else {}),
    }


def _course(world: World, document: Document, box: str) -> dict[str, Any]:
    """The fields that change while the document travels."""
    message = world.messages[document.message_id]
    receipt = statuses.receipt_status(document, box, message)
    confirmation = {"ReceiptStatus": _NOT_ACCEPTABLE, "DateTimeTicks": 0}
    return {
        "ForwardDocumentEvents": [],
        "DocumentDirection": statuses.direction(message, box),
        "SendTimestampTicks": document.sent_at,
        "DeliveryTimestampTicks": document.delivered_at,
        "LastModificationTimestampTicks": document.modified_at,
        "SenderSignatureStatus": document.sender_signature,
        "RecipientResponseStatus": statuses.response_status(world, document, box, message),
        "RevocationStatus": statuses.revocation_status(document, box),
        "RoamingNotificationStatus": document.roaming,
        "RoamingNotificationStatusDescription": document.roaming_text,
        "ProxySignatureStatus": "ProxySignatureStatusNone",
        "ResolutionStatus": statuses.resolution_json(world, document, box),
        "RecipientReceiptMetadata": {"ReceiptStatus": receipt, "ConfirmationMetadata": dict(confirmation)},
        "ConfirmationMetadata": confirmation,
        "AmendmentRequestMetadata": {"AmendmentFlags": 0, "ReceiptStatus": _NOT_ACCEPTABLE},
        "SenderReceiptMetadata": {"ReceiptStatus": _NOT_ACCEPTABLE},
        "DocflowStatus": statuses.docflow_status(world, document, box, message),
        "TtGisFixationCancellationStatus": "TtGisFixationCancellationStatusNone",
        "HasUnreadOutOfWorkflowUniversalMessages": False,
    }


def _legacy_name(type_name: str) -> str:
    return "NonformalizedDocumentMetadata" if type_name == "Nonformalized" else f"{type_name}Metadata"


def _legacy(world: World, document: Document, box: str) -> dict[str, Any]:
    message = world.messages[document.message_id]
    values = dict(document.metadata)
    block = {"DocumentStatus": statuses.legacy_status(world, document, box, message)}
    for old, new in (("Total", "TotalSum"), ("Vat", "TotalVat"), ("Grounds", "Grounds")):
        if new in values:
            block[old] = values[new]
    return block | {"ReceiptStatus": "ReceiptStatusNone"}


def _index_key(document: Document) -> str:
    return f"{document.entity.created:016X}{document.id.replace('-', '').upper()}"


def _counteragent(box: str) -> str:
    return long_box_id(box) if box else ""


def _links(links: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"MessageId": message_id, "EntityId": entity_id} for message_id, entity_id in links]


def origin(document: Document) -> dict[str, str]:
    return {"MessageType": "Draft", "MessageId": document.origin_draft}


def metadata(document: Document) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in document.metadata]


def custom_data(document: Document, box: str, owner: str) -> list[dict[str, str]]:
    """Tags belong to the box that set them."""
    if box != owner:
        return []
    return [{"Key": key, "Value": value} for key, value in document.custom_data.items()]


def title(document: Document) -> str:
    values = dict(document.metadata)
    if document.type in ("Nonformalized", "Contract") or "DocumentNumber" not in values:
        return document.entity.file_name
    return f"{document.type} №{values['DocumentNumber']} от {values.get('DocumentDate', '')}"
