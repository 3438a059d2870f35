"""Beside which fields of a form a fault is shown: told by the error itself, also after it has travelled as text.

Names are those of the inputs (number, total, for_inn, to_box …), and recipient, box (ours), file, document, documents.
"""

import re
from collections.abc import Iterable
from functools import cache
from string import Formatter
from typing import Any

from activities import catalog
from activities.document_types import LABELS
from errors import (
    AmbiguousBox,
    AppError,
    BoxNotChosen,
    CounteragentClosed,
    CounteragentNotFound,
    DiadocAuthLost,
    DocumentNotReady,
    Duplicate,
    FileAmbiguous,
    FileEmpty,
    FileNotFound,
    FileTooLarge,
    FormatOutdated,
    InnInvalid,
    InputInvalid,
    KppForbidden,
    KppRequired,
    LockNotAllowed,
    MetadataMissing,
    NoAccess,
    NotPartner,
    PackageEmpty,
    RecipientMismatch,
    ReplySignatureFixed,
    RequisiteAmbiguous,
    SignerNotFound,
    SubscriptionEnded,
    TooManyFiles,
    TypeNotAllowed,
    VatRateInvalid,
)

_FIELD_OF: dict[type[AppError], str] = {
    InnInvalid: "for_inn",
    KppRequired: "for_kpp",
    KppForbidden: "for_kpp",
    RequisiteAmbiguous: "recipient",
    CounteragentNotFound: "recipient",
    CounteragentClosed: "recipient",
    NotPartner: "recipient",
    RecipientMismatch: "recipient",
    AmbiguousBox: "to_box",
    BoxNotChosen: "box",
    DiadocAuthLost: "box",
    SubscriptionEnded: "box",
    NoAccess: "box",
    LockNotAllowed: "lock",
    SignerNotFound: "signer",
    VatRateInvalid: "vat",
    FileEmpty: "file",
    FileTooLarge: "file",
    FileNotFound: "file",
    FileAmbiguous: "file",
    DocumentNotReady: "file",
    FormatOutdated: "document_type",
    TypeNotAllowed: "document_type",
    ReplySignatureFixed: "need_reply_signature",
    Duplicate: "document",
    PackageEmpty: "documents",
    TooManyFiles: "documents",
}
_BY_LABEL: tuple[type[AppError], ...] = (MetadataMissing, InputInvalid)  # these name the fields themselves
_CODES = ("diadoc_send_package", "diadoc_add_document")
_SAME = {"for_box": "box", "file_field": "file", "file_number": "file", "generated_document_id": "file"}
_ALSO = {
    "КПП": "for_kpp",
    "KPP": "for_kpp",
    "Функция документа": "document_function",
    "Document function": "document_function",
    "Версия формата": "document_version",
    "Format version": "document_version",
}


def fields_of(error: AppError) -> tuple[str, ...]:
    """The fields that a fault is about, () when it is about none in particular."""
    if isinstance(error, _BY_LABEL):
        return _named(_labels(error.facts.get("fields", error.facts.get("field", ""))))
    return next(((name,) for kind, name in _FIELD_OF.items() if isinstance(error, kind)), ())


def fields_in(line: str) -> tuple[str, ...]:
    """The same for one line of a fault's text, in either language."""
    for kind, pattern in _patterns():
        if match := pattern.fullmatch(line.strip()):
            if kind not in _BY_LABEL:
                return (_FIELD_OF[kind],)
            facts = match.groupdict()
            return _named(re.split(r",\s*", facts.get("fields") or facts.get("field") or ""))
    return ()


def _labels(named: Any) -> list[str]:
    return [str(one) for one in (named if isinstance(named, (list, tuple)) else [named])]


def _named(labels: Iterable[str]) -> tuple[str, ...]:
    """A label that is no input's is a key of Diadoc's, which has its place among the other requisites."""
    return tuple(dict.fromkeys(_names().get(label, "metadata") for label in labels if label))


@cache
def _names() -> dict[str, str]:
    """Input by its label in either language."""
    names = dict(_ALSO)
    for code in _CODES:
        for name, field in catalog()[code].inputs.fields.items():
            label = field.metadata["label"]
            names |= {label.ru: _SAME.get(name, name), label.en: _SAME.get(name, name)}
    return names | {text: name for name, label in LABELS.items() for text in (label.ru, label.en)}


@cache
def _patterns() -> list[tuple[type[AppError], re.Pattern[str]]]:
    kinds = [*_BY_LABEL, *_FIELD_OF]
    return [(kind, _pattern(text)) for kind in kinds for text in (kind.ru, kind.en)]


def _pattern(text: str) -> re.Pattern[str]:
    """An error's sentence as a pattern that finds its facts again; a fault's text is one line."""
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(re.escape(literal.replace("\n", " ")))
        if name:
            parts.append(f"(?P<{name}>.*?)")
    return re.compile("".join(parts), re.DOTALL)
