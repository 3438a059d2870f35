"""PostMessagePatch: several kinds of things done to one message at once, as one event."""

from typing import Any

from sandbox.diadoc import editing, operations, packets, refusing, service_xml, signing
from sandbox.diadoc.api import Call, api
from sandbox.diadoc.attachments import read_signature, read_signed_content
from sandbox.diadoc.body import Fields
from sandbox.diadoc.changes import Change, Undo
from sandbox.diadoc.errors import Refused, bad, cannot_sign, conflict, not_found
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.reading import owner
from sandbox.diadoc.render.messages import patch_json

_KNOWN = (
    *("Signatures", "XmlSignatureRejections", "RevocationRequests", "Receipts"),
    *("ResolutionRequests", "ResolutionRequestDenials", "CustomDataPatches", "EditDocumentPacketCommands"),
)
_FOREIGN = (
    *("CorrectionRequests", "RecipientTitles", "Resolutions", "ResolutionRequestCancellations", "EditingPatches"),
    *("ResolutionRequestDenialCancellations", "ResolutionRouteAssignments", "ResolutionRouteRemovals"),
    *("SignatureVerifications", "UniversalMessages", "TtGisFixationCancellationRequests"),
)


@api.post("/V4/PostMessagePatch", takes_lock=False)
def post_message_patch(call: Call) -> Any:
    """No default operationId is documented for this method, so without one every call is a new one."""
    body = call.body("MessagePatchToPost")
    md5_default = call.world.settings["patch_operation_md5"]
    return operations.once(call, "PostMessagePatch", lambda: _patch(call, body), md5_default=md5_default)


def _patch(call: Call, body: Fields) -> dict[str, Any]:
    box = call.world.own_box(call.caller, body.text("BoxId"), "MessagePatchToPost.BoxId")
    message = call.world.message(box, body.text("MessageId"))
    if any(body.has(name) and body.raw(name) for name in _FOREIGN):
        raise bad(f"{', '.join(_FOREIGN)} are not emulated here")
    if not any(body.raw(name) for name in _KNOWN):
        raise bad("MessagePatchToPost is empty")
    patch = Patch(call, box, message)
    undo = Undo(message)
    try:
        patch.carry_out(body)
    except Refused:
        undo.restore()
        raise
    patch.change.commit()
    return patch_json(call.world, patch.change, box)


class Patch:
    """One body being carried out."""

    def __init__(self, call: Call, box: str, message: Message) -> None:
        self.call, self.box, self.message = call, box, message
        self.change = Change(call.world, message, author_user=call.caller.id)
        self.revoked: list[Document] = []

    def carry_out(self, body: Fields) -> None:
        self.sign(body)
        self.refuse(body)
        self.request_revocation(body)
        self.check_revoked()
        self.send_receipts(body)
        editing.request_resolutions(self.change, self.box, self.call.caller, body)
        editing.deny_resolutions(self.change, self.box, body)
        editing.patch_custom_data(self.change, self.box, body)
        editing.edit_packets(self.change, self.box, body)

    def _parent(self, item: Fields) -> tuple[Entity, Document]:
        entity = self.message.entities.get(item.text("ParentEntityId").lower())
        document = owner(self.message, entity) if entity and self.box in entity.boxes else None
        if entity is None or document is None:
            raise not_found("Parent entity is not found")
        self.call.world.check_department(self.call.caller, self.box, document)
        return entity, document

    def _cms(self, item: Fields, place: str) -> bytes:
        if not self.call.caller.can_sign:
            raise cannot_sign()
        cms = read_signature(self.call, item, place)
        if cms is None:
            raise bad(f"{place}.Signature must be specified")
        return cms

    def _signed(self, item: Fields, place: str) -> tuple[bytes, bytes, str]:
        """XML, its signature, and the text in it."""
        if not self.call.caller.can_sign:
            raise cannot_sign()
        content, cms = read_signed_content(self.call, item, place, unsigned=False)
        if cms is None:
            raise bad(f"{place}.SignedContent.Signature must be specified")
        try:
            return content, cms, service_xml.reason(content)
        except ValueError:
            raise bad(f"{place}.SignedContent: content is not valid") from None

    def sign(self, body: Fields) -> None:
        documents: dict[Document, bytes] = {}
        for index, item in enumerate(body.items("Signatures")):
            cms = self._cms(item, f"MessagePatchToPost.Signatures[{index}]")
            entity, document = self._parent(item)
            if entity.attachment_type == "RevocationRequest":
                refusing.accept_revocation(self.change, document, self.box, cms)
                self.revoked.append(document)
            elif entity is document.entity:
                documents[document] = cms
            else:
                raise conflict(signing.TOO_LATE)
        if documents and self.box == self.message.from_box:
            signing.sign_by_sender(self.change, documents)
        elif documents:
            signing.sign_by_recipient(self.change, documents)

    def refuse(self, body: Fields) -> None:
        reasons: dict[Document, str] = {}
        last: tuple[bytes, bytes] = (b"", b"")
        for index, item in enumerate(body.items("XmlSignatureRejections")):
            entity, document = self._parent(item)
            xml, cms, reason = self._signed(item, f"MessagePatchToPost.XmlSignatureRejections[{index}]")
            if entity.attachment_type == "RevocationRequest":
                refusing.reject_revocation(self.change, document, self.box, reason, cms, xml)
                self.revoked.append(document)
            else:
                reasons[document], last = reason, (xml, cms)
        if reasons and self.box == self.message.from_box:
            raise conflict("Отказать в подписи может только получатель")  # the text is invented
        if reasons:
            refusing.refuse(self.change, reasons, last[1], form="xml", xml=last[0] if len(reasons) == 1 else b"")

    def request_revocation(self, body: Fields) -> None:
        for index, item in enumerate(body.items("RevocationRequests")):
            _, document = self._parent(item)
            xml, cms, reason = self._signed(item, f"MessagePatchToPost.RevocationRequests[{index}]")
            refusing.request_revocation(self.change, document, self.box, reason, cms, xml)
            self.revoked.append(document)

    def check_revoked(self) -> None:
        """A fully locked packet is annulled whole."""
        if self.revoked:
            delivered = [one for one in self.message.documents.values() if one.delivered_at]
            packets.check_whole(self.message, self.revoked, delivered, {"Full"})

    def send_receipts(self, body: Fields) -> None:
        for index, item in enumerate(body.items("Receipts")):
            _, document = self._parent(item)
            xml, cms, _ = self._signed(item, f"MessagePatchToPost.Receipts[{index}]")
            editing.send_receipt(self.change, document, self.box, cms, xml)
