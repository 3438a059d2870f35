"""Reading documents, messages and docflows."""

from collections.abc import Sequence

from clients.diadoc.answers import Answer
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import Docflow, Document, DocumentId, Message
from clients.diadoc.models.docflows import read_docflow
from clients.diadoc.models.documents import read_document
from clients.diadoc.models.messages import read_message
from clients.diadoc.models.posting import as_json
from clients.diadoc.transport import Transport
from errors import ServiceError, Unavailable

BATCH = 100
PAGES = 100  # a packet cannot have so many documents; an answer that says so is not believed for ever


class Documents(Transport):
    def get_document(self, *, box_id: str, message_id: str, entity_id: str) -> Document:
        """One document's state. Raises NotFoundThere, also for a moment right after it was posted."""
        params = _address(box_id, message_id, entity_id) | {"injectEntityContent": "false"}
        answer = self._get("V3/GetDocument", params=params)
        document = read_document(answer.json())
        if not document.entity_id:
            raise answer.failure(Unavailable, detail="an answer without an EntityId")
        return document

    def get_documents_by_message_id(self, *, box_id: str, message_id: str) -> tuple[Document, ...]:
        """All documents of a message."""
        params = {"boxId": box_id_on_the_wire(box_id), "messageId": message_id}
        return _documents(self._get("GetDocumentsByMessageId", params=params))

    def get_documents_by_custom_id(self, *, box_id: str, custom_document_id: str) -> tuple[Document, ...]:
        """What was posted with this id of ours: how to learn whether a sending that timed out was done."""
        params = {"boxId": box_id_on_the_wire(box_id), "customDocumentId": custom_document_id}
        return _documents(self._get("GetDocumentsByCustomId", params=params))

    def get_message(self, *, box_id: str, message_id: str, entity_id: str = "") -> Message:
        """A message with its entities, or with those of one document; no contents. Signatures are those that were
        given, not Diadoc's improved copies of them. Raises NotFoundThere."""
        params = _address(box_id, message_id, entity_id) | {"originalSignature": "true"}
        answer = self._get("V6/GetMessage", params=params)
        message = read_message(answer.json())
        if not message.message_id:
            raise answer.failure(Unavailable, detail="an answer without a MessageId")
        return message

    def get_docflows(self, *, box_id: str, document_ids: Sequence[DocumentId]) -> tuple[Docflow, ...]:
        """Docflows of many documents, a request for each hundred. Raises NoAccess unless the token's user may see
        all documents of the box, NotFoundThere when one is unknown."""
        found: list[Docflow] = []
        for start in range(0, len(document_ids), BATCH):
            requests = [_docflow_request(document) for document in document_ids[start : start + BATCH]]
            answer = self._post(
                "V4/GetDocflows", params={"boxId": box_id_on_the_wire(box_id)}, body=as_json({"Requests": requests})
            )
            found.extend(map(read_docflow, answer.json().items("Documents")))
        return tuple(found)

    def get_docflows_by_packet_id(self, *, box_id: str, packet_id: str) -> tuple[Docflow, ...]:
        """Docflows of a packet, all pages of it: one may be empty and not the last."""
        found: list[Docflow] = []
        key = ""
        for _ in range(PAGES):
            body = {"PacketId": packet_id, "Count": BATCH, "InjectEntityContent": False, "AfterIndexKey": key}
            answer = self._post(
                "V4/GetDocflowsByPacketId", params={"boxId": box_id_on_the_wire(box_id)}, body=as_json(body)
            )
            page = answer.json()
            found.extend(read_docflow(item.item("Document")) for item in page.items("Documents"))
            key = page.text("NextPageIndexKey")
            if not key:
                return tuple(found)
        raise answer.failure(ServiceError, detail="the packet has no end")


def _address(box_id: str, message_id: str, entity_id: str) -> dict[str, str]:
    return {"boxId": box_id_on_the_wire(box_id), "messageId": message_id, "entityId": entity_id}


def _docflow_request(document: DocumentId) -> dict[str, object]:
    address = {"MessageId": document.message_id, "EntityId": document.entity_id}
    return {"DocumentId": address, "InjectEntityContent": False}


def _documents(answer: Answer) -> tuple[Document, ...]:
    return tuple(map(read_document, answer.json().items("Documents")))
