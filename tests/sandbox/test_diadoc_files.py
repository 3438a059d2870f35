"""Downloading: originals, signatures, archives, print forms, protocols, XML of service documents."""

import base64
import io
import zipfile

import pytest
from pypdf import PdfReader
from requests import Response

from sandbox.diadoc.driver import CLERK, ROMASHKA, DiadocSandbox
from tests.sandbox.diadoc_letters import BOX, PDF, attachment, pairs, refusal, send


@pytest.fixture
def signed(diadoc_sandbox: DiadocSandbox) -> tuple[str, str]:
    """A document with a comment and both signatures."""
    message_id, (entity_id,) = send(diadoc_sandbox, attachment(Comment="к сделке"))
    diadoc_sandbox.sign_by_sender(message_id)
    diadoc_sandbox.sign_by_recipient(message_id)
    return message_id, entity_id


def get(sandbox: DiadocSandbox, method: str, where: tuple[str, str], **query: str) -> Response:
    name = "entityId" if "Entity" in method or "Message" in method else "documentId"
    return sandbox.call("GET", method, params={"boxId": BOX, "messageId": where[0], name: where[1], **query})


def archive(sandbox: DiadocSandbox, where: tuple[str, str], **query: str) -> zipfile.ZipFile:
    name = get(sandbox, "/GenerateDocumentZip", where, **query).json()["ZipFileNameOnShelf"].rpartition("/")[2]
    return zipfile.ZipFile(io.BytesIO(sandbox.call("GET", f"/V2/ShelfDownload?fileName={name}").content))


def test_the_original_comes_as_bytes(diadoc_sandbox: DiadocSandbox, signed):
    answer = get(diadoc_sandbox, "/V4/GetEntityContent", signed)

    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/octet-stream")


def test_unknown_contents_and_foreign_departments_are_refused(diadoc_sandbox: DiadocSandbox, signed):
    missing = get(diadoc_sandbox, "/V4/GetEntityContent", (signed[0], BOX))
    query = {"boxId": BOX, "messageId": signed[0], "entityId": signed[1]}
    foreign = diadoc_sandbox.call("GET", "/V4/GetEntityContent", user=CLERK, params=query)

    assert refusal(missing)[0] == 404
    assert refusal(foreign) == (403, "У вас нет доступа к документу")


def test_the_entities_of_one_document_carry_timestamped_signatures_by_default(diadoc_sandbox, signed):
    def signatures(**query: str) -> list[dict]:
        entities = get(diadoc_sandbox, "/V6/GetMessage", signed, **query).json()["Entities"]
        return [entity for entity in entities if entity["EntityType"] == "Signature"]

    stamped, original = signatures(), signatures(originalSignature="")

    assert [entity["ParentEntityId"] for entity in original] == [signed[1]] * 2
    assert [entity["ParentEntityId"] for entity in stamped] == [entity["EntityId"] for entity in original]
    contents = [
        get(diadoc_sandbox, "/V4/GetEntityContent", (signed[0], entity["EntityId"])).content
        for entity in (original[0], stamped[0])
    ]
    assert contents[1].startswith(contents[0])
    assert len(contents[1]) > len(contents[0])


def test_a_signature_tells_who_signed(diadoc_sandbox: DiadocSandbox, signed):
    entities = get(diadoc_sandbox, "/V6/GetMessage", signed, originalSignature="").json()["Entities"]
    signature = next(entity for entity in entities if entity["EntityType"] == "Signature")

    query = {"boxId": BOX, "messageId": signed[0], "entityId": signature["EntityId"]}
    info = diadoc_sandbox.call("GET", "/GetSignatureInfo", params=query).json()

    assert (info["BoxId"], info["Inn"]) == (BOX, ROMASHKA.inn)


@pytest.mark.parametrize(("form", "status", "body"), [("204", 204, None), ("200", 200, {"ZipFileNameOnShelf": ""})])
def test_an_archive_is_not_ready_at_first_in_either_form(diadoc_sandbox, signed, form, status, body):
    diadoc_sandbox.settings(zip_pending_answer=form, generation_pending_calls=2)

    answers = [get(diadoc_sandbox, "/GenerateDocumentZip", signed, fullDocflow="true") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert (answers[0].json() if answers[0].content else None) == body
    assert answers[2].json()["ZipFileNameOnShelf"].startswith("__userId__/")
    assert "Retry-After" not in answers[2].headers


def test_an_archive_holds_the_document_and_its_signatures(diadoc_sandbox: DiadocSandbox, signed):
    diadoc_sandbox.settings(generation_pending_calls=0, zip_name_prefix=False)

    own, full = archive(diadoc_sandbox, signed), archive(diadoc_sandbox, signed, fullDocflow="true")

    assert own.read(own.namelist()[0]) == PDF
    assert sum(name.endswith(".sgn") for name in own.namelist()) == 2
    assert (len(own.namelist()), len(full.namelist())) == (3, 4)
    assert "к сделке".encode() in [full.read(name) for name in full.namelist()]


def test_a_print_form_is_empty_until_it_is_ready(diadoc_sandbox: DiadocSandbox, signed):
    diadoc_sandbox.settings(generation_pending_calls=2, retry_after_seconds=7)

    answers = [get(diadoc_sandbox, "/GeneratePrintForm", signed) for _ in range(3)]

    assert [(answer.status_code, answer.headers.get("Retry-After")) for answer in answers[:2]] == [(200, "7")] * 2
    assert [answer.content for answer in answers[:2]] == [b"", b""]
    assert answers[2].headers["Content-Disposition"].endswith('.pdf"')
    pdf = PdfReader(io.BytesIO(answers[2].content))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Договор.pdf"
    assert signed[1] in pdf.pages[0].extract_text()


def test_a_changed_document_is_printed_anew(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    first = [get(diadoc_sandbox, "/GeneratePrintForm", (message_id, entity_id)) for _ in range(2)]

    diadoc_sandbox.sign_by_sender(message_id)
    again = get(diadoc_sandbox, "/GeneratePrintForm", (message_id, entity_id))

    assert first[1].content
    assert (again.content, again.headers["Retry-After"]) == (b"", "1")


@pytest.mark.parametrize(("file_name", "status"), [("Смета.zip", 409), ("Смета.docx", 200), ("Смета", 409)])
def test_not_everything_has_a_print_form(diadoc_sandbox: DiadocSandbox, file_name: str, status: int):
    message_id, (entity_id,) = send(diadoc_sandbox, attachment(Metadata=pairs({"FileName": file_name})))

    answer = get(diadoc_sandbox, "/GeneratePrintForm", (message_id, entity_id))

    assert answer.status_code == status
    if status == 409:
        assert answer.text == "Generating print form for this type of document is not supported"


def test_a_409_may_pass(diadoc_sandbox: DiadocSandbox, signed):
    diadoc_sandbox.settings(print_form_conflicts=2, generation_pending_calls=0)

    statuses = [get(diadoc_sandbox, "/GeneratePrintForm", signed).status_code for _ in range(3)]

    assert statuses == [409, 409, 200]


def test_a_protocol_is_a_pdf_with_a_signature(diadoc_sandbox: DiadocSandbox, signed):
    waiting, ready = (get(diadoc_sandbox, "/GenerateDocumentProtocol", signed) for _ in range(2))

    assert (waiting.status_code, waiting.content, waiting.headers["Retry-After"]) == (200, b"", "1")
    assert base64.b64decode(ready.json()["PrintForm"]).startswith(b"%PDF-")
    assert base64.b64decode(ready.json()["Signature"])


def test_an_unsent_document_has_no_protocol(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    assert refusal(get(diadoc_sandbox, "/GenerateDocumentProtocol", (message_id, entity_id)))[0] == 409


@pytest.mark.parametrize(
    ("method", "member"),
    [("GenerateSignatureRejectionXml", "ErrorMessage"), ("GenerateRevocationRequestXml", "Comment")],
)
def test_service_documents_are_windows_1251_with_a_name(diadoc_sandbox: DiadocSandbox, signed, method, member):
    query = {"boxId": BOX, "messageId": signed[0], "attachmentId": signed[1]}

    answer = diadoc_sandbox.call("POST", f"/V2/{method}", params=query, json={member: "Неверная <сумма>"})
    empty = diadoc_sandbox.call("POST", f"/V2/{method}", params=query, json={"Other": 1})

    assert "Неверная &lt;сумма&gt;" in answer.content.decode("windows-1251")
    assert answer.headers["Content-Disposition"].endswith('.xml"')
    assert refusal(empty)[0] == 400
