"""Which CRM item: from the three parts of `document_id`, or from a short code such as D_17 or T80_6."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAD, DEAL, CONTACT, COMPANY, QUOTE, SMART_INVOICE = 1, 2, 3, 4, 7, 31

_NAMES = {
    "LEAD": LEAD,
    "DEAL": DEAL,
    "CONTACT": CONTACT,
    "COMPANY": COMPANY,
    "QUOTE": QUOTE,
    "SMART_INVOICE": SMART_INVOICE,
}
_SHORT_CODES = {"L": LEAD, "D": DEAL, "C": CONTACT, "CO": COMPANY, "Q": QUOTE, "SI": SMART_INVOICE}
_DYNAMIC = re.compile(r"DYNAMIC_([1-9][0-9]{0,8})")
_ITEM = re.compile(r"([A-Za-z][A-Za-z0-9_]*?)_([1-9][0-9]{0,17})")


@dataclass(frozen=True)
class CrmItem:
    """One item of the CRM. `entity_type_id` is what `crm.item.*` takes."""

    entity_type_id: int
    item_id: int

    @property
    def short(self) -> str:
        """The code that CRM fields and our inputs use: D_17, T80_6 (the type's number in hex)."""
        for code, entity_type_id in _SHORT_CODES.items():
            if entity_type_id == self.entity_type_id:
                return f"{code}_{self.item_id}"
        return f"T{self.entity_type_id:x}_{self.item_id}"

    @property
    def type_name(self) -> str:
        """The name that timeline and workflows use: DEAL, SMART_INVOICE, DYNAMIC_128."""
        for name, entity_type_id in _NAMES.items():
            if entity_type_id == self.entity_type_id:
                return name
        return f"DYNAMIC_{self.entity_type_id}"

    def __str__(self) -> str:
        return self.short


def from_document_id(document_id: object) -> CrmItem | None:
    """The item a workflow runs on, from `["crm", "CCrmDocumentDeal", "DEAL_17"]`.

    None for lists, processes, Drive files and tasks, and for anything that is no such triple.
    """
    parts = list(document_id.values()) if isinstance(document_id, Mapping) else document_id
    if not isinstance(parts, Sequence) or isinstance(parts, str) or len(parts) != 3:
        return None
    module, _, code = parts
    return from_type_name(code) if module == "crm" and isinstance(code, str) else None


def from_type_name(code: str) -> CrmItem | None:
    """The item of a code such as DEAL_17 or DYNAMIC_147_1; None when it is none."""
    match = _ITEM.fullmatch(code)
    if not match:
        return None
    name = match[1].upper()
    dynamic = _DYNAMIC.fullmatch(name)
    entity_type_id = int(dynamic[1]) if dynamic else _NAMES.get(name)
    return CrmItem(entity_type_id, int(match[2])) if entity_type_id else None


def from_short(text: str) -> CrmItem:
    """The item of the `crm_item` input: D_17, T80_6; DEAL_17 and DYNAMIC_128_6 as well. Raises ValueError."""
    code = text.strip()
    match = _ITEM.fullmatch(code)
    prefix = match[1].upper() if match else ""
    if match and prefix in _SHORT_CODES:
        return CrmItem(_SHORT_CODES[prefix], int(match[2]))
    if match and re.fullmatch(r"T[0-9A-F]{1,7}", prefix) and int(prefix[1:], 16):
        return CrmItem(int(prefix[1:], 16), int(match[2]))
    if item := from_type_name(code):
        return item
    raise ValueError(f"{text!r} names no CRM item")
