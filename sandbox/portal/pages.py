"""What a person sees in a browser: deals, running workflows, applications, timelines; and the host of frames."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request

from sandbox.portal import engine, frames, links
from sandbox.portal.control_results import timeline
from sandbox.portal.crm import items
from sandbox.portal.crm.fields import Field, fields_of
from sandbox.portal.crm.types import DEAL
from sandbox.portal.encoding import printed
from sandbox.portal.methods import as_list
from sandbox.portal.model import Item, Portal, User
from sandbox.portal.page_texts import texts
from sandbox.portal.placements import handler_of, visible
from sandbox.portal.templates import templates_of
from sandbox.portal.visitor import here, refuse_strangers, remember, visitor
from sandbox.portal.workflow import described, workflows_of
from sandbox.portal.world import World


def blueprint(world: World) -> Blueprint:
    door = Blueprint("pages", __name__)
    door.before_request(_loopback_only)
    door.before_request(refuse_strangers)
    door.after_request(remember)

    def shown(template: str, values: Callable[[Portal], dict[str, Any]]) -> str:
        with world.lock:
            portal = here(world)
            viewer = visitor(world, portal)
            t = texts(viewer.language)
            return render_template(template, portal=portal, viewer=viewer, t=t, **values(portal))

    @door.get("/")
    def home() -> str:
        return shown("portal.html", lambda portal: _home(portal))

    @door.get("/crm/deal/details/<int:item_id>/")
    def deal(item_id: int) -> str:
        return shown("deal.html", lambda portal: _deal(world, portal, _item(portal, item_id)))

    @door.post("/crm/deal/details/<int:item_id>/")
    def change_deal(item_id: int) -> Response:
        with world.lock:
            _act(world, here(world), item_id)
        return redirect(request.full_path.rstrip("?"), 303)  # type: ignore[return-value]

    @door.get("/disk/downloadFile/<int:number>/")
    def drive_file(number: int) -> Response:
        with world.lock:
            row = here(world).tables["drive"].get(number) or abort(404)
            return links.send_file(here(world).files.get(row["FILE_ID"]))

    @door.get("/crm/file/<int:number>/")
    def field_file(number: int) -> Response:
        with world.lock:
            return links.send_file(here(world).files.get(number) or abort(404))

    _frame_routes(door, world, shown)
    return door


def _frame_routes(door: Blueprint, world: World, shown: Callable[..., str]) -> None:
    @door.get("/marketplace/app/<client_id>/")
    def application(client_id: str) -> str:
        return shown("frame.html", lambda portal: _application(world, portal, client_id))

    @door.get("/_people/")
    def people() -> Response:
        """Whom an application's page may let a person pick."""
        with world.lock:
            return jsonify([picked(user) for user in here(world).users.values() if user.is_active])

    @door.get("/api/v1/")
    def library() -> Response:
        return current_app.send_static_file("bx24.js")


def _loopback_only() -> None:
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        abort(403)


def _home(portal: Portal) -> dict[str, Any]:
    return {
        "deals": list(items.items_of(portal, DEAL).values()),
        "workflows": [described(found) for found in reversed(workflows_of(portal).values())],
        "apps": list(portal.apps.values()),
    }


def _deal(world: World, portal: Portal, item: Item) -> dict[str, Any]:
    known = fields_of(portal, DEAL)
    own = [found for found in workflows_of(portal).values() if (found.entity_type_id, found.item_id) == (DEAL, item.id)]
    return {
        "deal": item,
        "fields": [
            _row(portal, found, item.values.get(found.upper)) for found in known if item.values.get(found.upper)
        ],
        "file_fields": [found for found in known if found.type == "file"],
        "workflows": [described(found) for found in reversed(own)],
        "templates": [one for one in templates_of(portal).values() if one.entity_type_id == DEAL and not one.is_hidden],
        "timeline": timeline(world, portal, DEAL, item.id)[::-1],
        "tabs": visible(portal, "CRM_DEAL_DETAIL_TAB"),
    }


def _row(portal: Portal, found: Field, value: Any) -> dict[str, Any]:
    files = [portal.files[number] for number in as_list(value)] if found.type == "file" else []
    return {"title": found.title, "name": found.upper, "value": "" if files else printed(value), "files": files}


def _act(world: World, portal: Portal, item_id: int) -> None:
    """What the forms of a deal's page do: start a process, move the deal, attach a file."""
    item, user_id = _item(portal, item_id), int(world.settings["browser_user_id"])
    if template := request.form.get("template", type=int):
        engine.start(world, portal, templates_of(portal)[template], item, user_id)
    if stage := request.form.get("stage"):
        items.update_item(world, portal, item, {"STAGE_ID": stage}, user_id)
    upload = request.files.get("file")
    if upload and upload.filename:
        name = request.form["field"]
        number = portal.add_file(upload.filename, upload.read(), links.mime_of(upload.filename)).id
        is_multiple = any(found.upper == name and found.multiple for found in fields_of(portal, DEAL))
        item.values[name] = [*as_list(item.values.get(name)), number] if is_multiple else number


def _item(portal: Portal, item_id: int) -> Item:
    return items.items_of(portal, DEAL).get(item_id) or abort(404)


def picked(user: User) -> dict[str, Any]:
    """A person as selectUser gives one to the page that asked."""
    url = f"/company/personal/user/{user.id}/"
    return {
        "id": str(user.id),
        "name": user.full_name,
        "photo": "",
        "position": user.position,
        "url": url,
        "sub": False,
        "sup": False,
    }


def _application(world: World, portal: Portal, client_id: str) -> dict[str, Any]:
    app = portal.apps.get(client_id) or abort(404)
    placement = request.args.get("placement", "DEFAULT")
    options = {"ID": request.args["id"]} if "id" in request.args else None
    try:
        url = "" if placement == "DEFAULT" else handler_of(portal, app, placement)
    except LookupError as error:
        abort(404, str(error))
    session = frames.session(world, portal, app, visitor(world, portal), placement, options, url)
    return {"app": app, "session": session}
