"""PostMessage: the checks of a whole message, then the message."""

from typing import Any

from sandbox.diadoc import operations, packets, signing
from sandbox.diadoc.api import Call, api
from sandbox.diadoc.attachments import Attachment, read_attachment
from sandbox.diadoc.body import Fields
from sandbox.diadoc.changes import Change, announce
from sandbox.diadoc.errors import Refused, bad, cannot_sign, conflict, forbidden, locked_packet, no_department
from sandbox.diadoc.ids import HEAD_DEPARTMENT, new_id
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.organizations import has_department
from sandbox.diadoc.render.documents import NEW_TYPES
from sandbox.diadoc.render.messages import message_json
from sandbox.diadoc.seed import Organization, User
from sandbox.diadoc.state import World

MAX_DOCUMENTS = 40
LOCK_MODES = {"None": 1, "Send": 2, "Full": 3}
_TYPED_LISTS = ("Invoices", "NonformalizedDocuments", "Torg12Documents", "ProformaInvoices", "Contracts")


@api.post("/V3/PostMessage", takes_lock=False)
def post_message(call: Call) -> Any:
    body = call.body("MessageToPost")
    return operations.once(call, "PostMessage", lambda: _post(call, body), md5_default=True)


def _post(call: Call, body: Fields) -> dict[str, Any]:
    world, user = call.world, call.caller
    box = world.own_box(user, body.text("FromBoxId"), "MessageToPost.FromBoxId")
    message = _envelope(world, box, body)
    if not user.can_create:
        raise forbidden("У вас нет права создавать документы")  # the text is invented
    attachments = _attachments(call, body, message)
    if message.kind == "Letter":
        check_recipient(world, box, message.to_box)
    _check_signatures(user, message, attachments)
    check_lock(world, box, message.to_box, message.lock_mode)
    create(world, message, attachments, body, author=user)
    return message_json(world, message, box)


def _envelope(world: World, box: str, body: Fields) -> Message:
    is_draft = body.flag("IsDraft")
    if body.flag("IsInternal") or body.text("ProxyBoxId"):
        raise bad("Internal and proxified documents are not emulated here")
    to_box = world.organization(body.text("ToBoxId")).box if body.text("ToBoxId") else ""
    if not to_box and not is_draft:
        raise bad("MessageToPost.ToBoxId must be specified")
    if to_box == box:
        raise bad("MessageToPost.ToBoxId must differ from FromBoxId")
    lock_mode = "Full" if body.flag("LockPacket") else body.enum("LockMode", LOCK_MODES, "None")
    message = Message(new_id(), world.clock.tick(), box, to_box, "Draft" if is_draft else "Letter", lock_mode)
    message.is_delayed = body.flag("DelaySend")
    message.is_locked_draft = is_draft and body.flag("LockDraft")
    message.from_department, message.to_department = body.text("FromDepartmentId"), body.text("ToDepartmentId")
    for organization_box, department in ((box, message.from_department), (to_box, message.to_department)):
        if department and not has_department(world.organization(organization_box), department):
            raise no_department()
    return message


def _attachments(call: Call, body: Fields, message: Message) -> list[Attachment]:
    if any(body.has(name) for name in _TYPED_LISTS):
        raise bad("Typed lists of documents are not emulated here, use DocumentAttachments")
    given = list(body.items("DocumentAttachments"))
    if not 1 <= len(given) <= MAX_DOCUMENTS:
        raise bad(f"MessageToPost: number of documents must be from 1 to {MAX_DOCUMENTS}, got {len(given)}")
    unsigned = message.is_delayed or message.kind == "Draft"
    lenient = message.kind == "Draft" and not body.flag("StrictDraftValidation", True)
    attachments = [
        read_attachment(call, fields, f"MessageToPost.DocumentAttachments[{index}]", unsigned=unsigned, lenient=lenient)
        for index, fields in enumerate(given)
    ]
    custom_ids = [attachment.custom_id for attachment in attachments if attachment.custom_id]
    if len(set(custom_ids)) < len(custom_ids):
        raise bad("MessageToPost.DocumentAttachments: CustomDocumentId must be unique")
    return attachments


def check_recipient(world: World, box: str, to_box: str) -> None:
    """Raises 403 for a liquidated organization, 409 for one that does not want documents from us."""
    recipient, status = world.organizations[to_box], world.relation_status(box, to_box)
    if recipient.liquidated:
        raise forbidden("Организация ликвидирована")  # the text is invented
    if status == "RejectsMe":
        raise conflict("Recipient forbids to receive messages from blocked senders")
    is_known = status == "IsMyCounteragent"
    if recipient.sociability == "CounteragentsOnly" and not is_known:
        raise conflict("Recipient allows to receive messages only from counteragents")
    if recipient.is_roaming and not is_known:  # the same text; what the real one says here is unverified
        raise conflict("Recipient allows to receive messages only from counteragents")


def check_lock(world: World, box: str, to_box: str, lock_mode: str) -> None:
    if lock_mode != "Full":
        return
    if "AllowSendLockedPackets" not in world.organizations[box].features:
        status = world.settings["lock_full_status"]
        raise Refused(status, "Organization is not allowed to send documents in a packet with LockMode.Full")
    recipient: Organization | None = world.organizations.get(to_box)
    if recipient and recipient.is_roaming:
        text = "Locked packets cannot be sent to roaming organizations"  # the text is invented
        raise conflict(text, "DocumentService.NotAllowedForLockedPacket")


def _check_signatures(user: User, message: Message, attachments: list[Attachment]) -> None:
    if message.is_delayed or message.kind == "Draft":
        return
    if not user.can_sign:
        raise cannot_sign()
    signed = [attachment for attachment in attachments if attachment.signature is not None]
    if message.lock_mode != "None" and signed and len(signed) < len(attachments):
        raise bad("All documents of a locked packet must be signed")


def create(world: World, message: Message, attachments: list[Attachment], body: Fields, *, author: User | None) -> None:
    """Put the message into the sender's box. Signed documents are on their way at once."""
    message.hidden_reads = world.settings["fresh_404_reads"]
    message.hidden_finds = world.settings["custom_id_lag_reads"]
    packet_id = new_id()
    documents = [_document(world, message, attachment, packet_id) for attachment in attachments]
    linked = _link(world, message, documents, attachments)
    _structured_data(message, body, documents)
    world.messages[message.id] = message
    for document in documents:
        world.packets[document.packet_id].append(document)
        if document.custom_id:
            world.by_custom_id[message.from_box, document.custom_id].append(document)
    signatures = {
        document: attachment.signature
        for document, attachment in zip(documents, attachments, strict=True)
        if attachment.signature is not None
    }
    signing.sign_at_posting(world, message, signatures, author)
    own = Change(world, message)  # never committed: the message's own first event tells its packet
    for document, other in linked:
        if document.packet_id != other.packet_id:
            packets.join(world, [document, other], change=own)
    announce(world, message, message.from_box)


def _document(world: World, message: Message, attachment: Attachment, packet_id: str) -> Document:
    kind, box = attachment.kind, message.from_box
    attachment_type = "Title" if kind.type in NEW_TYPES else kind.type
    entity = Entity(new_id(), "Attachment", attachment_type, "", message.created, {box}, attachment.content)
    entity.file_name = attachment.file_name
    document = Document(
        message.add(entity),
        message.id,
        kind.type,
        kind.function,
        kind.version,
        attachment.workflow,
        attachment.metadata,
        packet_id,
        message.created,
        custom_data=attachment.custom_data,
        custom_id=attachment.custom_id,
        needs_answer=attachment.needs_answer,
        needs_receipt=attachment.needs_receipt,
        modified_at=message.created,
    )
    document.departments[box] = message.from_department or HEAD_DEPARTMENT
    document.departments[message.to_box] = message.to_department or HEAD_DEPARTMENT
    message.documents[entity.id] = document
    if attachment.comment:
        comment = attachment.comment.encode()
        message.add(Entity(new_id(), "Attachment", "AttachmentComment", entity.id, message.created, {box}, comment))
    return document


def _link(
    world: World, message: Message, documents: list[Document], attachments: list[Attachment]
) -> list[tuple[Document, Document]]:
    """Resolve InitialDocumentIds and SubordinateDocumentIds; the pairs that are linked."""
    linked = []
    for document, attachment in zip(documents, attachments, strict=True):
        for pair, is_initial in [(one, True) for one in attachment.initial] + [
            (one, False) for one in attachment.subordinate
        ]:
            other = _linked(world, message, documents, *pair)
            if other.message_id != message.id and "Full" in (message.lock_mode, _mode(world, other)):
                raise locked_packet()
            upper, lower = (other, document) if is_initial else (document, other)
            lower.initial_ids.append((upper.message_id, upper.id))
            upper.subordinate_ids.append((lower.message_id, lower.id))
            linked.append((document, other))
    return linked


def _mode(world: World, document: Document) -> str:
    return world.messages[document.message_id].lock_mode


def _linked(world: World, message: Message, documents: list[Document], message_id: str, entity_id: str) -> Document:
    if message_id:
        other = world.messages.get(message_id.lower())
        found = other.documents.get(entity_id.lower()) if other and message.from_box in other.boxes() else None
    else:
        found = next((document for document in documents if entity_id in (document.custom_id, document.id)), None)
    if found is None:
        raise bad(f"MessageToPost: linked document {entity_id[:60]} is not found")
    return found


def _structured_data(message: Message, body: Fields, documents: list[Document]) -> None:
    for fields in body.items("StructuredDataAttachments"):
        parent = next((one for one in documents if one.custom_id == fields.text("ParentCustomDocumentId")), None)
        if parent is None:
            raise bad("MessageToPost.StructuredDataAttachments: ParentCustomDocumentId is not found")
        entity = Entity(new_id(), "Attachment", "StructuredData", parent.id, message.created, {message.from_box})
        entity.content, entity.file_name = fields.blob("Content"), fields.text("FileName")
        message.add(entity)
