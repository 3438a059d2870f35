"""What a person does on the portal's pages: starts processes, moves and edits items, completes to-dos, saves robots."""

from typing import Any

from flask import abort, request
from werkzeug.datastructures import FileStorage

from sandbox.portal import engine
from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.methods import as_list
from sandbox.portal.model import Item, Portal
from sandbox.portal.operations import encoded
from sandbox.portal.templates import templates_of
from sandbox.portal.world import World


def act(world: World, portal: Portal, item: Item, user_id: int) -> None:
    """One of the forms of a card: start a process, move the item, attach a file, save the edited fields."""
    if template := request.form.get("template", type=int):
        engine.start(world, portal, templates_of(portal).get(template) or abort(404), item, user_id)
    if stage := request.form.get("stage"):
        items.update_item(world, portal, item, {"STAGE_ID": stage}, user_id)
    upload = request.files.get("file")
    if upload and upload.filename:
        known = fields_of(portal, item.entity_type_id)
        items.update_item(world, portal, item, _attached(item, known, request.form["field"], upload), user_id)
    if "save" in request.form:
        items.update_item(world, portal, item, edited(portal, item), user_id)


def create(world: World, portal: Portal, entity_type_id: int, user_id: int) -> Item:
    """A new item of a smart process from the form of an empty card."""
    draft = Item(entity_type_id, 0, {})
    return items.add_item(world, portal, entity_type_id, edited(portal, draft), user_id)


def edited(portal: Portal, item: Item) -> dict[str, Any]:
    """The fields that the form holds, as crm.item.update takes them."""
    values: dict[str, Any] = {}
    for found in fields_of(portal, item.entity_type_id):
        if found.type == "file":
            if (files := _files(portal, item, found)) is not None:
                values[found.upper] = files
        elif found.upper in request.form:
            values[found.upper] = request.form[found.upper].strip()
    return values


def _files(portal: Portal, item: Item, found: Field) -> Any:
    """None: the person left the field alone."""
    uploads = [_content(one) for one in request.files.getlist(found.upper) if one.filename]
    removed = {int(number) for number in request.form.getlist(f"remove_{found.upper}")}
    if not uploads and not removed:
        return None
    kept = [{"id": number} for number in as_list(item.values.get(found.upper)) if number not in removed]
    return [*kept, *uploads] if found.multiple else next(iter(uploads), "")


def _attached(item: Item, known: list[Field], name: str, upload: FileStorage) -> dict[str, Any]:
    is_multiple = any(found.upper == name and found.multiple for found in known)
    kept = [{"id": number} for number in as_list(item.values.get(name))]
    return {name: [*kept, _content(upload)] if is_multiple else _content(upload)}


def _content(upload: FileStorage) -> list[str]:
    """A new file as fields of CRM items take it."""
    return [upload.filename or "file", encoded(upload.read())]
