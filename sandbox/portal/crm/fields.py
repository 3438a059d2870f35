"""Fields of CRM items: the catalogue, both spellings of names, values in and out."""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sandbox.portal.crm.catalogue import COMMON, OF_FLAG, OF_KIND, SMART_PROCESS
from sandbox.portal.crm.types import DEAL, INVOICE, QUOTE, all_kinds, kind_of, smart_type
from sandbox.portal.model import Portal


@dataclass
class Field:
    """upper: the original name; type: as crm.item.fields prints it."""

    upper: str
    type: str
    title: str = ""
    camel: str = ""
    read_only: bool = False
    multiple: bool = False
    required: bool = False
    dynamic: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)  # by language, of user fields


_CAMEL = {"MYCOMPANY_ID": "mycompanyId", "IS_MY_COMPANY": "isMyCompany"}


def fields_of(portal: Portal, entity_type_id: int, uf_names: str = "camel") -> list[Field]:
    """All fields of a kind of items: standard, parents, user fields."""
    described = f"{COMMON} {OF_KIND.get(entity_type_id, SMART_PROCESS)}"
    missing = _missing(portal, entity_type_id)
    standard = [found for found in map(_parsed, described.split()) if found.upper not in missing]
    return [*standard, *_parents(portal, entity_type_id), *user_fields(portal, entity_type_id, uf_names)]


def user_fields(portal: Portal, entity_type_id: int, uf_names: str = "camel") -> list[Field]:
    kind = kind_of(portal, entity_type_id)
    entity = kind.uf_entity if kind else ""
    rows = [row for row in portal.tables["user_fields"].values() if row["entityId"] == entity]
    return [
        Field(
            row["fieldName"],
            row["userTypeId"],
            title=next(iter(row["editFormLabel"].values()), row["fieldName"]),
            camel=uf_camel(row["fieldName"], uf_names),
            multiple=row["multiple"] == "Y",
            required=row["mandatory"] == "Y",
            dynamic=True,
            settings=row["settings"],
            items=[{"ID": item["id"], "VALUE": item["value"]} for item in row["enum"]],
            labels={language: str(label) for language, label in row["editFormLabel"].items() if label},
        )
        for row in rows
    ]


def uf_camel(upper: str, uf_names: str = "camel") -> str:
    """Two spellings are met in the wild; nobody should compute them, so both can be switched on."""
    rest = upper.removeprefix("UF_CRM_")
    if rest.isdigit():
        return f"ufCrm_{rest}"
    if uf_names == "underscore":
        return f"ufCrm_{rest}"
    parts = [part if part.isdigit() else part.capitalize() for part in rest.split("_") if part]
    name = parts[0]
    for before, part in pairwise(parts):
        name += f"_{part}" if before.isdigit() and part.isdigit() else part
    return "ufCrm" + name


def camel(upper: str) -> str:
    if upper in _CAMEL:
        return _CAMEL[upper]
    if parent := re.fullmatch(r"PARENT_ID_(\d+)", upper):
        return f"parentId{parent[1]}"
    first, *rest = upper.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def find_field(fields: list[Field], name: str) -> Field | None:
    """By any spelling: original, camelCase of either kind."""
    for found in fields:
        spellings = {found.upper, found.camel}
        if found.dynamic:
            spellings |= {uf_camel(found.upper, "camel"), uf_camel(found.upper, "underscore")}
        if name in spellings:
            return found
    return None


def _parsed(text: str) -> Field:
    upper, kind, title, flags = [*text.split(":"), ""][:4]
    return Field(
        upper,
        kind,
        title.replace("_", " "),
        camel(upper),
        read_only="r" in flags,
        multiple="m" in flags,
        required=False,
    )


def _missing(portal: Portal, entity_type_id: int) -> set[str]:
    """Fields that a smart process does not have, because the flags for them are off."""
    smart = smart_type(portal, entity_type_id)
    if smart is None:
        return set()
    return {name for flag, names in OF_FLAG.items() if smart.flags.get(flag) != "Y" for name in names}


def _parents(portal: Portal, entity_type_id: int) -> list[Field]:
    """parentId{N}: what a smart process declared, and what an invoice always has."""
    ids = {DEAL, QUOTE} if entity_type_id == INVOICE else set()
    if smart := smart_type(portal, entity_type_id):
        ids |= {int(parent["entityTypeId"]) for parent in smart.parents}
    for other in all_kinds(portal):
        if (owner := smart_type(portal, other.id)) and entity_type_id in (
            int(c["entityTypeId"]) for c in owner.children
        ):
            ids.add(other.id)
    return [Field(f"PARENT_ID_{n}", "crm_entity", f"Родитель {n}", f"parentId{n}") for n in sorted(ids)]
