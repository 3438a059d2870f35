"""One paper of a package: what it is, its requisites as we keep them, and what is wrong with it by itself."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

from activities import document_types, formal_xml
from activities.context import Context
from activities.document_types import DOCUMENT_TYPES, DocumentRequisites, TypeKeys
from activities.formal_xml import FormalDocument
from activities.values import Text
from clients.diadoc.models import DocumentType, DocumentVersion
from errors import FileNotFound, InputInvalid, MetadataMissing, VatRateInvalid
from registry.tables import Document

LIMIT_BYTES = 70 * 1024 * 1024
# Added to the price, per cent. One sum of VAT may come from lines of several rates, so only what exceeds all is wrong.
HIGHEST_VAT = Decimal(22)
_DAYS = ("date", "contract_date", "effective_date")
_SUMS = ("total", "vat")

Types = tuple[DocumentType, ...]


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a paper is: kind, requisites, and what its XML says. function and version: "" = the usual ones."""

    document_type: str
    function: str = ""
    version: str = ""
    requisites: DocumentRequisites = field(default_factory=DocumentRequisites)
    need_reply_signature: str = "by_type"
    file_name: str = ""
    formal: FormalDocument | None = None

    @property
    def name(self) -> Text:
        return title(self.document_type, self.requisites.number, self.requisites.date, self.file_name)


def read_xml(context: Context, *, blob: str, file_name: str) -> FormalDocument:
    """The formal document in our store. Raises InputInvalid, FileNotFound when the bytes are gone."""
    try:
        with context.blobs.open(blob) as source:
            return formal_xml.read_formal(source.read(formal_xml.SIZE_LIMIT + 1), file_name)
    except FileNotFoundError as error:
        raise FileNotFound(source=file_name) from error


def from_xml(described: Description, formal: FormalDocument, types: Types | None) -> Description:
    """The paper with what its XML says: the file decides, an input that says otherwise raises InputInvalid."""
    function = formal.function_for(described.document_type)
    if function is None:
        said = f"{DOCUMENT_TYPES[formal.document_type].name.ru}, {formal.function}"
        hint = Text(f"В файле: {said}.", f"The file says: {formal.document_type}, {formal.function}.")
        raise InputInvalid(field=Text("Вид документа", "Document type"), value=described.document_type, hint=hint)
    if described.function not in ("", function):
        hint = Text(f"В файле функция {function}.", f"The file's function is {function}.")
        raise InputInvalid(field=Text("Функция документа", "Document function"), value=described.function, hint=hint)
    if described.version and formal.versions and described.version not in formal.versions:
        hint = Text(f"Файлу подходят: {', '.join(formal.versions)}.", f"The file fits {', '.join(formal.versions)}.")
        raise InputInvalid(field=Text("Версия формата", "Format version"), value=described.version, hint=hint)
    return replace(
        described,
        function=function,
        version=described.version or _version(described.document_type, function, formal, types),
        requisites=_said(formal, described.requisites.metadata),
        formal=formal,
    )


def with_currency(described: Description, version: DocumentVersion | None, of_item: Callable[[], str]) -> Description:
    """The paper with its item's currency, where the kind of document takes one and none was named."""
    keys = _keys(version) or DOCUMENT_TYPES[described.document_type].keys
    if described.requisites.currency or "CurrencyCode" not in keys.allowed:
        return described
    return replace(described, requisites=replace(described.requisites, currency=of_item()))


def recipient_in_file(described: Description) -> dict[str, str]:
    """Whom the XML names first: inn, kpp, name; {} when there is no XML or it names nobody."""
    named = next((party for party in described.formal.recipients if party.inn), None) if described.formal else None
    return asdict(named) if named else {}


def allowed_version(document_type: str, function: str, version: str, types: Types | None) -> DocumentVersion | None:
    """The version of the box's list that this would be sent by; None when the list or the version is unknown."""
    description = next((one for one in types or () if one.type_named_id == document_type), None)
    return document_types.chosen_version(description, function, version) if description else None


def metadata_of(described: Description, version: DocumentVersion | None) -> dict[str, str]:
    """Diadoc's metadata without FileName. Raises MetadataMissing naming all that is missing, InputInvalid."""
    keys = _keys(version)
    lacking = document_types.missing(described.document_type, described.requisites, keys)
    if lacking:
        raise MetadataMissing(document=described.name, fields=[missing.label for missing in lacking])
    return document_types.build_metadata(described.document_type, described.requisites, keys)


def needs_reply(described: Description, version: DocumentVersion | None) -> bool:
    """Is a signature of the counteragent expected? Raises ReplySignatureFixed."""
    return document_types.need_reply_signature(
        described.document_type,
        described.need_reply_signature,
        workflow_id=version.default_workflow_id if version else None,
        function=described.function,
    )


def ensure_vat(described: Description) -> None:
    """Raises VatRateInvalid for a rate no layout knows, and for more VAT than the highest rate gives."""
    if described.formal is not None:
        if described.formal.wrong_vat_rates:
            raise VatRateInvalid(document=described.name, rate=", ".join(described.formal.wrong_vat_rates))
        return
    total, vat = described.requisites.total, described.requisites.vat
    if total is None or not vat or described.requisites.vat_mode == "none":
        return
    if vat >= total or vat / (total - vat) * 100 > HIGHEST_VAT + Decimal("0.5"):  # kopecks of rounding
        raise VatRateInvalid(document=described.name, rate=f"{vat:f} / {total:f}")


def of_document(document: Document) -> Description:
    """The paper that a row of the registry keeps, without its XML."""
    return Description(
        document_type=document.document_type,
        function=document.function,
        version=document.version,
        requisites=from_json(document.requisites),
        need_reply_signature=document.need_reply_signature,
        file_name=document.file_name,
    )


def to_json(requisites: DocumentRequisites) -> dict[str, Any]:
    """Requisites as the registry keeps them: texts, ISO days; what is empty is left out."""
    kept = {name: value for name, value in asdict(requisites).items() if value not in (None, "", [])}
    return {name: _plain(value) for name, value in kept.items()}


def from_json(kept: dict[str, Any]) -> DocumentRequisites:
    """Requisites out of the registry; what a newer version of ours kept is passed over."""
    known = {one.name for one in fields(DocumentRequisites)}
    return DocumentRequisites(**{name: _typed(name, value) for name, value in kept.items() if name in known})


def title(document_type: str, number: str, day: date | None, file_name: str) -> Text:
    """A paper's name for people: kind, number and date; without a number its file."""
    name = DOCUMENT_TYPES[document_type].name
    if not number:
        return Text(f"{name.ru}, {file_name}", f"{name.en}, {file_name}")
    on = Text(f" от {day:%d.%m.%Y}", f" of {day:%d.%m.%Y}") if day else Text("", "")
    return Text(f"{name.ru} № {number}{on.ru}", f"{name.en} No. {number}{on.en}")


def _keys(version: DocumentVersion | None) -> TypeKeys | None:
    """The keys of the box's list, None when it is unknown."""
    return document_types.keys_of(version.sender_title) if version and version.sender_title else None


def _version(document_type: str, function: str, formal: FormalDocument, types: Types | None) -> str:
    """One file may fit several versions: the one the box sends now, else the newest."""
    for version in formal.versions:
        known = allowed_version(document_type, function, version, types)
        if known is not None and known.is_actual:
            return version
    if formal.versions:
        return formal.versions[0]
    actual = allowed_version(document_type, function, "", types)
    return actual.version if actual else ""


def _said(formal: FormalDocument, metadata: list[str]) -> DocumentRequisites:
    return DocumentRequisites(
        number=formal.number,
        date=formal.date,
        total=formal.total,
        vat=formal.vat,
        currency=formal.currency,
        metadata=metadata,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(name: str, value: Any) -> Any:
    if name in _DAYS:
        return date.fromisoformat(value)
    return Decimal(value) if name in _SUMS else value
