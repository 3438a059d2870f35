"""What a formal XML document says about itself: kind, function, version, number, parties, sums.

Reads the tax service's layouts: shipment documents and invoices (5.01–5.03), corrections, the older delivery notes and
acts, and bills. Only reads: whether a document is right is Diadoc's to say. The file comes from outside, so no document
type, no entity and nothing outside the file is ever touched, and the size is bounded.
Source: the published layouts named in `_LAYOUTS`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from activities import values
from activities.values import Text
from errors import InputInvalid

SIZE_LIMIT = 3_000_000  # Diadoc's own limit for formal documents
DEPTH_LIMIT = 100
ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "windows-1251": "cp1251", "cp1251": "cp1251"}
# fmt: off
VAT_RATES = frozenset((
    "без НДС", "НДС исчисляется налоговым агентом", "0%", "5%", "7%", "9.09%", "10%", "16.67%", "18%", "18.03%", "20%",
    "22%", "5/105", "7/107", "10/110", "18/118", "20/120", "22/122",
))
# fmt: on

_DECLARED = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_SUM = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]{1,11})?")
_UTD, _CORRECTION, _DELIVERY, _ACT, _BILL = "utd", "correction", "delivery", "act", "bill"
_OLD_DELIVERY = "old_delivery"


@dataclass(frozen=True)
class Party:
    """An organization or entrepreneur as the document names it; "" for what it does not say."""

    inn: str
    kpp: str
    name: str


@dataclass(frozen=True, kw_only=True)
class FormalDocument:
    """What the XML says. `versions`: Diadoc's version ids that such a file can be, the newest first."""

    file_id: str
    document_type: str  # the TypeNamedId that suits it best
    function: str  # Diadoc's function of that type
    format_version: str  # ВерсФорм
    versions: tuple[str, ...]
    is_revision: bool
    number: str
    date: date | None
    senders: tuple[Party, ...]
    recipients: tuple[Party, ...]
    total: Decimal | None
    vat: Decimal | None  # None also for "no VAT"
    vat_rates: tuple[str, ...]
    currency: str  # OKV digits
    layout: str

    def function_for(self, document_type: str) -> str | None:
        """Diadoc's function when the file is sent as this TypeNamedId; None when it cannot be sent as that."""
        if document_type == self.document_type:
            return self.function
        fits = {"Invoice": "СЧФ", "XmlTorg12": "ДОП", "XmlAcceptanceCertificate": "ДОП"}.get(document_type)
        return "default" if self.layout == _UTD and not self.is_revision and fits == self.function else None

    @property
    def wrong_vat_rates(self) -> tuple[str, ...]:
        """Rates that no layout knows."""
        return tuple(rate for rate in self.vat_rates if rate not in VAT_RATES)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where a family of layouts keeps what we read. `head` tells it from the others."""

    family: str
    head: str
    document_type: str
    identity: tuple[str, ...] = ()  # the element with number and date, when it is not the head
    number: tuple[str, ...]
    day: tuple[str, ...]
    revision: tuple[str, ...] = ()
    sender: tuple[str, ...] = ("СвПрод",)
    recipient: tuple[str, ...] = ("СвПокуп",)
    totals: tuple[str, str, str] = ("ВсегоОпл", "СтТовУчНалВсего", "СумНалВсего")  # an element, its total, its VAT


_LAYOUTS = (
    _Layout(  # ON_NSCHFDOPPR
        family=_UTD,
        head="СвСчФакт",
        document_type="UniversalTransferDocument",
        number=("НомерДок", "НомерСчФ"),
        day=("ДатаДок", "ДатаСчФ"),
        revision=("ИспрДок", "ИспрСчФ"),
    ),
    _Layout(  # ON_NKORSCHFDOPPR; its ВсегоУвел and ВсегоУм are differences, no totals
        family=_CORRECTION,
        head="СвКСчФ",
        document_type="UniversalCorrectionDocument",
        number=("НомерКСчФ",),
        day=("ДатаКСчФ",),
        revision=("ИспрКСчФ",),
    ),
    _Layout(  # DP_TOVTORGPR
        family=_DELIVERY,
        head="СвДокПТПрКроме",
        document_type="XmlTorg12",
        identity=("ИдентДок",),
        number=("НомДокПТ",),
        day=("ДатаДокПТ",),
        revision=("ИспрДокПТ",),
        sender=("Продавец",),
        recipient=("Покупатель",),
        totals=("Всего", "СтУчНДСВс", "СумНДСВс"),
    ),
    _Layout(  # DP_OTORG12, a layout that no version of Diadoc's takes any more
        family=_OLD_DELIVERY,
        head="СвТНО",
        document_type="XmlTorg12",
        identity=("ТН",),
        number=("НомТН",),
        day=("ДатаТН",),
        sender=("Поставщик",),
        recipient=("Плательщик",),
        totals=("ВсегоНакл", "СумУчНДСВс", "СумНДСВс"),
    ),
    _Layout(  # DP_REZRUISP
        family=_ACT,
        head="СвДокПРУ",
        document_type="XmlAcceptanceCertificate",
        identity=("ИдентДок",),
        number=("НомДокПРУ",),
        day=("ДатаДокПРУ",),
        revision=("ИспрДокПРУ",),
        sender=("Исполнитель",),
        recipient=("Заказчик",),
        totals=("ОписРабот", "СтУчНДСИт", "СумНДСИт"),
    ),
    _Layout(  # ON_CHETOP
        family=_BILL,
        head="СодСч",
        document_type="XmlProformaInvoice",
        number=("НомерДок",),
        day=("ДатаДок",),
    ),
)
_VERSIONS = {
    (_UTD, "5.03"): ("utd970_05_03_01",),
    (_UTD, "5.02"): ("utd970_05_02_01",),
    (_UTD, "5.01"): ("utd820_05_01_02_hyphen", "utd820_05_01_01_hyphen", "utd820_05_01_01"),
    (_CORRECTION, "5.01"): ("ucd736_05_01_03", "ucd736_05_01_02"),
    (_DELIVERY, "5.02"): ("tovtorg_05_02_01",),
    (_ACT, "5.02"): ("rezru_05_02_01",),
    (_BILL, "5.01"): ("proformainvoice29_05_01_01",),
}


def read_formal(content: bytes, file_name: str = "") -> FormalDocument:
    """Read a formal document. Raises errors.InputInvalid naming the file and what is wrong with it."""
    try:
        root = _parsed(content)
        return _document(root)
    except _NotFormal as error:
        raise InputInvalid(field=Text("Файл", "File"), value=file_name, hint=error.hint) from error


class _NotFormal(Exception):
    def __init__(self, ru: str, en: str) -> None:
        self.hint = Text(ru, en)
        super().__init__(en)


def _parsed(content: bytes) -> Element:
    if len(content) > SIZE_LIMIT:
        raise _NotFormal("XML-документ больше 3 МБ.", "The XML document is over 3 MB.")
    declared = _DECLARED.match(content)
    codec = ENCODINGS.get(declared[1].decode().lower() if declared else "utf-8")
    if codec is None:
        raise _NotFormal("Нужна кодировка windows-1251 или UTF-8.", "The encoding must be windows-1251 or UTF-8.")
    try:
        return _tree(content.decode(codec))
    except (expat.ExpatError, UnicodeError) as error:
        raise _NotFormal("Файл не читается как XML.", "The file cannot be read as XML.") from error


def _tree(text: str) -> Element:
    builder, depth = TreeBuilder(), 0
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_LIMIT:
            raise _NotFormal("Слишком глубокая вложенность XML.", "The XML is nested too deeply.")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: Any) -> Any:
        raise _NotFormal("В XML не должно быть DOCTYPE и сущностей.", "The XML must not hold a DOCTYPE or entities.")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.Parse(text, True)
    return builder.close()


def _document(root: Element) -> FormalDocument:
    document = root.find("Документ") if root.tag == "Файл" else None
    if document is None:
        raise _NotFormal("Это не электронный документ формата ФНС.", "This is no formal electronic document.")
    if document.find("ИдИнфПрод") is not None:
        raise _NotFormal("Это титул покупателя, нужен титул продавца.", "This is a buyer title, not the seller's.")
    for layout in _LAYOUTS:
        head = document.find(layout.head)
        if head is not None:
            return _read(root, document, head, layout)
    raise _NotFormal("Документы такого вида не поддерживаются.", "Documents of this kind are not supported.")


def _read(root: Element, document: Element, head: Element, layout: _Layout) -> FormalDocument:
    identity = _first(head, layout.identity) if layout.identity else head
    is_revision = any(any(_attribute(found, name) for name in found.attrib) for found in _all(head, layout.revision))
    format_version = _attribute(root, "ВерсФорм")
    tag, total, vat = layout.totals
    return FormalDocument(
        file_id=_attribute(root, "ИдФайл"),
        document_type=_document_type(layout, is_revision),
        function=_attribute(document, "Функция") if layout.family in (_UTD, _CORRECTION) else "default",
        format_version=format_version,
        versions=_VERSIONS.get((layout.family, format_version), ()),
        is_revision=is_revision,
        number=_attribute(identity, *layout.number),
        date=_day(_attribute(identity, *layout.day)),
        senders=_parties(head, layout.sender),
        recipients=_parties(head, layout.recipient),
        total=_sum(document, tag, total),
        vat=_sum(document, tag, vat),
        vat_rates=tuple(sorted(set(_rates(document)))),
        currency=_currency(head),
        layout=layout.family,
    )


def _document_type(layout: _Layout, is_revision: bool) -> str:
    return f"{layout.document_type}Revision" if layout.family == _UTD and is_revision else layout.document_type


def _all(element: Element, tags: tuple[str, ...]) -> Iterator[Element]:
    return (found for tag in tags for found in element.iter(tag))


def _first(element: Element, tags: tuple[str, ...]) -> Element | None:
    return next(_all(element, tags), None)


def _attribute(element: Element | None, *names: str) -> str:
    """The first attribute that is filled; a placeholder of a missing value (Деф…="-") is none."""
    for name in names:
        value = element.get(name, "") if element is not None and not name.startswith("Деф") else ""
        if value.strip():
            return values.read_line(value)
    return ""


def _parties(head: Element, tags: tuple[str, ...]) -> tuple[Party, ...]:
    return tuple(_party(found) for found in _all(head, tags))


def _party(element: Element) -> Party:
    details = element.find("ИдСв")
    known = list(details.iter()) if details is not None else []
    return Party(
        inn=next((inn for one in known if (inn := _attribute(one, "ИННЮЛ", "ИННФЛ"))), ""),
        kpp=next((kpp for one in known if (kpp := _attribute(one, "КПП"))), ""),
        name=next((name for one in known if (name := _name(one))), ""),
    )


def _name(element: Element) -> str:
    parts = [_attribute(element, part) for part in ("Фамилия", "Имя", "Отчество")]
    return _attribute(element, "НаимОрг") or " ".join(part for part in parts if part)


def _sum(document: Element, tag: str, name: str) -> Decimal | None:
    """A sum kept in an attribute, or in an element of that name."""
    for element in document.iter(tag):
        text = _attribute(element, name) or (element.findtext(f"{name}/СумНал") or "").strip()
        if _SUM.fullmatch(text):
            return Decimal(text)
    return None


def _rates(document: Element) -> Iterator[str]:
    for element in document.iter():
        rate = _attribute(element, "НалСт", "СтавкаНДС") or (
            (element.text or "").strip() if element.tag == "НалСт" else ""
        )
        if rate:
            yield rate


def _currency(head: Element) -> str:
    money = _first(head, ("ДенИзм",))
    inner = (money.findtext("КодОКВ") or "").strip() if money is not None else ""
    return _attribute(head, "КодОКВ") or _attribute(money, "КодОКВ") or inner


def _day(text: str) -> date | None:
    try:
        return values.read_day(text)
    except ValueError:
        return None
