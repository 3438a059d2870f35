"""Kinds of documents: what each is called, which requisites it needs, and whether it is answered by a signature.

Known by heart for the usual kinds; where the box's own list (`GetDocumentTypes`) is at hand, the list decides: its
required keys are required, and no key is sent that it does not name.
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from activities import values
from activities.values import Text
from clients.diadoc.models import DocumentTitle, DocumentVersion
from clients.diadoc.models import DocumentType as TypeDescription
from errors import InputInvalid, ReplySignatureFixed

FILE_NAME = "FileName"  # filled by whoever sends the file
FOREIGN_LENGTH = 1_000  # so much of what others wrote into a requisite is kept
XML_FUNCTIONS_WITHOUT_REPLY = ("СЧФ", "СвРК", "СвЗК", "КСЧФ", "СвИСРК", "СвИСЗК")

# How a Diadoc workflow is answered (4.5). Those that are in neither set leave it to `NeedRecipientSignature`.
WORKFLOWS_WITH_REPLY = frozenset({2, 3, 5, 8, 11, 12, 13, 14, 16, 18, 19})
WORKFLOWS_WITHOUT_REPLY = frozenset({4, 6, 9, 10, 15, 17})

VAT_MODES = {
    "amount": Text("Сумма НДС обязательна", "The VAT amount is required"),
    "none": Text("Без НДС", "No VAT"),
    "auto": Text("Пусто или 0 значит без НДС", "Empty or 0 means no VAT"),
}
REPLY_CHOICES = {
    "by_type": Text("Как принято для вида документа", "As usual for the document type"),
    "yes": Text("Нужна", "Needed"),
    "no": Text("Не нужна", "Not needed"),
}
# Names of the inputs, for labels and for the list of what is missing.
LABELS = {
    "number": Text("Номер документа", "Document number"),
    "date": Text("Дата документа", "Document date"),
    "total": Text("Сумма", "Total"),
    "vat": Text("Сумма НДС", "VAT amount"),
    "currency": Text("Валюта", "Currency"),
    "grounds": Text("Основание", "Grounds"),
    "contract_number": Text("Номер договора", "Contract number"),
    "contract_date": Text("Дата договора", "Contract date"),
    "contract_type": Text("Вид договора", "Contract type"),
    "effective_date": Text("Дата вступления в силу", "Effective date"),
}
_KEYS = {
    "DocumentNumber": "number",
    "DocumentDate": "date",
    "TotalSum": "total",
    "ContractPrice": "total",
    "TotalVat": "vat",
    "CurrencyCode": "currency",
    "Grounds": "grounds",
    "ContractNumber": "contract_number",
    "ContractDocumentNumber": "contract_number",
    "ContractDate": "contract_date",
    "ContractDocumentDate": "contract_date",
    "ContractType": "contract_type",
    "PriceListEffectiveDate": "effective_date",
}


class TypeKeys(NamedTuple):
    """Metadata keys that a kind of document requires, and all that it takes."""

    required: frozenset[str]
    allowed: frozenset[str]


_NO_KEYS = TypeKeys(frozenset(), frozenset())


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    """A kind of document. `code` is Diadoc's TypeNamedId; `replies`: a signature is usual where it can be chosen."""

    code: str
    name: Text
    replies: bool
    is_formal: bool = False
    keys: TypeKeys = _NO_KEYS


@dataclass(frozen=True, kw_only=True)
class DocumentRequisites:
    """The requisites of one document as the inputs of `diadoc_add_document` give them."""

    number: str = ""
    date: datetime.date | None = None
    total: Decimal | None = None
    vat: Decimal | None = None
    vat_mode: str = "amount"
    currency: str = ""
    grounds: str = ""
    contract_number: str = ""
    contract_date: datetime.date | None = None
    contract_type: str = ""
    effective_date: datetime.date | None = None
    metadata: list[str] = field(default_factory=list)


class Missing(NamedTuple):
    """A requisite that has to be filled: the input's id ("metadata" for a key without an input) and its name."""

    field: str
    label: Text


def _informal(
    code: str, ru: str, en: str, required: str = "", optional: str = "", replies: bool = True
) -> DocumentType:
    needed = frozenset(required.split())
    keys = TypeKeys(needed, needed | frozenset(optional.split()))
    return DocumentType(code=code, name=Text(ru, en), replies=replies, keys=keys)


def _formal(code: str, ru: str, en: str, replies: bool = True) -> DocumentType:
    return DocumentType(code=code, name=Text(ru, en), replies=replies, is_formal=True)


_NUMBER_DATE = "DocumentNumber DocumentDate"
_PRICE_LIST = f"{_NUMBER_DATE} PriceListEffectiveDate ContractDocumentDate ContractDocumentNumber"
_INVOICE_EXTRAS = "TotalVat Grounds CurrencyCode"

# fmt: off
DOCUMENT_TYPES = {
    known.code: known
    for known in (
        _informal("Nonformalized", "Неформализованный документ", "Nonformalized document", "", _NUMBER_DATE, False),
        _informal("ProformaInvoice", "Счёт на оплату", "Proforma invoice", f"{_NUMBER_DATE} TotalSum", _INVOICE_EXTRAS,
                  False),
        _informal("AcceptanceCertificate", "Акт", "Acceptance certificate", "DocumentDate TotalSum",
                  "DocumentNumber TotalVat Grounds"),
        _informal("Contract", "Договор", "Contract", _NUMBER_DATE, "ContractType ContractPrice"),
        _informal("SupplementaryAgreement", "Дополнительное соглашение", "Supplementary agreement",
                  f"{_NUMBER_DATE} ContractNumber ContractDate", "TotalSum ContractType"),
        _informal("ReconciliationAct", "Акт сверки", "Reconciliation act", "DocumentDate", "DocumentNumber"),
        _informal("PriceList", "Ценовой лист", "Price list", _PRICE_LIST),
        _informal("PriceListAgreement", "Протокол согласования цены", "Price agreement", "", _NUMBER_DATE),
        _informal("CertificateRegistry", "Реестр сертификатов", "Certificate registry", "", _NUMBER_DATE, False),
        _informal("ServiceDetails", "Детализация", "Service details", "", _NUMBER_DATE, False),
        _informal("Torg12", "ТОРГ-12", "TORG-12", f"{_NUMBER_DATE} TotalSum", "TotalVat Grounds"),
        _informal("Torg13", "ТОРГ-13", "TORG-13", f"{_NUMBER_DATE} TotalSum", "Grounds"),
        _formal("UniversalTransferDocument", "УПД (XML)", "Universal transfer document (XML)"),
        _formal("UniversalTransferDocumentRevision", "Исправленный УПД (XML)",
                "Universal transfer document, revised (XML)"),
        _formal("UniversalCorrectionDocument", "УКД (XML)", "Universal correction document (XML)"),
        _formal("XmlTorg12", "ТОРГ-12 (XML)", "TORG-12 (XML)"),
        _formal("XmlAcceptanceCertificate", "Акт (XML)", "Acceptance certificate (XML)"),
        _formal("Invoice", "Счёт-фактура (XML)", "VAT invoice (XML)", False),
        _formal("XmlProformaInvoice", "Счёт (XML)", "Proforma invoice (XML)", False),
    )
}
# fmt: on
OPTIONS = {code: known.name for code, known in DOCUMENT_TYPES.items()}


class TypesOfInput(NamedTuple):
    """Codes of the types that take a requisite, and of those that cannot do without it."""

    takes: tuple[str, ...]
    needs: tuple[str, ...]


def keys_for_input(name: str) -> TypesOfInput:
    """Which informal types a requisite (by the input's id) belongs to; an XML brings its own."""
    keys = {key for key, input_id in _KEYS.items() if input_id == name}
    known = DOCUMENT_TYPES.values()
    takes = tuple(one.code for one in known if keys & one.keys.allowed)
    return TypesOfInput(takes, tuple(one.code for one in known if keys & one.keys.required))


def keys_of(title: DocumentTitle) -> TypeKeys:
    """The keys that the box's list names for a document's first title, without FileName and what the XML gives."""
    given = [item for item in title.metadata_items if item.is_ours_to_give and item.key != FILE_NAME]
    required = frozenset(item.key for item in given if item.is_required)
    return TypeKeys(required, frozenset(item.key for item in given))


def chosen_version(description: TypeDescription, function: str = "", version: str = "") -> DocumentVersion | None:
    """The version to send: the named one, else the actual one of the function ("" is "default"); None if unknown."""
    known = description.function(function or "default")
    if known is None:
        return None
    return known.version(version) if version else next(iter(known.actual_versions), None)


def build_metadata(code: str, requisites: DocumentRequisites, keys: TypeKeys | None = None) -> dict[str, str]:
    """Diadoc's `Metadata` of a document, without FileName. `keys`: of the box's list, when it is known.

    Raises errors.InputInvalid for an unknown currency and for a `metadata` line that is no Key=value of this kind.
    """
    allowed = (keys or DOCUMENT_TYPES[code].keys).allowed
    filled = {key: _written(requisites, _KEYS[key]) for key in sorted(allowed) if key in _KEYS}
    named = _free_metadata(code, requisites.metadata, keys)
    return {key: value for key, value in {**filled, **named}.items() if value}


def read_metadata(metadata: Mapping[str, str]) -> DocumentRequisites:
    """The requisites that somebody else's `Metadata` tells; what cannot be read is left out. Currency: an ISO code."""
    found = {_KEYS[key]: value for key, value in metadata.items() if key in _KEYS and value.strip()}
    read: dict[str, Any] = {name: _read(name, value) for name, value in found.items()}
    return DocumentRequisites(**{name: value for name, value in read.items() if value not in (None, "")})


def missing(code: str, requisites: DocumentRequisites, keys: TypeKeys | None = None) -> list[Missing]:
    """Every requisite that is required and not filled, in the order of the inputs. Raises as `build_metadata`."""
    required, allowed = keys or DOCUMENT_TYPES[code].keys
    if requisites.vat_mode == "amount":
        required |= allowed & {"TotalVat"}
    else:
        required -= {"TotalVat"}
    lacking = required - build_metadata(code, requisites, keys).keys()
    fields = {_KEYS[key] for key in lacking if key in _KEYS}
    known = [Missing(name, label) for name, label in LABELS.items() if name in fields]
    return known + [Missing("metadata", Text(key, key)) for key in sorted(lacking) if key not in _KEYS]


def need_reply_signature(code: str, choice: str, workflow_id: int | None = None, function: str = "") -> bool:
    """Does the counteragent have to sign? `choice` is "by_type", "yes" or "no".

    workflow_id: of the box's type list, None when unknown. function: of an XML document.
    Raises errors.ReplySignatureFixed when the workflow leaves no choice and another was made.
    """
    fixed = _fixed_by_workflow(code, workflow_id, function)
    if fixed is None:
        return DOCUMENT_TYPES[code].replies if choice == "by_type" else choice == "yes"
    if choice not in ("by_type", "yes" if fixed else "no"):
        rule = REPLY_CHOICES["yes" if fixed else "no"]
        raise ReplySignatureFixed(document_type=DOCUMENT_TYPES[code].name, fixed=rule, chosen=REPLY_CHOICES[choice])
    return fixed


def _fixed_by_workflow(code: str, workflow_id: int | None, function: str) -> bool | None:
    if workflow_id in WORKFLOWS_WITH_REPLY:
        return True
    if workflow_id in WORKFLOWS_WITHOUT_REPLY:
        return False
    if workflow_id is None and DOCUMENT_TYPES[code].is_formal:
        return DOCUMENT_TYPES[code].replies and function not in XML_FUNCTIONS_WITHOUT_REPLY
    return _usually_fixed(code) if workflow_id is None else None


def _usually_fixed(code: str) -> bool | None:
    """What the usual workflow of the kind fixes (4.2); None where it leaves the choice."""
    if code in ("Nonformalized", "AcceptanceCertificate", "PriceListAgreement", "CertificateRegistry"):
        return None
    return DOCUMENT_TYPES[code].replies


def _read(name: str, text: str) -> str | datetime.date | Decimal | None:
    line = values.read_line(values.as_text(text))
    try:
        if name in ("total", "vat"):
            return values.read_amount(line).value
        if name in ("date", "contract_date", "effective_date"):
            return values.read_day(line)
        return values.iso_currency(values.okv(line)) if name == "currency" else values.shorten(line, FOREIGN_LENGTH)
    except ValueError:
        return None


def _written(requisites: DocumentRequisites, name: str) -> str:
    value = getattr(requisites, name)
    if name == "vat" and (requisites.vat_mode == "none" or (requisites.vat_mode == "auto" and not value)):
        return ""
    if name == "currency" and value:
        return _okv(value)
    if isinstance(value, datetime.date):
        return f"{value:%d.%m.%Y}"
    return f"{value:f}" if isinstance(value, Decimal) else value or ""


def _okv(currency: str) -> str:
    try:
        return values.okv(currency)
    except ValueError as error:
        hint = Text("Нужен код ISO или ОКВ, например RUB или 643.", "An ISO or OKV code is needed, as RUB or 643.")
        raise InputInvalid(field=LABELS["currency"], value=currency, hint=hint) from error


def _free_metadata(code: str, lines: list[str], keys: TypeKeys | None) -> Mapping[str, str]:
    """The `metadata` input. Keys are free only where neither the box's list nor an XML says which there are."""
    pairs = [_pair(line) for line in lines]
    if keys is None and not DOCUMENT_TYPES[code].is_formal:
        return dict(pairs)
    allowed = keys.allowed | {FILE_NAME} if keys else frozenset[str]()
    for key, value in pairs:
        if key not in allowed:
            names = ", ".join(sorted(allowed)) or "—"
            hint = Text(
                f"У этого вида документа таких нет, есть: {names}.", f"This type has no such key, only: {names}."
            )
            raise _metadata_invalid(f"{key}={value}", hint)
    return dict(pairs)


def _pair(line: str) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", key.strip()):
        raise _metadata_invalid(line, Text("Нужно «Ключ=значение».", '"Key=value" is needed.'))
    return key.strip(), value.strip()


def _metadata_invalid(value: str, hint: Text) -> InputInvalid:
    return InputInvalid(field=Text("Другие реквизиты", "Other requisites"), value=values.shorten(value, 100), hint=hint)
