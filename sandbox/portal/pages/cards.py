"""Cards of CRM items: to look at, to act on, to fill in anew; and what is clicked in their timelines."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, request

from sandbox.portal import events, frames
from sandbox.portal.crm import items
from sandbox.portal.crm.types import COMPANY, CONTACT, DEAL, LEAD, smart_type
from sandbox.portal.errors import RestError
from sandbox.portal.methods import as_map
from sandbox.portal.model import Item, Portal
from sandbox.portal.pages import acting
from sandbox.portal.pages.card import card, inputs, kind_title
from sandbox.portal.pages.door import show
from sandbox.portal.pages.shown_values import card_path
from sandbox.portal.pages.timeline import action_at
from sandbox.portal.rights import may_see
from sandbox.portal.visitor import here, visitor
from sandbox.portal.world import World

NAMES = {"lead": LEAD, "deal": DEAL, "contact": CONTACT, "company": COMPANY}


def add_routes(door: Blueprint, world: World) -> None:
    @door.get("/crm/<any(lead, deal, contact, company):name>/details/<int:item_id>/")
    def named(name: str, item_id: int) -> Response:
        return _shown(world, NAMES[name], item_id)

    @door.post("/crm/<any(lead, deal, contact, company):name>/details/<int:item_id>/")
    def act_on_named(name: str, item_id: int) -> Any:
        return _acted(world, NAMES[name], item_id)

    @door.get("/crm/type/<int:entity_type_id>/details/<int:item_id>/")
    def smart(entity_type_id: int, item_id: int) -> Response:
        return _shown(world, entity_type_id, item_id)

    @door.post("/crm/type/<int:entity_type_id>/details/<int:item_id>/")
    def act_on_smart(entity_type_id: int, item_id: int) -> Any:
        return _acted(world, entity_type_id, item_id)

    @door.post("/_timeline/<int:number>/<any(complete, event, application):what>")
    def clicked(number: int, what: str) -> Response:
        with world.lock:
            return jsonify(_clicked(world, number, what))


def _shown(world: World, entity_type_id: int, item_id: int) -> Response:
    def values(portal: Portal, viewer: Any) -> dict[str, Any] | None:
        if item_id == 0 and smart_type(portal, entity_type_id):
            return _empty(portal, entity_type_id, viewer.language)
        item = items.items_of(portal, entity_type_id).get(item_id)
        return card(portal, item, viewer.language) if item else None

    return show(world, "card.html", values, entity_type_id)


def _empty(portal: Portal, entity_type_id: int, language: str) -> dict[str, Any]:
    draft = Item(entity_type_id, 0, {})
    title = kind_title(portal, entity_type_id, language)
    return {"item": draft, "name": title, "kind_title": title, "inputs": inputs(portal, draft, language)}


def _acted(world: World, entity_type_id: int, item_id: int) -> Any:
    with world.lock:
        portal = here(world)
        user = visitor(world, portal).user
        if not may_see(user, entity_type_id):
            abort(403)
        try:
            if item_id == 0 and smart_type(portal, entity_type_id):
                item = acting.create(world, portal, entity_type_id, user.id)
                return redirect(f"{card_path(entity_type_id, item.id)}{_slider()}", 303)
            item = items.items_of(portal, entity_type_id).get(item_id) or abort(404)
            acting.act(world, portal, item, user.id)
        except RestError as error:
            abort(400, error.text)
    return redirect(request.full_path.rstrip("?"), 303)


def _slider() -> str:
    return "?IFRAME=Y" if request.args.get("IFRAME") == "Y" else ""


def _clicked(world: World, number: int, what: str) -> Any:
    """complete: a to-do is done; event: an action tells its application; application: an action opens it."""
    portal = here(world)
    viewer = visitor(world, portal)
    row = portal.tables["activities"].get(number) or abort(404)
    if not may_see(viewer.user, row["owner"][0]):
        abort(403)
    if what == "complete":
        row["completed"] = "Y"
        return True
    action = action_at(row["layout"], str(request.get_json().get("path"))) or abort(404)
    if what == "event":
        return events.press(world, portal, row, action, viewer.user.id, str(request.get_json()["path"]))
    options = {**context_of(row), **as_map(action.get("actionParams"))}
    app = portal.apps.get(row["client_id"]) or abort(404)
    return {"session": frames.session(world, portal, app, viewer, options=options)}


def context_of(row: dict[str, Any]) -> dict[str, Any]:
    """What an application opened from the timeline is told of the place."""
    entity_type_id, item_id = row["owner"]
    return {"entityTypeId": entity_type_id, "entityId": item_id, "activityId": row["id"]}
