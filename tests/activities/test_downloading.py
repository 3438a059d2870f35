import io
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from activities import file_names
from activities.context import Context
from activities.downloading import fetch
from clients.diadoc.models import DocumentToPost
from clients.diadoc.states import EntityType
from errors import NotFoundThere
from registry.tables import Box, Document, Package
from tests.activities import sent_packages
from tests.activities.sent_packages import Sender

LARGE = 70_000_000


@pytest.fixture
def sender(context: Context, box: Box, diadoc_sandbox: Any) -> Sender:
    diadoc_sandbox.settings(generation_pending_calls=0)
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def signed(sender: Sender, diadoc_sandbox: Any) -> Package:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    return package


def content(context: Context, blob: str) -> bytes:
    with context.blobs.open(blob) as source:
        return source.read()


def test_the_original_is_the_bytes_that_were_sent(context, box, sender, signed):
    documents = sender.documents(signed)

    [original], missing = fetch(context, box, documents, ["original"])

    assert missing == []
    assert content(context, original.file.blob) == b"%PDF-1.7 " + documents[0].file_name.encode()
    assert original.file.size == len(content(context, original.file.blob))


def test_signatures_are_those_of_both_sides(context, box, sender, signed):
    signatures, _ = fetch(context, box, sender.documents(signed), ["signatures"])

    assert [one.kind for one in signatures] == ["signature", "signature"]
    assert all(one.file.size > 0 for one in signatures)


def test_a_content_named_twice_is_fetched_once(context, box, sender, signed):
    files, _ = fetch(context, box, sender.documents(signed), ["original", "original"])

    assert len(files) == 1


def test_papers_of_one_name_get_different_file_names(context, box, sender, diadoc_sandbox):
    package = sender.send("act", "act")
    documents = sender.documents(package)
    for document in documents:
        document.number = "7"

    files, _ = fetch(context, box, documents, ["archive"])

    assert [one.file.file_name for one in files] == [
        "Акт № 7 от 20.11.2026 с подписями.zip",
        "Акт № 7 от 20.11.2026 с подписями (2).zip",
    ]


def test_a_protocol_of_an_unsent_document_is_missing(context, box, sender):
    package = sender.send("act")

    files, [missing] = fetch(context, box, sender.documents(package), ["protocol"])

    assert files == []
    assert missing.code == f"protocol:{missing.document.id}"
    assert missing.text("en").startswith("Exchange protocol, ")


def test_bytes_that_diadoc_does_not_know_are_an_error(context, box, sender, signed):
    [document] = sender.documents(signed)
    document.entity_id = "00000000-0000-0000-0000-000000000000"

    with pytest.raises(NotFoundThere):
        fetch(context, box, [document], ["original"])


def test_a_reply_title_comes_with_the_signatures(context, box, sender, signed, monkeypatch):
    """A formal document is answered by a title, which is nothing without its signature, nor the other way round."""
    client = context.diadoc(box)
    [document] = sender.documents(signed)
    message = client.get_message(box_id=box.box_id, message_id=signed.message_id or "")
    ours, theirs = [one for one in message.entities if one.is_signature and one.parent_entity_id == document.entity_id]
    title = replace(ours, entity_type=EntityType.ATTACHMENT, attachment_type="UniversalTransferDocumentBuyerTitle")
    formal = replace(message, entities=(ours, title, replace(theirs, parent_entity_id=title.entity_id)))
    monkeypatch.setattr("clients.diadoc.client.DiadocClient.get_message", lambda client, **place: formal)

    files, _ = fetch(context, box, [document], ["signatures"])

    assert [one.kind for one in files] == ["answer", "signature", "signature"]


def test_the_largest_document_is_fetched_with_flat_memory(context, box, sender, monkeypatch):
    name = sender.client.shelf_upload(io.BytesIO(b"%PDF-1.7 " + bytes(LARGE - 9)), ".pdf")
    monkeypatch.setattr(sent_packages, "_to_post", lambda document: from_shelf(document, name))
    documents = sender.documents(sender.send("letter"))
    tracemalloc.start()
    try:
        [original, archive], _ = fetch(context, box, documents, ["original", "archive"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert original.file.size == LARGE
    assert archive.file.size > 0
    assert peak < 20_000_000


def from_shelf(document: Document, name: str) -> DocumentToPost:
    return DocumentToPost(
        type_named_id=document.document_type,
        custom_document_id=document.custom_document_id or "",
        name_on_shelf=name,
        metadata={"FileName": document.file_name},
        need_recipient_signature=False,
    )


# Names


def paper(**values: Any) -> Document:
    return Document(**({"id": 5, "document_type": "AcceptanceCertificate", "number": "", "date": ""} | values))


@pytest.mark.parametrize(
    ("number", "title"),
    [
        ("7", "Акт № 7 от 20.11.2026"),
        ("7/2", "Акт № 7-2 от 20.11.2026"),
        ('a<b>:"|?*\\c', "Акт № a-b-c от 20.11.2026"),
        ("[URL=x]", "Акт № -URL=x- от 20.11.2026"),
        ("7\n8", "Акт № 7-8 от 20.11.2026"),
    ],
)
def test_a_title_is_safe_as_a_file_name(number, title):
    assert file_names.title_of(paper(number=number, date="20.11.2026"), "ru") == title


def test_a_title_is_told_in_the_language_of_the_portal():
    document = paper(number="7", date="20.11.2026")

    assert file_names.made_of(document, "archive", "en").endswith(" No. 7 of 20.11.2026 with signatures.zip")


def test_without_a_number_the_file_gives_its_name():
    assert file_names.title_of(paper(file_name="Договор.docx"), "ru") == "Договор"


def test_a_long_name_keeps_its_ending():
    name = file_names.original(paper(file_name="я" * 300 + ".pdf"))

    assert (len(name), name[-4:]) == (104, ".pdf")


@pytest.mark.parametrize("file_name", ["", "...", "///"])
def test_a_file_without_a_name_gets_the_documents_number(file_name):
    assert file_names.original(paper(file_name=file_name)) in ("5", "-")


def test_equal_names_are_numbered_whatever_their_case():
    assert file_names.unique(["a.pdf", "A.pdf", "b.pdf", "a.pdf"]) == ["a.pdf", "A (2).pdf", "b.pdf", "a (3).pdf"]
