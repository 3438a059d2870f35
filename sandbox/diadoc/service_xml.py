"""XML of service documents: refusals, revocation requests, receipts. The layout is a simplification of ours; what
matters to the sandbox is that a reason written into it can be read back."""

from xml.etree import ElementTree
from xml.sax.saxutils import escape

PREFIXES = {
    "SignatureRejection": "DP_UVUTOCH",
    "RevocationRequest": "DP_PRANNUL",
    "Receipt": "DP_IZVPOL",
}
_LAYOUT = (
    '<?xml version="1.0" encoding="windows-1251"?>\n'
    '<Файл ИдФайл="{name}" ВерсФорм="1.02"><Документ Вид="{kind}" ИдДокумента="{entity_id}">'
    "<Текст>{reason}</Текст></Документ></Файл>\n"
)


def file_name(kind: str, entity_id: str) -> str:
    return f"{PREFIXES[kind]}_{entity_id}.xml"


def write(kind: str, entity_id: str, reason: str) -> bytes:
    name = file_name(kind, entity_id).removesuffix(".xml")
    text = _LAYOUT.format(name=name, kind=kind, entity_id=entity_id, reason=escape(reason))
    return text.encode("windows-1251", errors="xmlcharrefreplace")


def reason(content: bytes) -> str:
    """The text of a service document. Raises ValueError when it is none."""
    if b"<!DOCTYPE" in content:
        raise ValueError("not a service document")
    try:
        root = ElementTree.fromstring(content.decode("windows-1251").partition("?>")[2])
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise ValueError("not a service document") from None
    found = root.findtext(".//Текст")
    if found is None:
        raise ValueError("not a service document")
    return found
