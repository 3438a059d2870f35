"""The card of a CRM item: fields, stages, documents, children, the tabs and buttons of applications, the timeline."""

from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.requisites import requisites_of
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, LEAD, kind_of, smart_type, smart_types
from sandbox.portal.model import Item, Portal
from sandbox.portal.pages import timeline
from sandbox.portal.pages.shown_values import Part, card_path, linked_kind, name_of, row_of, title_of
from sandbox.portal.placements import title_of as placement_title
from sandbox.portal.placements import visible
from sandbox.portal.templates import templates_of
from sandbox.portal.values import site_time
from sandbox.portal.workflow import described, workflows_of

HIDDEN = {
    *("ID", "XML_ID", "OPENED", "CREATED_BY", "UPDATED_BY", "CREATED_TIME", "UPDATED_TIME", "MOVED_BY", "MOVED_TIME"),
    *("PREVIOUS_STAGE_ID", "CATEGORY_ID", "CONTACT_ID", "IS_MY_COMPANY", "FM"),
}
STAGES = {
    DEAL: ["NEW", "PREPARATION", "EXECUTING", "WON", "LOSE"],
    LEAD: ["NEW", "IN_PROCESS", "CONVERTED", "JUNK"],
}
SMART_STAGES = ["NEW", "PREPARATION", "CLIENT", "SUCCESS", "FAIL"]
EDITABLE = {"string", "text", "integer", "double", "money", "date", "datetime", "boolean", "enumeration", "url", "file"}
_BY_ID = (LEAD, DEAL, CONTACT, COMPANY)  # cards whose toolbar tells ID, the others tell ENTITY_ID


def card(portal: Portal, item: Item, language: str) -> dict[str, Any]:
    known = fields_of(portal, item.entity_type_id)
    shown = [found for found in known if found.upper not in HIDDEN]
    rows = [row_of(portal, found, item.values.get(found.upper), language) for found in shown]
    place = (item.entity_type_id, item.id)
    own = [found for found in workflows_of(portal).values() if (found.entity_type_id, found.item_id) == place]
    return {
        "item": item,
        "name": name_of(item.values),
        "kind_title": kind_title(portal, item.entity_type_id, language),
        "rows": [row for row in rows if row.parts],
        "stages": _stages(item),
        "file_fields": [(found.upper, title_of(found, language)) for found in known if found.type == "file"],
        "tabs": placed(portal, item, "DETAIL_TAB", language),
        "buttons": placed(portal, item, "DETAIL_TOOLBAR", language),
        "documents": _documents(portal, item),
        "children": _children(portal, item),
        "requisites": [row for row in requisites_of(portal, item.entity_type_id, item.id) if row["RQ_INN"]],
        "workflows": [described(found) for found in reversed(own)],
        "templates": [
            one
            for one in templates_of(portal).values()
            if one.entity_type_id == item.entity_type_id and not one.is_hidden and not one.stage
        ],
        "timeline": timeline.entries(portal, item, language),
        "history": _history(portal, item),
        "inputs": inputs(portal, item, language) if smart_type(portal, item.entity_type_id) else [],
    }


def placed(portal: Portal, item: Item, spot: str, language: str) -> list[dict[str, Any]]:
    """Pages of applications at a spot of this card: {"title", "wanted"}, wanted being what opens the frame."""
    kind = kind_of(portal, item.entity_type_id)
    placement = f"CRM_{kind.name}_{spot}" if kind else ""
    key = "ID" if spot == "DETAIL_TAB" or item.entity_type_id in _BY_ID else "ENTITY_ID"
    return [
        {
            "title": placement_title(app, row, language),
            "wanted": {
                "client_id": app.client_id,
                "placement": placement,
                "handler": row["handler"],
                "options": {key: str(item.id)},
            },
        }
        for app, row in visible(portal, placement)
    ]


def inputs(portal: Portal, item: Item, language: str) -> list[dict[str, Any]]:
    """What a person may edit on the card of a smart process."""
    known = fields_of(portal, item.entity_type_id)
    wanted = [found for found in known if _is_editable(found)]
    return [_input(portal, found, item.values.get(found.upper), language) for found in wanted]


def kind_title(portal: Portal, entity_type_id: int, language: str) -> str:
    names = {DEAL: ("Сделка", "Deal"), LEAD: ("Лид", "Lead"), CONTACT: ("Контакт", "Contact")}
    names[COMPANY] = ("Компания", "Company")
    if entity_type_id in names:
        return names[entity_type_id][language != "ru"]
    smart = smart_type(portal, entity_type_id)
    return smart.title if smart else ""


def _is_editable(found: Field) -> bool:
    if found.upper in ("TITLE", "OPPORTUNITY", "BEGINDATE", "CLOSEDATE", "COMPANY_ID"):
        return True
    return found.type == "crm_entity" or (found.dynamic and found.type in EDITABLE)


def _input(portal: Portal, found: Field, value: Any, language: str) -> dict[str, Any]:
    row = row_of(portal, found, value, language)
    plain = ", ".join(part.text for part in row.parts)
    if found.type in ("date", "datetime") and value:
        plain = value.date().isoformat() if found.type == "date" else value.strftime("%Y-%m-%dT%H:%M")
    elif found.type in ("money", "double", "enumeration") or linked_kind(found):
        plain = "" if value is None else str(value)
    elif found.type == "boolean":
        plain = value or "N"
    choices = [(str(one["ID"]), str(one["VALUE"])) for one in found.items]
    if kind := linked_kind(found):
        others = items.items_of(portal, kind).values()
        choices = [(str(other.id), name_of(other.values)) for other in others]
    return {
        "name": found.upper,
        "title": row.title,
        "type": found.type,
        "multiple": found.multiple,
        "value": plain,
        "files": row.parts if found.type == "file" else [],
        "choices": choices,
    }


def _stages(item: Item) -> list[str]:
    current = item.values.get("STAGE_ID") or ""
    if not current:
        return []
    prefix = current.rpartition(":")[0]
    names = STAGES.get(item.entity_type_id, SMART_STAGES)
    stages = [f"{prefix}:{name}" if prefix else name for name in names]
    return stages if current in stages else [*stages, current]


def _documents(portal: Portal, item: Item) -> list[Part]:
    """What the document generator has made for the item: the PDF once it is there, the DOCX until then."""
    owner = (str(item.entity_type_id), str(item.id))
    rows = portal.tables["docgen_documents"].values()
    own = [row for row in rows if (row["entityTypeId"], row["entityId"]) == owner]
    return [Part(row["title"], f"/crm/file/{row['pdf_id'] or row['file_id']}/") for row in own]


def _children(portal: Portal, item: Item) -> list[dict[str, Any]]:
    """Items of smart processes whose parent this item is, a list for each smart process."""
    field = f"PARENT_ID_{item.entity_type_id}"
    found = []
    for smart in smart_types(portal).values():
        if any(int(parent["entityTypeId"]) == item.entity_type_id for parent in smart.parents):
            children = items.items_of(portal, smart.entity_type_id).values()
            own = [child for child in children if child.values.get(field) == item.id]
            parts = [Part(name_of(child.values), card_path(smart.entity_type_id, child.id)) for child in own]
            found.append({"title": smart.title, "entity_type_id": smart.entity_type_id, "parts": parts})
    return found


def _history(portal: Portal, item: Item) -> list[tuple[str, str]]:
    """(when, key of a text) of what is known of the item's past."""
    names = {"CREATED_TIME": "created", "MOVED_TIME": "moved", "UPDATED_TIME": "changed"}
    return [(site_time(item.values[name]), key) for name, key in names.items() if item.values.get(name)]
