"""The requisites of one paper as a form: which fields a kind of document takes, and what is filled in beforehand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from activities.document_types import (
    LABELS,
    REPLY_CHOICES,
    VAT_MODES,
    DocumentRequisites,
    keys_for_input,
)
from activities.papers import from_json
from activities.values import Text
from registry.tables import Document

DAYS, SUMS, LONG = ("date", "contract_date", "effective_date"), ("total", "vat"), ("grounds",)
# What every paper may have besides, seldom needed.
EXTRAS = {
    "need_reply_signature": Text("Ответная подпись", "Reply signature"),
    "metadata": Text(
        "Другие реквизиты (Ключ=значение, по одному в строке)", "Other requisites (Key=value, one a line)"
    ),
    "comment": Text("Комментарий к документу", "Comment on the document"),
}
NAMES = ("document_type", *LABELS, "vat_mode", *EXTRAS)
_VAT_MODE = Text("НДС", "VAT")
# Whatever a person wrote into a title decides, the more telling word first.
_GUESSES = (
    (r"доп\w*\W+соглашени|supplementary", "SupplementaryAgreement"),
    (r"сверк|reconciliation", "ReconciliationAct"),
    (r"торг[\W_]*12|накладн|torg", "Torg12"),
    (r"прайс|ценов\w+ лист|price list", "PriceList"),
    (r"договор|контракт|contract", "Contract"),
    (r"сч[её]т(?![\w-]*[\W_]*фактур)|invoice", "ProformaInvoice"),
    (r"(?<!\w)акт(?!\w*ив)|certificate|(?<![a-z])act(?![a-z])", "AcceptanceCertificate"),
)


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One input of a paper. kind: date, sum, line, text, choice; options: (key, title) of a choice; takes, needs: the
    kinds of documents that have it, and that cannot do without it."""

    name: str
    label: Text
    kind: str
    options: tuple[tuple[str, Text], ...] = ()
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def form_fields() -> list[FormField]:
    """Every requisite in the order of the inputs, with the kinds of documents it belongs to. An XML brings its own."""
    return list(_fields())


def extra_fields() -> list[FormField]:
    """What any paper may have besides."""
    replies = tuple(REPLY_CHOICES.items())
    return [
        FormField(name="need_reply_signature", label=EXTRAS["need_reply_signature"], kind="choice", options=replies),
        FormField(name="metadata", label=EXTRAS["metadata"], kind="text"),
        FormField(name="comment", label=EXTRAS["comment"], kind="text"),
    ]


def guess_type(title: str) -> str:
    """The kind of document that a title speaks of; only a person knows."""
    found = (code for pattern, code in _GUESSES if re.search(pattern, title.casefold()))
    return next(found, "Nonformalized")


def values_of(document: Document) -> dict[str, str]:
    """The inputs that a paper of ours was added with, as a form shows them; what is empty is left out."""
    kept: dict[str, str] = written(from_json(document.requisites))
    return kept | {
        "document_type": document.document_type,
        "need_reply_signature": document.need_reply_signature,
        **({"comment": document.comment} if document.comment else {}),
    }


def written(requisites: DocumentRequisites) -> dict[str, str]:
    """Requisites as a form shows them: ISO days, sums with a point."""
    texts = {name: getattr(requisites, name) for name in (*LABELS, "vat_mode")}
    lines = {"metadata": "\n".join(requisites.metadata)}
    plain = {
        name: f"{value:f}" if name in SUMS and value is not None else str(value or "") for name, value in texts.items()
    }
    return {name: text for name, text in (plain | lines).items() if text}


def inputs_of(values: Mapping[str, str]) -> dict[str, object]:
    """What a person filled in as properties of `diadoc_add_document`: only what this kind of document takes."""
    kind = values.get("document_type", "")
    taken = [field.name for field in form_fields() if kind in field.takes]
    given = {name: values.get(name, "").strip() for name in ("document_type", *taken, *EXTRAS)}
    if given.get("vat_mode") == "none":
        given["vat"] = ""
    lines = [line.strip() for line in given.pop("metadata").splitlines() if line.strip()]
    return {name: value for name, value in given.items() if value} | ({"metadata": lines} if lines else {})


def _fields() -> Iterator[FormField]:
    for name, label in LABELS.items():
        takes, needs = keys_for_input(name)
        if name == "vat":
            modes = tuple(VAT_MODES.items())
            yield FormField(name="vat_mode", label=_VAT_MODE, kind="choice", options=modes, takes=takes)
        yield FormField(name=name, label=label, kind=_kind(name), takes=takes, needs=needs)


def _kind(name: str) -> str:
    if name in DAYS:
        return "date"
    if name in SUMS:
        return "sum"
    return "text" if name in LONG else "line"


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)
