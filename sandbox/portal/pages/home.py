"""The first page, applications in frames, files, and the library that applications load."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from sandbox.portal import frames, links
from sandbox.portal.crm import items
from sandbox.portal.crm.types import DEAL
from sandbox.portal.model import Portal, User
from sandbox.portal.pages.door import show
from sandbox.portal.placements import handler_of
from sandbox.portal.rights import may_see
from sandbox.portal.visitor import Visitor, here
from sandbox.portal.workflow import described, workflows_of
from sandbox.portal.world import World


def add_routes(door: Blueprint, world: World) -> None:
    @door.get("/")
    def home() -> Response:
        return show(world, "portal.html", _home)

    @door.get("/marketplace/app/<client_id>/")
    @door.get("/marketplace/view/<client_id>/")
    def application(client_id: str) -> Response:
        return show(world, "frame.html", lambda portal, viewer: _application(world, portal, viewer, client_id))

    @door.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    @door.get("/_people/")
    def people() -> Response:
        """Whom an application's page may let a person pick."""
        with world.lock:
            return jsonify([picked(user) for user in here(world).users.values() if user.is_active])

    @door.get("/api/v1/")
    def library() -> Response:
        return current_app.send_static_file("bx24.js")

    @door.get("/disk/downloadFile/<int:number>/")
    def drive_file(number: int) -> Response:
        with world.lock:
            row = here(world).tables["drive"].get(number) or abort(404)
            return links.send_file(here(world).files.get(row["FILE_ID"]))

    @door.get("/crm/file/<int:number>/")
    def field_file(number: int) -> Response:
        with world.lock:
            return links.send_file(here(world).files.get(number) or abort(404))


def picked(user: User) -> dict[str, Any]:
    """A person as selectUser gives one to the page that asked."""
    url = f"/company/personal/user/{user.id}/"
    about = {"id": str(user.id), "name": user.full_name, "photo": "", "position": user.position, "url": url}
    return {**about, "sub": False, "sup": False}


def _home(portal: Portal, viewer: Visitor) -> dict[str, Any]:
    return {
        "deals": list(items.items_of(portal, DEAL).values()) if may_see(viewer.user, DEAL) else [],
        "workflows": [described(found) for found in reversed(workflows_of(portal).values())],
        "apps": list(portal.apps.values()),
    }


def _application(world: World, portal: Portal, viewer: Visitor, client_id: str) -> dict[str, Any] | None:
    app = portal.apps.get(client_id)
    if app is None:
        return None
    placement = request.args.get("placement", "DEFAULT")
    options = {"ID": request.args["id"]} if "id" in request.args else None
    try:
        url = "" if placement == "DEFAULT" else handler_of(portal, app, placement)
    except LookupError:
        return None
    return {"app": app, "session": frames.session(world, portal, app, viewer, placement, options, url)}
