"""Formal documents: what their XML says. The real service validates against schemas; here the encoding, the size, the
root, the function, and the presence of number and date are checked."""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

MAX_BYTES = 3 * 1024 * 1024
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding=["']([\w-]+)["']""")


class NotFormal(Exception):
    """The XML cannot be taken; the message says why."""


@dataclass(frozen=True)
class FormalFile:
    """file_id: ИдФайл, the file's name without extension; function: Функция, "" where the layout has none."""

    file_id: str
    function: str
    metadata: list[tuple[str, str]]


def read(content: bytes) -> FormalFile:
    """Raises NotFormal."""
    if len(content) > MAX_BYTES:
        raise NotFormal("размер формализованного документа превышает 3 МБ")
    declared = _ENCODING.match(content.lstrip(b"\xef\xbb\xbf"))
    if not declared or declared.group(1).lower() != b"windows-1251":
        raise NotFormal("кодировка документа должна быть windows-1251")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise NotFormal("документ не соответствует схеме")
    try:
        root = ElementTree.fromstring(content.decode("windows-1251").partition("?>")[2])
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise NotFormal("документ не является корректным XML") from None
    document = root.find("Документ")
    if root.tag != "Файл" or not root.get("ИдФайл") or document is None:
        raise NotFormal("документ не соответствует схеме")
    return FormalFile(root.get("ИдФайл", ""), document.get("Функция", ""), _metadata(document))


def _metadata(document: ElementTree.Element) -> list[tuple[str, str]]:
    head = next((one for one in document.iter() if _attribute(one, "НомерДок", "НомерСчФ", "НомСчФ")), document)
    values = {
        "DocumentNumber": _attribute(head, "НомерДок", "НомерСчФ", "НомСчФ"),
        "DocumentDate": _attribute(head, "ДатаДок", "ДатаСчФ"),
    }
    if not all(values.values()):
        raise NotFormal("в документе нет номера или даты")
    money = next((one for one in document.iter() if _attribute(one, "КодОКВ")), None)
    if money is not None:
        values["CurrencyCode"] = _attribute(money, "КодОКВ")
    total = document.find(".//ВсегоОпл")
    if total is not None:
        values["TotalSum"] = _attribute(total, "СтТовУчНалВсего")
        values["TotalVat"] = (total.findtext(".//СумНДС") or "").strip()
    return [(key, value) for key, value in values.items() if value]


def _attribute(element: ElementTree.Element, *names: str) -> str:
    return next((element.get(name, "") for name in names if element.get(name)), "")
