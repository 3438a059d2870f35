"""Files of documents: originals and signatures, archives, print forms, protocols. All streamed with flat memory."""

from typing import BinaryIO

from clients.diadoc.answers import WAIT_SECONDS, StillInProgress
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import DocumentProtocol, Download, NotReady
from clients.diadoc.shelf import local_name
from clients.diadoc.transport import ANYTHING, Transport
from errors import Unavailable

LIMIT_BYTES = 100 * 1000 * 1000  # a document is at most 70 MB


class Files(Transport):
    """entity_id is the document's, in get_entity_content any entity's (a signature's, a refusal's …)."""

    def get_entity_content(
        self, *, box_id: str, message_id: str, entity_id: str, to: BinaryIO, limit_bytes: int = LIMIT_BYTES
    ) -> Download:
        """Write an entity's bytes into `to`; a signature is a detached CMS in DER. When it breaks off, `to` is cut
        back to where it was. Raises NotFoundThere when the entity has no content, NoAccess."""
        params = {"boxId": box_id_on_the_wire(box_id), "messageId": message_id, "entityId": entity_id}
        answer = self._get("V4/GetEntityContent", params=params, accept=ANYTHING, to=to, limit_bytes=limit_bytes)
        return Download(size=answer.size, file_name=answer.file_name)

    def generate_document_zip(
        self, *, box_id: str, message_id: str, entity_id: str, full_docflow: bool = True
    ) -> str | NotReady:
        """Have the legal set of one document packed; the archive's name for shelf_download once it is ready."""
        params = _document(box_id, message_id, entity_id) | {"fullDocflow": "true" if full_docflow else "false"}
        try:
            answer = self._get("GenerateDocumentZip", params=params)
        except StillInProgress as error:
            return NotReady(error.retry_after or WAIT_SECONDS)
        return local_name(answer.json().text("ZipFileNameOnShelf")) or NotReady(WAIT_SECONDS)

    def generate_print_form(
        self, *, box_id: str, message_id: str, entity_id: str, to: BinaryIO, limit_bytes: int = LIMIT_BYTES
    ) -> Download | NotReady:
        """Write the PDF with stamps into `to`, or nothing while it is being made (minutes are normal). Raises
        Conflict: no_print_form when the type has none; on a fresh document also a passing one."""
        try:
            answer = self._get(
                "GeneratePrintForm",
                params=_document(box_id, message_id, entity_id),
                accept=ANYTHING,
                to=to,
                starts_with=b"%PDF",
                limit_bytes=limit_bytes,
            )
        except StillInProgress as error:
            return NotReady(error.retry_after or WAIT_SECONDS)
        if not answer.size:
            return NotReady(WAIT_SECONDS)
        return Download(size=answer.size, file_name=answer.file_name)

    def generate_document_protocol(
        self, *, box_id: str, message_id: str, entity_id: str
    ) -> DocumentProtocol | NotReady:
        """The protocol of the exchange. Raises Conflict when there can be none."""
        try:
            answer = self._get("GenerateDocumentProtocol", params=_document(box_id, message_id, entity_id))
        except StillInProgress as error:
            return NotReady(error.retry_after or WAIT_SECONDS)
        if not answer.body:
            return NotReady(WAIT_SECONDS)
        item = answer.json()
        protocol = DocumentProtocol(print_form=item.content("PrintForm"), signature=item.content("Signature"))
        if not protocol.print_form:
            raise answer.failure(Unavailable, detail="a protocol without its PDF")
        return protocol


def _document(box_id: str, message_id: str, entity_id: str) -> dict[str, str]:
    return {"boxId": box_id_on_the_wire(box_id), "messageId": message_id, "documentId": entity_id}
