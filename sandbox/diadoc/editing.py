"""What a box does to its own side of a message: requests, tags, packets, deletion, moving; and receipts."""

from typing import Any

from sandbox.diadoc import packets, service_xml
from sandbox.diadoc.attachments import check_tag
from sandbox.diadoc.body import Fields
from sandbox.diadoc.changes import Change
from sandbox.diadoc.errors import bad, conflict, forbidden, locked_packet, no_department, not_found
from sandbox.diadoc.ids import HEAD_DEPARTMENT
from sandbox.diadoc.model import Document, Message, Resolution
from sandbox.diadoc.organizations import has_department
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World

TAG_EDITS, TAG_PATCHES = 10, 15
REQUEST_TYPES = {"ApprovementRequest": 0, "SignatureRequest": 1, "ApprovementSignatureRequest": 2, "Custom": 3}
_OPERATIONS = {"Set": 0, "Remove": 1}


def _document(message: Message, box: str, entity_id: str) -> Document:
    document = message.documents.get(entity_id.lower())
    if document is None or box not in document.entity.boxes:
        raise not_found(f"Документ {entity_id[:60]} не найден")
    return document


# --- requests to sign


def request_resolutions(change: Change, box: str, author: User, body: Fields) -> None:
    for item in body.items("ResolutionRequests"):
        if not author.can_request_resolutions:
            raise forbidden("У вас нет права запрашивать согласование или подпись")  # the text is invented
        if item.enum("Type", REQUEST_TYPES, "ApprovementRequest") != "SignatureRequest":
            raise bad("Only ResolutionRequests of type SignatureRequest are emulated here")
        document = _document(change.message, box, item.text("InitialDocumentId"))
        target, department = item.text("TargetUserId").lower(), item.text("TargetDepartmentId").lower()
        _check_target(change.world, box, target, department)
        request_signature(change, document, box, target, department, author.id, item.text("Comment"))


def _check_target(world: World, box: str, target_user: str, target_department: str) -> None:
    if bool(target_user) == bool(target_department):
        raise bad("Exactly one of TargetUserId, TargetDepartmentId must be specified")
    if target_department and not has_department(world.organizations[box], target_department):
        raise no_department()
    if target_user and (target_user not in world.users or box not in world.users[target_user].boxes):
        raise not_found("Target user is not found")


def request_signature(
    change: Change, document: Document, box: str, target_user: str, target_department: str, author: str, comment: str
) -> None:
    """Ask a colleague to sign: before our own signature, or as the recipient. Raises 409."""
    is_ours = box == change.message.from_box
    if document.sent_at if is_ours else document.answer is not None:
        raise conflict("Текущее состояние документа не позволяет запросить подпись")  # the text is invented
    info = {
        "ResolutionRequestInfo": {
            "RequestType": "SignatureRequest",
            "Author": change.world.users[author].name if author in change.world.users else "",
            "Target": {"UserId": target_user, "DepartmentId": target_department},
        }
    }
    entity = change.attach(
        "Attachment", "ResolutionRequest", document.id, content=comment.encode(), info=info, boxes={box}
    )
    document.resolutions[box] = Resolution(
        "SignatureRequested", target_user, target_department, author, entity.id, comment
    )
    change.only_in(box)
    change.touch(document)


def deny_resolutions(change: Change, box: str, body: Fields) -> None:
    for item in body.items("ResolutionRequestDenials"):
        request_id = item.text("InitialRequestId").lower()
        for document in change.message.documents_of(box):
            resolution = document.resolutions.get(box)
            if resolution and resolution.request_id == request_id:
                deny_signature(change, document, box, item.text("Comment"))
                break
        else:
            raise not_found("Resolution request is not found")


def deny_signature(change: Change, document: Document, box: str, comment: str) -> None:
    """The colleague who was asked to sign says no. Raises 409 when nobody was asked."""
    resolution = document.resolutions.get(box)
    if resolution is None or resolution.kind != "SignatureRequested":
        raise conflict("Нет запроса подписи, в котором можно отказать")  # the text is invented
    info = {"ResolutionRequestDenialInfo": {"InitialRequestId": resolution.request_id}}
    content = comment.encode()
    change.attach("Attachment", "ResolutionRequestDenial", document.id, content=content, info=info, boxes={box})
    author = change.author_user or resolution.target_user
    document.resolutions[box] = Resolution("SignatureDenied", author_user=author, comment=comment)
    change.only_in(box)
    change.touch(document)


# --- tags


def patch_custom_data(change: Change, box: str, body: Fields) -> None:
    patches = list(body.items("CustomDataPatches"))
    if len(patches) > TAG_PATCHES:
        raise bad(f"more than {TAG_PATCHES} CustomDataPatches")
    for item in patches:
        document = _document(change.message, box, item.text("ParentEntityId"))
        key, value = item.text("Key"), item.text("Value")
        check_tag(key, value)
        if change.world.count("tag edits", document.id) >= TAG_EDITS:
            raise conflict("Превышено количество изменений CustomData")  # the text is invented
        known = next((one for one in document.custom_data if one.lower() == key.lower()), key)
        if item.enum("Operation", _OPERATIONS, "Set") == "Set":
            document.custom_data[known] = value
        else:
            document.custom_data.pop(known, None)
        change.attach("Attachment", "CustomData", document.id, boxes={box})
        change.only_in(box)
        change.touch(document)


# --- packets


def edit_packets(change: Change, box: str, body: Fields) -> None:
    for item in body.items("EditDocumentPacketCommands"):
        document = _document(change.message, box, item.text("DocumentId"))
        added = [_by_address(change.world, box, one) for one in item.items("AddDocumentsToPacket")]
        removed = [_by_address(change.world, box, one) for one in item.items("RemoveDocumentsFromPacket")]
        edit_packet(change, box, document, added, removed)


def _by_address(world: World, box: str, address: Fields) -> Document:
    return _document(world.message(box, address.text("MessageId")), box, address.text("EntityId"))


def edit_packet(change: Change, box: str, document: Document, added: list[Document], removed: list[Document]) -> None:
    together = change.world.packets[document.packet_id]
    if set(removed) - set(together) or len(removed) >= len(together) + len(added):
        raise conflict("Документ не состоит в этом пакете с другими документами")  # the text is invented
    if added:
        packets.join(change.world, [document, *added], change=change)
    for one in removed:
        packets.leave(change.world, one, change)
    change.touch(document)


# --- deletion, moving


def delete(change: Change, box: str, documents: list[Document]) -> None:
    """Hide documents in one box. Raises 409 when they are hidden already, or are a part of a locked packet."""
    message = change.message
    if all(box in one.deleted_in for one in documents) and (documents or box in message.deleted_in):
        raise conflict("Документ уже удален")  # the text is invented
    if message.lock_mode == "Full" and set(documents) != set(message.documents_of(box)):
        raise locked_packet()
    for document in documents:
        document.deleted_in.add(box)
        change.entity_patches.append(_entity_patch(document, DocumentIsDeleted=True))
        change.touch(document)
    if all(box in one.deleted_in for one in message.documents_of(box)):
        message.deleted_in.add(box)
        change.flags["MessageIsDeleted"] = True
    change.only_in(box)


def restore(change: Change, box: str, documents: list[Document]) -> None:
    hidden = [document for document in documents if box in document.deleted_in]
    if not hidden:
        raise conflict("Документ не удален")  # the text is invented
    for document in hidden:
        document.deleted_in.discard(box)
        change.entity_patches.append(_entity_patch(document, DocumentIsRestored=True))
        change.touch(document)
    if box in change.message.deleted_in:
        change.message.deleted_in.discard(box)
        change.flags["MessageIsRestored"] = True
    change.only_in(box)


def move(change: Change, box: str, documents: list[Document], department: str) -> None:
    if not has_department(change.world.organizations[box], department):
        raise no_department()
    packets.check_whole(change.message, documents, change.message.documents_of(box), {"Full"})
    for document in documents:
        document.departments[box] = department or HEAD_DEPARTMENT
        change.attach("Attachment", "MoveDocument", document.id, boxes={box})
        change.entity_patches.append(_entity_patch(document, MovedToDepartment=document.department(box)))
        change.touch(document)
    change.only_in(box)


def _entity_patch(document: Document, **what: Any) -> dict[str, Any]:
    empty = {"DocumentIsDeleted": False, "MovedToDepartment": "", "DocumentIsRestored": False}
    return {"EntityId": document.id, **empty, "ContentIsPatched": False, "ForwardedToBoxId": "", **what}


# --- receipts


def send_receipt(change: Change, document: Document, box: str, cms: bytes, xml: bytes = b"") -> None:
    if box != change.message.to_box or not document.needs_receipt or document.receipt:
        raise conflict("Извещение о получении не требуется")  # the text is invented
    content = xml or service_xml.write("Receipt", document.id, "")
    name = service_xml.file_name("Receipt", document.id)
    document.receipt = change.attach("Attachment", "Receipt", document.id, content=content, file_name=name)
    change.sign(document.receipt.id, box, cms)
    change.touch(document)
