"""Messages and their changes. operation_id makes a repeat harmless: Diadoc answers it with the first result."""

from clients.diadoc.answers import Answer
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import GeneratedFile, Message, MessagePatch, MessagePatchToPost, MessageToPost
from clients.diadoc.models.messages import read_message, read_message_patch
from clients.diadoc.models.posting import as_json, base64_of, message_body, patch_body
from clients.diadoc.transport import ANYTHING, Transport
from errors import Unavailable


class Sending(Transport):
    """operation_id is required throughout: Diadoc's own default is the MD5 of the body, so that a wanted second
    letter would silently not be sent. While the first call is running, StillInProgress (an Unavailable) is raised."""

    def post_message(self, message: MessageToPost, *, operation_id: str) -> Message:
        """Save a message in our box. Success says nothing of delivery. Up to 40 documents and 70 MB in all.
        Raises Conflict (see conflicts.py), RequestRejected, NoAccess, SubscriptionEnded."""
        answer = self._post("V3/PostMessage", params={"operationId": operation_id}, body=message_body(message))
        return _message(answer)

    def post_message_patch(self, patch: MessagePatchToPost, *, operation_id: str) -> MessagePatch:
        """Change a message: sign, ask a person to sign, propose or refuse a revocation. Raises as post_message."""
        answer = self._post("V4/PostMessagePatch", params={"operationId": operation_id}, body=patch_body(patch))
        return read_message_patch(answer.json())

    def send_draft(self, *, box_id: str, draft_id: str, to_box_id: str = "", operation_id: str) -> Message:
        """Send a draft: the answer is another message, with another id. Raises Conflict when it was sent before."""
        body = {
            "BoxId": box_id_on_the_wire(box_id),
            "DraftId": draft_id,
            "ToBoxId": box_id_on_the_wire(to_box_id),
        }
        return _message(self._post("SendDraft", params={"operationId": operation_id}, body=as_json(body)))

    def recycle_draft(self, *, box_id: str, draft_id: str) -> None:
        """Throw a draft away. Raises Conflict (already_done) when it is gone."""
        self._post("RecycleDraft", params={"boxId": box_id_on_the_wire(box_id), "draftId": draft_id}, may_be_empty=True)

    def delete(self, *, box_id: str, message_id: str, entity_id: str = "") -> None:
        """Hide a message, or one document of it, in our box; what was sent is not recalled by it.
        Raises Conflict: already_done when it is gone, locked_packet for a part of a locked packet."""
        params = {"boxId": box_id_on_the_wire(box_id), "messageId": message_id, "documentId": entity_id}
        self._post("Delete", params=params, may_be_empty=True)

    def generate_revocation_request_xml(
        self,
        *,
        box_id: str,
        message_id: str,
        entity_id: str,
        comment: str,
        certificate_thumbprint: str = "",
        content_type_id: str = "revocation_request_02",
    ) -> GeneratedFile:
        """The proposal to annul, to be signed and posted as MessagePatchToPost.revocation_requests."""
        params = {
            "boxId": box_id_on_the_wire(box_id),
            "messageId": message_id,
            "attachmentId": entity_id,
            "contentTypeId": content_type_id,
        }
        signer = {"SignerCertificateThumbprint": certificate_thumbprint} if certificate_thumbprint else {}
        answer = self._post(
            "V2/GenerateRevocationRequestXml",
            params=params,
            body=as_json({"Comment": comment, "Signer": signer}),
            accept=ANYTHING,
        )
        return _generated(answer)

    def generate_signature_rejection_xml(
        self, *, box_id: str, message_id: str, entity_id: str, reason: str, signer_content: bytes
    ) -> GeneratedFile:
        """The refusal to sign, to be signed and posted as MessagePatchToPost.xml_signature_rejections.
        signer_content: XML about the signer, by the schema that Diadoc publishes for the title."""
        body = {
            "ErrorMessage": reason,
            "MessageId": message_id,
            "AttachmentId": entity_id,
            "SignerContent": base64_of(signer_content),
        }
        answer = self._post(
            "V2/GenerateSignatureRejectionXml",
            params={"boxId": box_id_on_the_wire(box_id)},
            body=as_json(body),
            accept=ANYTHING,
        )
        return _generated(answer)


def _message(answer: Answer) -> Message:
    message = read_message(answer.json())
    if not message.message_id:  # saved, but we do not know as what: the same operation_id will tell
        raise answer.failure(Unavailable, detail="an answer without a MessageId")
    return message


def _generated(answer: Answer) -> GeneratedFile:
    if not answer.body:
        raise answer.failure(Unavailable, detail="an answer without the document that was asked for")
    return GeneratedFile(file_name=answer.file_name, content=answer.body)
