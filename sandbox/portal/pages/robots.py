"""The robot designer: what applications registered, the settings of placed robots, the dialog that asks for them."""

import secrets
from typing import Any

from flask import abort, request

from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.types import document_type
from sandbox.portal.frames import DIALOG, session
from sandbox.portal.methods import as_map, is_yes
from sandbox.portal.model import Portal, Registration
from sandbox.portal.pages.card import SMART_STAGES, STAGES
from sandbox.portal.pages.shown_values import title_of
from sandbox.portal.templates import add_template, find_registration, templates_of
from sandbox.portal.visitor import Visitor
from sandbox.portal.world import World

DOCUMENT_TYPES = {
    "boolean": "bool",
    "crm_company": "int",
    "crm_contact": "int",
    "crm_entity": "int",
    "double": "double",
    "employee": "user",
    "enumeration": "select",
    "integer": "int",
}
KNOWN_TYPES = {"bool", "date", "datetime", "double", "file", "int", "money", "select", "string", "text", "user"}


def designer(portal: Portal, entity_type_id: int, language: str) -> dict[str, Any]:
    """The page: every registered robot that runs on such items, and those that were placed."""
    wanted = document_type(portal, entity_type_id)
    offered = [
        {"code": found.code, "title": local(found.name, language), "text": local(found.description, language)}
        for app in portal.apps.values()
        for found in app.activities.values()
        if app.is_installed and found.kind == "robot" and found.document_type in (None, wanted)
    ]
    rows = portal.tables["robots"].values()
    placed = [_placed(portal, row, language) for row in rows if row["entity_type_id"] == entity_type_id]
    return {"entity_type_id": entity_type_id, "offered": offered, "placed": placed}


def dialog(world: World, portal: Portal, viewer: Visitor, entity_type_id: int, code: str, number: int) -> Any:
    """The settings dialog of one robot; number: of a placed one, 0 = a new one."""
    app, found = find_registration(portal, code) or abort(404)
    row = portal.tables["robots"].get(number) or {"id": 0, "activity_name": new_name(), "values": {}, "stage": ""}
    values = row["values"] or {key: described.get("DEFAULT") for key, described in found.properties.items()}
    shown = {
        "title": local(found.name, viewer.language),
        "code": found.code,
        "row": row,
        "fields": [_field(key, one, values.get(key), viewer.language) for key, one in found.properties.items()],
        "stages": STAGES.get(entity_type_id, SMART_STAGES),
        "is_old": not world.settings["dialog_answers"],
        "session": None,
    }
    if is_yes(found.use_placement):
        options = _options(world, portal, found, row["activity_name"], values, viewer.language, entity_type_id)
        shown["session"] = session(world, portal, app, viewer, DIALOG, options, found.placement_handler)
    return shown


def save(portal: Portal, entity_type_id: int) -> dict[str, Any]:
    """What «Сохранить» does: the inputs of the form become the values of the robot, on its stage if one is chosen."""
    _app, found = find_registration(portal, request.form["code"]) or abort(404)
    number = request.form.get("id", 0, int) or portal.next_id("robot")
    row = {
        "id": number,
        "code": found.code,
        "activity_name": request.form["activity_name"],
        "entity_type_id": entity_type_id,
        "stage": request.form.get("stage", ""),
        "values": _posted(found),
    }
    return store(portal, row)


def store(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """Keep a placed robot, and make the items of its stage run it."""
    old = portal.tables["robots"].get(row["id"], {})
    templates_of(portal).pop(old.get("template_id", 0), None)
    row["template_id"] = 0
    if row["stage"]:
        steps = [{"activity": row["code"], "name": row["activity_name"], "properties": row["values"]}]
        kind, stage = row["entity_type_id"], row["stage"]
        template = add_template(portal, name=row["code"], entity_type_id=kind, steps=steps, stage=stage)
        row["template_id"] = template.id
    portal.tables["robots"][row["id"]] = row
    return row


def local(texts: dict[str, str], language: str) -> str:
    return texts.get(language.upper()) or texts.get("*") or texts.get("EN") or next(iter(texts.values()), "")


def new_name() -> str:
    return "A" + "_".join(str(secrets.randbelow(90000) + 10000) for _part in range(4))


def _placed(portal: Portal, row: dict[str, Any], language: str) -> dict[str, Any]:
    found = find_registration(portal, row["code"])
    return {**row, "title": local(found[1].name, language) if found else row["code"]}


def _posted(found: Registration) -> dict[str, Any]:
    """Ids keep the case of the registration, names of inputs are lower-case; a multiple one ends in []."""
    values: dict[str, Any] = {}
    for key, described in found.properties.items():
        name = f"property_{key.lower()}"
        if is_yes(described.get("MULTIPLE")):
            values[key] = [text for text in request.form.getlist(name + "[]") if text]
        elif name in request.form:
            values[key] = request.form[name]
    return values


def _options(
    world: World,
    portal: Portal,
    found: Registration,
    activity_name: str,
    values: dict[str, Any],
    language: str,
    entity_type_id: int,
) -> dict[str, Any]:
    """PLACEMENT_OPTIONS of the dialog. Older portals hand the properties over as they were registered."""
    is_new = world.settings["dialog_properties"] == "new"
    described = {key: _described(key, one, language) for key, one in found.properties.items()}
    kind = document_type(portal, entity_type_id)
    template = {"DOCUMENT_TYPE": kind, "PARAMETERS": {}, "VARIABLES": {}, "CONSTANTS": {}}
    return {
        "code": found.code,
        "activity_name": activity_name,
        "properties": described if is_new else found.properties,
        "current_values": {key: value for key, value in values.items() if value is not None},
        "document_type": kind,
        "document_fields": _document_fields(portal, entity_type_id, language),
        **({} if world.settings["older_portal"] else {"template": template}),
    }


def _described(key: str, one: dict[str, Any], language: str) -> dict[str, Any]:
    return {
        "Id": key,
        "Type": one.get("TYPE", "string"),
        "Name": _text(one.get("NAME"), language),
        "Description": _text(one.get("DESCRIPTION"), language),
        "Multiple": is_yes(one.get("MULTIPLE")),
        "Required": is_yes(one.get("REQUIRED")),
        "Options": one.get("OPTIONS"),
        "Settings": one.get("SETTINGS"),
        "Default": one.get("DEFAULT"),
    }


def _document_fields(portal: Portal, entity_type_id: int, language: str) -> dict[str, Any]:
    known = fields_of(portal, entity_type_id)
    return {found.upper: _document_field(found, language) for found in known}


def _document_field(found: Field, language: str) -> dict[str, Any]:
    kind = DOCUMENT_TYPES.get(found.type, found.type)
    return {
        "Name": title_of(found, language),
        "Type": kind if kind in KNOWN_TYPES else "string",
        "Multiple": found.multiple,
        "Required": found.required,
        "Editable": not found.read_only,
        "Options": {str(one["ID"]): one["VALUE"] for one in found.items} or None,
    }


def _field(key: str, one: dict[str, Any], value: Any, language: str) -> dict[str, Any]:
    """A property as an ordinary field of the dialog."""
    is_multiple = is_yes(one.get("MULTIPLE"))
    values = value if isinstance(value, list) else [value]
    return {
        "name": f"property_{key.lower()}" + ("[]" if is_multiple else ""),
        "title": _text(one.get("NAME"), language),
        "text": _text(one.get("DESCRIPTION"), language),
        "type": str(one.get("TYPE", "string")).lower(),
        "multiple": is_multiple,
        "required": is_yes(one.get("REQUIRED")),
        "choices": {str(code): _text(text, language) for code, text in as_map(one.get("OPTIONS")).items()},
        "values": [str(part) for part in values if part not in (None, "")],
    }


def _text(given: Any, language: str) -> str:
    if isinstance(given, dict):
        return local({str(key).upper(): str(text) for key, text in given.items()}, language)
    return "" if given is None else str(given)
