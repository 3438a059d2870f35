import io

import pytest

from activities import sources
from activities.crm import Card
from activities.crm_ids import DEAL, CrmItem
from activities.sources import Source, take
from errors import (
    DocumentNotReady,
    FieldNotFound,
    FileAmbiguous,
    FileEmpty,
    FileNotFound,
    FileTooLarge,
    InputInvalid,
    NotConfigured,
)
from sandbox.portal.driver import CONTRACT_FILE, FILES, SMART_FILES, SMART_ITEM, SMART_TYPE, STATE

PDF = b"%PDF-1.4 a paper"


@pytest.fixture
def card(lonely_context):
    return Card(lonely_context, CrmItem(DEAL, 1))


@pytest.fixture
def take_file(lonely_context, again, card):
    """take_file(source="field", …): as a call of its own."""

    def take_file(**inputs):
        return take(again(lonely_context), Source(**inputs), card)

    return take_file


def kept(context, taken):
    with context.blobs.open(taken.blob) as file:
        return file.read()


def generate(context, template_id=39):
    wanted = {"templateId": template_id, "entityTypeId": DEAL, "entityId": 1}
    return int(context.bitrix24.call("crm.documentgenerator.document.add", wanted)["document"]["id"])


def upload(context, name, content):
    folder_id = context.bitrix24.disk_storage_get_for_app().root_folder_id
    file = context.bitrix24.disk_folder_upload_file(
        folder_id=folder_id, file_name=name, content=io.BytesIO(content), size=len(content)
    )
    return file.id


def test_the_only_file_of_a_field_needs_no_number(lonely_context, take_file, portal_sandbox):
    portal_sandbox.put_file(FILES, "Счёт № 17.pdf", PDF)

    taken = take_file(source="field", file_field=FILES)

    assert (taken.file_name, taken.size) == ("Счёт № 17.pdf", len(PDF))
    assert kept(lonely_context, taken) == PDF


def test_a_field_of_one_file_is_read_too(lonely_context, take_file, portal_sandbox):
    portal_sandbox.put_file(CONTRACT_FILE, "Договор.docx", b"PK")

    assert take_file(source="field", file_field=CONTRACT_FILE).file_name == "Договор.docx"


def test_among_several_files_a_number_chooses(take_file, portal_sandbox):
    portal_sandbox.put_file(FILES, "first.pdf", PDF)
    portal_sandbox.put_file(FILES, "second.pdf", PDF + b"2")

    with pytest.raises(FileAmbiguous) as caught:
        take_file(source="field", file_field=FILES)
    taken = take_file(source="field", file_field=FILES, file_number=2)

    assert caught.value.facts["count"] == 2
    assert taken.file_name == "second.pdf"


@pytest.mark.parametrize(("number", "error"), [(3, FileNotFound), (0, InputInvalid), (-1, InputInvalid)])
def test_a_number_beyond_the_files_is_refused(take_file, portal_sandbox, number, error):
    portal_sandbox.put_file(FILES, "first.pdf", PDF)

    with pytest.raises(error):
        take_file(source="field", file_field=FILES, file_number=number)


@pytest.mark.parametrize("spelling", ["ufCrmDocuments", "uf_crm_documents"])
def test_a_field_is_found_by_any_spelling_of_its_code(take_file, portal_sandbox, spelling):
    portal_sandbox.put_file(FILES, "first.pdf", PDF)

    assert take_file(source="field", file_field=spelling).file_name == "first.pdf"


def test_a_file_tells_where_it_was_taken_from(lonely_context, take_file, portal_sandbox):
    portal_sandbox.put_file(FILES, "Счёт № 17.pdf", PDF)
    file_id = portal_sandbox.put_file(FILES, "Акт.pdf", PDF)
    made = generate(lonely_context)

    of_field = take_file(source="field", file_field="ufCrmDocuments", file_number=2)
    of_generator = take_file(source="generated", generated_format="docx")

    assert of_field.origin == f"field:{FILES}:{file_id}"
    assert of_generator.origin == f"generated:{made}"


def test_a_smart_process_has_its_files_too(lonely_context, portal_sandbox):
    portal_sandbox.put_file(SMART_FILES, "act.pdf", PDF, SMART_TYPE, SMART_ITEM)
    card = Card(lonely_context, CrmItem(SMART_TYPE, SMART_ITEM))

    assert take(lonely_context, Source(source="field", file_field=SMART_FILES), card).file_name == "act.pdf"


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("UF_CRM_NOWHERE", FieldNotFound),
        (STATE, InputInvalid),
        ("title", InputInvalid),
        (FILES, FileNotFound),
        ("", InputInvalid),
    ],
)
def test_a_field_without_files_says_what_is_wrong(take_file, field, error):
    with pytest.raises(error) as caught:
        take_file(source="field", file_field=field)

    assert field in str(caught.value.facts) + caught.value.text("ru")


def test_an_empty_file_is_refused(take_file, portal_sandbox):
    portal_sandbox.put_file(FILES, "empty.pdf", b"")

    with pytest.raises(FileEmpty) as caught:
        take_file(source="field", file_field=FILES)

    assert "empty.pdf" in caught.value.text("ru")


def test_a_file_beyond_diadocs_limit_is_refused(take_file, portal_sandbox, monkeypatch):
    monkeypatch.setattr(sources, "LIMIT_BYTES", 1000)
    portal_sandbox.put_file(FILES, "just.pdf", b"x" * 1000)
    portal_sandbox.put_file(FILES, "large.pdf", b"x" * 1001)

    just = take_file(source="field", file_field=FILES, file_number=1)
    with pytest.raises(FileTooLarge):
        take_file(source="field", file_field=FILES, file_number=2)

    assert just.size == 1000


def test_a_repeated_call_keeps_the_bytes_it_took_first(lonely_context, card, portal_sandbox):
    portal_sandbox.put_file(CONTRACT_FILE, "draft.docx", b"first")
    first = take(lonely_context, Source(source="field", file_field=CONTRACT_FILE), card)
    portal_sandbox.put_file(CONTRACT_FILE, "draft.docx", b"second")

    again = take(lonely_context, Source(source="field", file_field=CONTRACT_FILE), card)

    assert again == first
    assert kept(lonely_context, again) == b"first"


def test_the_newest_generated_document_is_taken_as_pdf_once_it_is_made(lonely_context, take_file):
    generate(lonely_context)
    newest = generate(lonely_context, template_id=40)

    taken = take_file(source="generated")

    assert kept(lonely_context, taken).startswith(b"%PDF")
    assert taken.file_name.endswith(".pdf")
    assert take_file(source="generated", generated_document_id=str(newest)) == taken


def test_a_generated_document_is_taken_as_docx_at_once(lonely_context, take_file, portal_sandbox):
    portal_sandbox.settings(pdf_delay_seconds=3600)
    document_id = generate(lonely_context)

    taken = take_file(source="generated", generated_document_id=str(document_id), generated_format="docx")

    assert kept(lonely_context, taken).startswith(b"PK")
    assert taken.file_name.endswith(".docx")


def test_a_pdf_that_takes_long_is_waited_for_in_another_attempt(lonely_context, take_file, portal_sandbox, monkeypatch):
    monkeypatch.setattr(sources, "PDF_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(sources, "PDF_POLL_SECONDS", 0.05)
    portal_sandbox.settings(pdf_delay_seconds=3600)
    generate(lonely_context)

    with pytest.raises(DocumentNotReady) as caught:
        take_file(source="generated")

    assert caught.value.temporary


def test_a_pdf_that_the_portal_cannot_make_is_given_up(lonely_context, take_file, portal_sandbox):
    portal_sandbox.settings(pdf_error="Шаблон повреждён", pdf_delay_seconds=0)
    generate(lonely_context)

    with pytest.raises(DocumentNotReady) as caught:
        take_file(source="generated")

    assert not caught.value.temporary
    assert "Шаблон повреждён" in caught.value.text("ru")


@pytest.mark.parametrize("document_id", ["", "404"])
def test_no_generated_document_is_a_missing_file(take_file, document_id):
    with pytest.raises(FileNotFound):
        take_file(source="generated", generated_document_id=document_id)


@pytest.mark.parametrize("prefix", ["", "n"])
def test_a_file_of_the_drive_is_taken_by_its_id(lonely_context, take_file, prefix):
    file_id = upload(lonely_context, "Акт.pdf", PDF)

    taken = take_file(source="drive", drive_file_id=f"{prefix}{file_id}")

    assert (taken.file_name, kept(lonely_context, taken)) == ("Акт.pdf", PDF)


def test_a_drive_file_needs_no_crm_item(lonely_context, again):
    file_id = upload(lonely_context, "Акт.pdf", PDF)

    taken = take(again(lonely_context, crm_item=None), Source(source="drive", drive_file_id=str(file_id)), None)

    assert taken.size == len(PDF)


@pytest.mark.parametrize(("file_id", "error"), [("n404", FileNotFound), ("", InputInvalid), ("файл", InputInvalid)])
def test_a_drive_file_that_is_not_there_is_named(take_file, file_id, error):
    with pytest.raises(error):
        take_file(source="drive", drive_file_id=file_id)


def test_what_is_not_connected_yet_is_not_configured(take_file):
    with pytest.raises(NotConfigured):
        take_file(source="directum")
