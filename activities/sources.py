"""Where the bytes of a document come from: a CRM file field, the document generator, the Drive.

They are streamed through a temporary file into our store.
"""

import io
import re
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from typing import BinaryIO, cast

from activities import crm
from activities.context import Context
from activities.crm import Card
from activities.papers import LIMIT_BYTES
from activities.values import Text
from clients.bitrix24.models import FileRef, GeneratedDocument
from errors import (
    DocumentNotReady,
    FieldNotFound,
    FileAmbiguous,
    FileEmpty,
    FileNotFound,
    FileTooLarge,
    InputInvalid,
    NotConfigured,
    NotFoundThere,
)

SOURCES = {
    "field": Text("Файл из поля CRM", "File of a CRM field"),
    "generated": Text("Документ из генератора CRM", "Document of the CRM generator"),
    "drive": Text("Файл с Диска", "File on the Drive"),
    "registry": Text("Элемент реестра документов", "Item of the document registry"),
    "directum": Text("Версия документа из Directum", "Document version from Directum"),
}
FORMATS = {"pdf": Text("PDF", "PDF"), "docx": Text("DOCX", "DOCX")}
PDF_PATIENCE_SECONDS = 10.0  # in one run; the call is tried again after that
PDF_POLL_SECONDS = 0.5
_FIELD = Text("Поле с файлом", "File field")
_FILE_NUMBER = Text("Номер файла в поле", "File number in the field")
_GENERATED = Text("Документ генератора", "Generated document")
_DRIVE_FILE = Text("Файл на Диске", "File on the Drive")
_NOT_BUILT = {"directum": Text("подключение Directum RX", "the connection to Directum RX")}


@dataclass(frozen=True, kw_only=True)
class Source:
    """The inputs that say where a file is; "" and None = not given."""

    source: str
    file_field: str = ""
    file_number: int | None = None
    generated_document_id: str = ""
    generated_format: str = "pdf"
    drive_file_id: str = ""


@dataclass(frozen=True)
class TakenFile:
    """A file in our store. file_name: with extension; blob: its key; size: bytes; sha256: hex; origin: where it was
    taken from (field:UF_CRM_X:55, generated:5, drive:7), "" when it was made."""

    file_name: str
    blob: str
    size: int
    sha256: str
    origin: str = ""


def take(context: Context, source: Source, card: Card | None) -> TakenFile:
    """Take the bytes now and keep them: a repeat of the same call finds the file that was taken first.

    Items of the document registry are taken by `registries.source`. card: the CRM item; None where there is none, which
    does for a Drive file. Raises InputInvalid, FieldNotFound, FileNotFound, FileAmbiguous, FileEmpty, FileTooLarge,
    DocumentNotReady (temporary until the portal gives up), NotConfigured, and what the portal's client raises.
    """
    if source.source in _NOT_BUILT:
        raise NotConfigured(what=_NOT_BUILT[source.source])
    return TakenFile(**context.step("take_file", lambda: asdict(_take(context, source, card))))


def _take(context: Context, source: Source, card: Card | None) -> TakenFile:
    if source.source == "drive":
        return _from_drive(context, source.drive_file_id)
    if card is None:
        card = crm.card_of(context, "")  # says which input is missing
    if source.source == "generated":
        return _from_generator(context, source, card)
    return _from_field(context, source, card)


def _from_field(context: Context, source: Source, card: Card) -> TakenFile:
    if not source.file_field:
        hint = Text("Укажите код поля, в котором лежит файл.", "Name the field that holds the file.")
        raise InputInvalid(field=_FIELD, value="", hint=hint)
    files = _files(context, card, source.file_field)
    number = _chosen(files, source)
    name, file = f"{source.file_field} № {number}", files[number - 1]
    taken = download(context, file.url_machine, name)
    spelled = crm.field_name(card.data.fields, source.file_field) or source.file_field
    return replace(taken, origin=f"field:{spelled}:{file.id}")


def _files(context: Context, card: Card, wanted: str) -> tuple[FileRef, ...]:
    """The files of a field, which designers name by any of the portal's spellings: UF_CRM_7_X, ufCrm7X."""
    name = crm.field_name(card.data.fields, wanted)
    files = card.data.files(name) if name else ()
    if files:
        return files
    known = context.bitrix24.crm_item_fields(entity_type_id=card.item.entity_type_id)
    name = crm.field_name(known, wanted)
    if not name:
        raise FieldNotFound(crm_item=card.item.short, field=wanted)
    if known[name].type != "file":
        hint = Text("Это поле не для файлов.", "This field is not for files.")
        raise InputInvalid(field=_FIELD, value=wanted, hint=hint)
    empty = Text(f"поле {wanted} элемента {card.item.short} пусто", f"field {wanted} of {card.item.short} is empty")
    raise FileNotFound(source=empty)


def _chosen(files: tuple[FileRef, ...], source: Source) -> int:
    number = source.file_number
    if number is None:
        if len(files) > 1:
            raise FileAmbiguous(field=source.file_field, count=len(files))
        return 1
    if number < 1:
        hint = Text("Файлы считаются с 1.", "Files are counted from 1.")
        raise InputInvalid(field=_FILE_NUMBER, value=number, hint=hint)
    if number > len(files):
        said = Text(f"файл № {number} в поле {source.file_field}", f"file No. {number} of field {source.file_field}")
        raise FileNotFound(source=said)
    return number


def _from_drive(context: Context, drive_file_id: str) -> TakenFile:
    file_id = crm.read_id(_DRIVE_FILE, drive_file_id, "n")
    missing = Text(f"файл {file_id} на Диске", f"file {file_id} on the Drive")
    try:
        file = context.bitrix24.disk_file_get(file_id)
    except NotFoundThere as error:
        raise FileNotFound(source=missing) from error
    if file.size > LIMIT_BYTES:
        raise FileTooLarge(file_name=file.name)
    if not file.download_url:
        raise FileNotFound(source=missing)
    return replace(download(context, file.download_url, file.name, keep_name=True), origin=f"drive:{file.id}")


def _from_generator(context: Context, source: Source, card: Card) -> TakenFile:
    document = _generated(context, source.generated_document_id, card)
    extension = source.generated_format
    if extension == "pdf":
        document = _with_pdf(context, document)
    url = document.pdf_url_machine if extension == "pdf" else document.docx_url_machine
    if not url:
        raise FileNotFound(source=_named(document.id))
    name = re.sub(r'[\x00-\x1f\\/:*?"<>|]+', " ", document.title or document.number or str(document.id)).strip()
    file_name = name if name.lower().endswith(f".{extension}") else f"{name}.{extension}"
    return replace(download(context, url, file_name, keep_name=True), origin=f"generated:{document.id}")


def _generated(context: Context, wanted: str, card: Card) -> GeneratedDocument:
    document_id = crm.read_id(_GENERATED, wanted) if wanted else _newest(context, card)
    try:
        return context.bitrix24.crm_documentgenerator_document_get(document_id)
    except NotFoundThere as error:
        raise FileNotFound(source=_named(document_id)) from error


def _newest(context: Context, card: Card) -> int:
    listed = context.bitrix24.crm_documentgenerator_document_list(
        entity_type_id=card.item.entity_type_id, entity_id=card.item.item_id
    )
    known = [one.id for one in listed]
    if not known:
        short = card.item.short
        said = Text(f"у элемента {short} нет документов генератора", f"{short} has no generated documents")
        raise FileNotFound(source=said)
    return max(known)


def _with_pdf(context: Context, document: GeneratedDocument) -> GeneratedDocument:
    """The document once its PDF is made, some time after the document itself."""
    until = time.monotonic() + PDF_PATIENCE_SECONDS
    while not document.pdf_url_machine:
        if document.is_transformation_error:
            reason = document.transformation_error or Text("портал не смог его сделать", "the portal could not make it")
            error = DocumentNotReady(generated_document_id=document.id, reason=reason)
            error.temporary = False  # the portal has given up
            raise error
        if time.monotonic() > until:
            reason = Text("портал ещё делает его", "the portal is still making it")
            raise DocumentNotReady(generated_document_id=document.id, reason=reason)
        time.sleep(PDF_POLL_SECONDS)
        document = context.bitrix24.crm_documentgenerator_document_get(document.id)
    return document


def _named(document_id: int) -> Text:
    return Text(f"документ генератора {document_id}", f"generated document {document_id}")


def download(context: Context, url: str, name: str, keep_name: bool = False) -> TakenFile:
    """What a signed address of the portal holds, into our store.

    name: for errors, and of the file when the portal tells none or it is to be kept. Raises FileEmpty, FileTooLarge.
    """
    with tempfile.TemporaryFile() as file:
        limited = cast(BinaryIO, _Limited(file, name))
        received = context.bitrix24.download(url, limited, limit_bytes=sys.maxsize)
        file_name = name if keep_name else received.file_name or name
        if not file.tell():
            raise FileEmpty(file_name=file_name)
        file.seek(0)
        blob = context.blobs.put(context.portal.id, file)
    return TakenFile(file_name=file_name, blob=blob.key, size=blob.size, sha256=blob.sha256)


class _Limited(io.RawIOBase):
    """Passes bytes on until there are more than Diadoc takes: so the refusal is ours, with the file's name."""

    def __init__(self, to: BinaryIO, file_name: str) -> None:
        self._to, self._file_name, self._size = to, file_name, 0

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        self._size += len(chunk)
        if self._size > LIMIT_BYTES:
            raise FileTooLarge(file_name=self._file_name)
        return self._to.write(chunk)
