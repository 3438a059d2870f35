"""Values of CRM items as a person reads them on a card or in a grid."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, KINDS, LEAD, QUOTE
from sandbox.portal.encoding import printed
from sandbox.portal.methods import as_list, whole
from sandbox.portal.model import Portal
from sandbox.portal.pages.bbcode import is_safe
from sandbox.portal.values import site_date, site_time

_KIND_OF_TYPE = {
    "crm_company": COMPANY,
    "crm_contact": CONTACT,
    "crm_deal": DEAL,
    "crm_lead": LEAD,
    "crm_quote": QUOTE,
}
_KIND_TITLES = {DEAL: ("Сделка", "Deal"), LEAD: ("Лид", "Lead"), COMPANY: ("Компания", "Company")}
_NAMES = {"MYCOMPANY_ID": "Our company", "CONTACT_IDS": "Contacts", "ASSIGNED_BY_ID": "Responsible"}
_FLAGS = {"ru": {"Y": "да", "N": "нет"}, "en": {"Y": "yes", "N": "no"}}


@dataclass(frozen=True)
class Part:
    """One value: its text, and where a click on it leads."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    """A field of a card. name: the original upper-case one."""

    name: str
    title: str
    parts: list[Part] = field(default_factory=list)


def row_of(portal: Portal, found: Field, value: Any, language: str) -> Row:
    values = [part for part in as_list(value) if part not in (None, "")]
    return Row(found.upper, title_of(found, language), [_part(portal, found, part, language) for part in values])


def title_of(found: Field, language: str) -> str:
    """User fields have labels in languages; the portal's own have Russian titles and names that read as English."""
    if found.labels:
        return found.labels.get(language) or next(iter(found.labels.values()))
    if found.type == "crm_entity":
        kind = KINDS.get(linked_kind(found))
        return _KIND_TITLES[kind.id][language != "ru"] if kind and kind.id in _KIND_TITLES else found.title
    return found.title if language == "ru" else _NAMES.get(found.upper) or _words(found.upper)


def _words(name: str) -> str:
    return name.removesuffix("_ID").removesuffix("_IDS").replace("_", " ").capitalize()


def card_path(entity_type_id: int, item_id: int) -> str:
    """Where the card of an item is."""
    kind = KINDS.get(entity_type_id)
    if kind and entity_type_id in (LEAD, DEAL, CONTACT, COMPANY):
        return f"/crm/{kind.name.lower()}/details/{item_id}/"
    return f"/crm/type/{entity_type_id}/details/{item_id}/"


def linked_kind(found: Field) -> int:
    """What kind of items a field points at; 0 = none."""
    if found.type == "crm_entity":
        return whole(found.upper.rpartition("_")[2]) or 0
    return _KIND_OF_TYPE.get(found.type, 0)


def _part(portal: Portal, found: Field, value: Any, language: str) -> Part:
    if found.type == "file":
        return Part(portal.files[value].name, f"/crm/file/{value}/")
    if found.type in ("user", "employee"):
        user = portal.users.get(whole(value) or 0)
        return Part(user.full_name if user else str(value))
    if kind := linked_kind(found):
        return _linked(portal, kind, value)
    if found.type == "url" and is_safe(str(value)):
        return Part(str(value), str(value))
    return Part(_text(found, value, language))


def _linked(portal: Portal, kind: int, value: Any) -> Part:
    item = items.items_of(portal, kind).get(whole(value) or 0)
    if item is None:
        return Part(f"#{value}")
    return Part(name_of(item.values), card_path(kind, item.id))


def name_of(values: dict[str, Any]) -> str:
    """The title of an item, or the name of a person."""
    person = f"{values.get('NAME') or ''} {values.get('LAST_NAME') or ''}".strip()
    return values.get("TITLE") or person or f"#{values.get('ID')}"


def _text(found: Field, value: Any, language: str) -> str:
    if hasattr(value, "astimezone"):
        return site_date(value) if found.type == "date" else site_time(value)
    if found.type == "boolean":
        return _FLAGS.get(language, _FLAGS["en"]).get(str(value), str(value))
    if found.type == "money":
        return str(value).replace("|", " ")
    if found.type == "enumeration":
        return next((str(item["VALUE"]) for item in found.items if item["ID"] == value), str(value))
    if found.type == "double":
        return f"{float(value):,.2f}".replace(",", " ")
    return printed(value)
