"""Files that Diadoc makes: archives, print forms, protocols, XML of service documents. All but XML take a while."""

import base64
import io
import zipfile
from typing import Any

from sandbox.diadoc import service_xml, shelf
from sandbox.diadoc.api import Answer, Call, api, pending
from sandbox.diadoc.errors import bad, conflict, not_found
from sandbox.diadoc.ids import derived_id
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.pdf import simple_pdf
from sandbox.diadoc.reading import descendants
from sandbox.diadoc.signing import CMS_MARK

PRINTABLE = {"pdf", "doc", "docx", "rtf", "txt", "xls", "xlsx", "jpg", "jpeg", "png", "tif", "tiff", "xml"}


def _document(call: Call) -> tuple[str, Message, Document]:
    box = call.box()
    document = call.world.document(call.caller, box, call.need("messageId"), call.need("documentId"))
    return box, call.world.messages[document.message_id], document


def _is_pending(call: Call, what: str, document: Document) -> bool:
    state = str(document.modified_at)  # a changed document is made anew
    return call.world.count(what, document.id, state) < call.world.settings["generation_pending_calls"]


@api.get("/GenerateDocumentZip")
def generate_document_zip(call: Call) -> Answer | dict[str, Any]:
    box, message, document = _document(call)
    full = call.flag("fullDocflow", False)
    if _is_pending(call, f"zip {full}", document):
        if call.world.settings["zip_pending_answer"] == "200":
            return pending(call.world, 200, {"ZipFileNameOnShelf": ""})
        return pending(call.world)
    name = derived_id(document.id, str(document.modified_at), str(full)) + ".zip"
    shelf.put(call.world, call.caller, name, _zip(message, document, box, full))
    prefix = shelf.OWN if call.world.settings["zip_name_prefix"] else ""
    return {"ZipFileNameOnShelf": prefix + name}


def _zip(message: Message, document: Document, box: str, full: bool) -> bytes:
    """The document and its signatures; with `full` everything of its docflow that this box has."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for number, entity in enumerate(descendants(message, document)):
            is_own = entity is document.entity or (entity.kind == "Signature" and entity.parent == document.id)
            if box in entity.boxes and entity.content and (full or is_own):
                files.writestr(_name(message, entity, number), entity.content)
    return archive.getvalue()


def _name(message: Message, entity: Entity, number: int) -> str:
    if entity.kind == "Signature":
        signed = message.entities[entity.parent].file_name
        return f"{number:02}_{signed.replace('/', '_')}.sgn"
    name = entity.file_name or f"{entity.attachment_type}.txt"
    return f"{number:02}_{name.replace('/', '_')}"


@api.get("/GeneratePrintForm")
def generate_print_form(call: Call) -> Answer:
    _, message, document = _document(call)
    if document.entity.file_name.rpartition(".")[2].lower() not in PRINTABLE:
        raise conflict("Generating print form for this type of document is not supported")
    if call.world.count("print form conflict", document.id) < call.world.settings["print_form_conflicts"]:
        raise conflict("Generating print form for this type of document is not supported")
    if _is_pending(call, "print form", document):
        return pending(call.world, 200)
    name = derived_id(document.id, "print form") + ".pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    content = simple_pdf(document.entity.file_name, _stamps(call, message, document))
    return Answer(content, headers=headers, content_type="application/pdf")


def _stamps(call: Call, message: Message, document: Document) -> list[str]:
    """One line a signature, with the ids by which a test can find it."""
    lines = [f"Document {document.id}", f"of message {message.id}"]
    for entity in descendants(message, document):
        if entity.kind == "Signature":
            lines.append(f"Signed by INN {call.world.organizations[entity.signer_box].inn}, signature {entity.id}")
    return lines


@api.get("/GenerateDocumentProtocol")
def generate_document_protocol(call: Call) -> Answer | dict[str, str]:
    _, message, document = _document(call)
    if not document.sent_at:
        raise conflict("Протокол передачи недоступен для неотправленного документа")  # the text is invented
    if _is_pending(call, "protocol", document):
        return pending(call.world, 200)
    content = simple_pdf(f"Протокол {document.entity.file_name}", _stamps(call, message, document))
    return {
        "PrintForm": base64.b64encode(content).decode(),
        "Signature": base64.b64encode(CMS_MARK + b"protocol").decode(),
    }


@api.post("/V2/GenerateSignatureRejectionXml")
def generate_signature_rejection_xml(call: Call) -> Answer:
    return _service_xml(call, "SignatureRejection", "ErrorMessage")


@api.post("/V2/GenerateRevocationRequestXml")
def generate_revocation_request_xml(call: Call) -> Answer:
    if call.get("contentTypeId", "revocation_request_02") not in ("revocation_request_01", "revocation_request_02"):
        raise bad("contentTypeId must have valid value")
    return _service_xml(call, "RevocationRequest", "Comment")


@api.post("/V2/GenerateReceiptXml")
def generate_receipt_xml(call: Call) -> Answer:
    return _service_xml(call, "Receipt", "")


def _service_xml(call: Call, kind: str, reason_field: str) -> Answer:
    """Names of body members beyond the reason are not checked: no source shows them all."""
    box = call.box()
    body = call.body(f"{kind}GenerationRequest")
    message_id = call.get("messageId") or body.text("MessageId")
    entity_id = (call.get("attachmentId") or body.text("AttachmentId")).lower()
    message = call.world.message(box, message_id)
    if entity_id not in message.entities or box not in message.entities[entity_id].boxes:
        raise not_found("Attachment is not found")
    reason = body.text(reason_field) if reason_field else ""
    if reason_field and not reason:
        raise bad(f"{reason_field} must be specified")
    headers = {"Content-Disposition": f'attachment; filename="{service_xml.file_name(kind, entity_id)}"'}
    content = service_xml.write(kind, entity_id, reason)
    return Answer(content, headers=headers, content_type="application/xml; charset=windows-1251")
