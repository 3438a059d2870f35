"""Kinds of CRM items: their numbers, codes and names, and the documents that workflows see in them."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox.portal.model import Portal

LEAD, DEAL, CONTACT, COMPANY, QUOTE, REQUISITE, INVOICE = 1, 2, 3, 4, 7, 8, 31


@dataclass(frozen=True)
class Kind:
    id: int
    short: str
    name: str
    uf_entity: str
    entity: str  # the PHP class of its workflow document


_DOCUMENT = "Bitrix\\Crm\\Integration\\BizProc\\Document\\"
KINDS = {
    kind.id: kind
    for kind in (
        Kind(LEAD, "L", "LEAD", "CRM_LEAD", "CCrmDocumentLead"),
        Kind(DEAL, "D", "DEAL", "CRM_DEAL", "CCrmDocumentDeal"),
        Kind(CONTACT, "C", "CONTACT", "CRM_CONTACT", "CCrmDocumentContact"),
        Kind(COMPANY, "CO", "COMPANY", "CRM_COMPANY", "CCrmDocumentCompany"),
        Kind(QUOTE, "Q", "QUOTE", "CRM_QUOTE", _DOCUMENT + "Quote"),
        Kind(INVOICE, "SI", "SMART_INVOICE", "CRM_SMART_INVOICE", _DOCUMENT + "SmartInvoice"),
    )
}


@dataclass
class SmartType:
    """A smart process («Смарт-процесс»). Mind the two numbers: id names its fields, entity_type_id its items."""

    id: int
    entity_type_id: int
    title: str
    flags: dict[str, str] = field(default_factory=dict)
    parents: list[dict[str, Any]] = field(default_factory=list)
    children: list[dict[str, Any]] = field(default_factory=list)
    linked_user_fields: dict[str, str] = field(default_factory=dict)
    category_id: int = 0


def smart_types(portal: Portal) -> dict[int, SmartType]:
    """By type id."""
    return portal.tables["types"]


def smart_type(portal: Portal, entity_type_id: int) -> SmartType | None:
    found = (kind for kind in smart_types(portal).values() if kind.entity_type_id == entity_type_id)
    return next(found, None)


def kind_of(portal: Portal, entity_type_id: int) -> Kind | None:
    if entity_type_id in KINDS:
        return KINDS[entity_type_id]
    smart = smart_type(portal, entity_type_id)
    if smart is None:
        return None
    name = f"DYNAMIC_{entity_type_id}"
    return Kind(entity_type_id, f"T{entity_type_id:x}", name, f"CRM_{smart.id}", _DOCUMENT + "Dynamic")


def all_kinds(portal: Portal) -> list[Kind]:
    smart = (kind_of(portal, found.entity_type_id) for found in smart_types(portal).values())
    return [*KINDS.values(), *(kind for kind in smart if kind is not None)]


def kind_by(portal: Portal, *, short: str = "", name: str = "", uf_entity: str = "") -> Kind | None:
    """Find a kind by one of its codes."""
    for kind in all_kinds(portal):
        if short and kind.short.lower() == short.lower():
            return kind
        if name and kind.name.lower() == name.lower():
            return kind
        if uf_entity and kind.uf_entity == uf_entity:
            return kind
    return None


def document_type(portal: Portal, entity_type_id: int) -> list[str]:
    kind = kind_of(portal, entity_type_id)
    if kind is None:
        raise LookupError(f"no such entityTypeId: {entity_type_id}")
    return ["crm", kind.entity, kind.name]


def document_id(portal: Portal, entity_type_id: int, item_id: int) -> list[str]:
    module, entity, name = document_type(portal, entity_type_id)
    return [module, entity, f"{name}_{item_id}"]


def parse_document_id(portal: Portal, triple: Any) -> tuple[int, int] | None:
    """(entityTypeId, item id) of a CRM document, None for anything else."""
    if not isinstance(triple, list) or len(triple) != 3 or triple[0] != "crm":
        return None
    found = re.fullmatch(r"(.+)_(\d+)", str(triple[2]))
    kind = kind_by(portal, name=found[1]) if found else None
    if found is None or kind is None or kind.entity != triple[1]:
        return None
    return kind.id, int(found[2])
