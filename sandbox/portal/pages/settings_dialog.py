"""The robots page and the dialog of a step's settings."""

from typing import Any

from flask import Blueprint, abort, redirect, request

from sandbox.portal.crm.types import DEAL, LEAD, kind_of
from sandbox.portal.model import Portal
from sandbox.portal.pages import robots
from sandbox.portal.pages.door import Denied, show
from sandbox.portal.visitor import Visitor, here, visitor
from sandbox.portal.world import World

NAMES = {"deal": DEAL, "lead": LEAD}


def add_routes(door: Blueprint, world: World) -> None:
    @door.route("/crm/<any(deal, lead):name>/automation/0/", methods=["GET", "POST"])
    def named_robots(name: str) -> Any:
        return _designer(world, NAMES[name])

    @door.route("/crm/type/<int:entity_type_id>/automation/0/", methods=["GET", "POST"])
    def smart_robots(entity_type_id: int) -> Any:
        return _designer(world, entity_type_id)


def _designer(world: World, entity_type_id: int) -> Any:
    """The page; with ?code the dialog for a new robot in it, with ?robot that of a placed one; a POST saves."""
    if request.method == "POST":
        with world.lock:
            portal = here(world)
            if not visitor(world, portal).user.is_admin:
                abort(403)
            robots.save(portal, entity_type_id)
        return redirect(request.path, 303)
    return show(world, "designer.html", lambda portal, viewer: _values(world, portal, viewer, entity_type_id))


def _values(world: World, portal: Portal, viewer: Visitor, entity_type_id: int) -> dict[str, Any] | None:
    if kind_of(portal, entity_type_id) is None:
        return None
    shown = robots.designer(portal, entity_type_id, viewer.language)
    number = request.args.get("robot", 0, int)
    code = request.args.get("code") or portal.tables["robots"].get(number, {}).get("code")
    if code and not viewer.user.is_admin:
        raise Denied
    opened = robots.dialog(world, portal, viewer, entity_type_id, code, number) if code else None
    return {**shown, "dialog": opened, "path": request.path}
