"""Files that the sandbox Diadoc makes and gives."""

import io
import zipfile

import pytest

from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Download, NotReady
from tests.clients.diadoc_wire import LONG_WAIT, OURS, PDF, Wire, address, letter


@pytest.fixture
def wire(diadoc_sandbox):
    return Wire(diadoc_sandbox)


@pytest.fixture
def diadoc(wire) -> DiadocClient:
    return wire.diadoc


@pytest.fixture
def posted(diadoc):
    """An unsigned act: the message and its only document."""
    message = diadoc.post_message(letter(), operation_id="op-1")
    return message, message.documents[0]


@pytest.fixture
def signed(diadoc_sandbox, posted):
    diadoc_sandbox.sign_by_sender(posted[0].message_id)
    diadoc_sandbox.sign_by_recipient(posted[0].message_id)
    diadoc_sandbox.settings(retry_after_seconds=LONG_WAIT)
    return posted[1]


def test_a_signature_comes_down_as_bytes(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])
    to = io.BytesIO()

    diadoc.get_entity_content(
        box_id=OURS, message_id=message.message_id, entity_id=docflow.sender_signature_entity_id, to=to
    )

    assert len(to.getvalue()) > 10


@pytest.mark.parametrize(("answer", "has_prefix"), [("204", True), ("200", False)])
def test_an_archive_is_not_ready_and_then_holds_the_document(diadoc_sandbox, diadoc, signed, answer, has_prefix):
    diadoc_sandbox.settings(zip_pending_answer=answer, zip_name_prefix=has_prefix)

    first, name = (diadoc.generate_document_zip(**address(signed)) for _ in range(2))
    to = io.BytesIO()
    diadoc.shelf_download(name=name, to=to, starts_with=b"PK")

    assert first == NotReady(LONG_WAIT)
    with zipfile.ZipFile(to) as archive:
        assert PDF in {archive.read(member) for member in archive.namelist()}


def test_a_print_form_is_not_ready_and_then_a_pdf(diadoc, signed):
    to = io.BytesIO()

    first = diadoc.generate_print_form(**address(signed), to=to)
    empty = to.getvalue()
    second = diadoc.generate_print_form(**address(signed), to=to)

    assert first == NotReady(LONG_WAIT)
    assert empty == b""
    assert isinstance(second, Download)
    assert to.getvalue().startswith(b"%PDF")
    assert second.size == len(to.getvalue())


def test_a_print_form_that_is_ready_soon_is_waited_for(diadoc_sandbox, diadoc, signed):
    diadoc_sandbox.settings(retry_after_seconds=1)

    assert isinstance(diadoc.generate_print_form(**address(signed), to=io.BytesIO()), Download)


def test_a_protocol_is_not_ready_and_then_a_pdf_with_a_signature(diadoc, signed):
    first, second = (diadoc.generate_document_protocol(**address(signed)) for _ in range(2))

    assert first == NotReady(LONG_WAIT)
    assert second.print_form.startswith(b"%PDF")
    assert second.signature


def test_a_proposal_to_annul_is_written_as_xml(diadoc, signed):
    generated = diadoc.generate_revocation_request_xml(**address(signed), comment="Ошибка в сумме")

    assert generated.content.lstrip().startswith(b"<?xml")
    assert generated.file_name.endswith(".xml")
