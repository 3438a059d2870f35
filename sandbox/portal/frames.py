"""Frames of applications: opened by the portal's pages, and what the library inside a frame asks for afterwards."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.portal import apps, tokens
from sandbox.portal.model import App, Portal
from sandbox.portal.placements import handler_of, name_at
from sandbox.portal.rest import to_json
from sandbox.portal.visitor import Visitor, here, refuse_strangers, visitor
from sandbox.portal.world import World

DIALOG = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG"
COMMANDS = {DIALOG: ["setPropertyValue"]}
TAB_COMMANDS = ["reloadData"]


def blueprint(world: World) -> Blueprint:
    door = Blueprint("frames", __name__)
    door.before_request(refuse_strangers)

    @door.post("/_frame/")
    def opened() -> Response:
        wanted = request.get_json()
        with world.lock:
            portal = here(world)
            app = portal.apps.get(str(wanted.get("client_id"))) or abort(404)
            viewer = visitor(world, portal)
            try:
                return _answer(_wanted(world, portal, app, viewer, wanted))
            except LookupError as error:
                abort(404, str(error))

    @door.post("/_frame/<sid>/finish")
    def finish(sid: str) -> Response:
        with world.lock:
            portal, app, frame = _of(world, sid)
            if not portal.users[frame["user_id"]].is_admin:
                abort(403)
            apps.finish_installation(world, portal, app)
        return to_json({"result": True})

    @door.post("/_frame/<sid>/refresh")
    def refresh(sid: str) -> Response:
        with world.lock:
            portal, app, frame = _of(world, sid)
            pair = tokens.issue(world, portal, app, frame["user_id"])
        names = {"AUTH_ID": "access_token", "AUTH_EXPIRES": "expires_in", "REFRESH_ID": "refresh_token"}
        return to_json({name: pair[key] for name, key in names.items()})

    @door.post("/_frame/<sid>/option")
    def option(sid: str) -> Response:
        """An option of the application (administrators only) or of the person in it; or that it has been run."""
        given = request.get_json()
        with world.lock:
            portal, app, frame = _of(world, sid)
            _store(portal, app, frame["user_id"], given)
        return to_json({"result": True})

    return door


def _wanted(world: World, portal: Portal, app: App, viewer: Visitor, wanted: dict[str, Any]) -> dict[str, Any] | None:
    placement = str(wanted.get("placement") or "DEFAULT")
    url = handler_of(portal, app, placement, str(wanted.get("handler") or "")) if placement != "DEFAULT" else ""
    found = session(world, portal, app, viewer, placement, wanted.get("options"), url)
    return {**found, "title": name_at(portal, app, placement, url, viewer.language)} if found else None


def session(
    world: World,
    portal: Portal,
    app: App,
    viewer: Visitor,
    placement: str = "DEFAULT",
    options: dict[str, Any] | None = None,
    url: str = "",
) -> dict[str, Any] | None:
    """Everything the portal's page needs to show a frame and to answer the library inside; None: it is not shown.

    options: what the place adds to PLACEMENT_OPTIONS; the address of the page around joins them as URI.
    url: the handler of a placement, by default the application's own page.
    """
    if not app.is_installed and (not viewer.user.is_admin or placement != "DEFAULT"):
        return None
    given = {**_around(), **(options or {}), **_uri()}
    frame = apps.frame(world, portal, app, viewer.user.id, placement, given, url, viewer.language)
    parts = urlsplit(frame["url"])
    return {
        **frame,
        "origin": f"{parts.scheme}://{parts.netloc}",
        "client_id": app.client_id,
        "title": app.title,
        "commands": COMMANDS.get(placement, TAB_COMMANDS if placement.startswith("CRM_") else []),
        "init": _init_data(world, portal, app, viewer, frame, given),
    }


def _answer(found: dict[str, Any] | None) -> Response:
    return jsonify({"session": found})


def _init_data(
    world: World, portal: Portal, app: App, viewer: Visitor, frame: dict[str, Any], options: dict[str, Any]
) -> dict[str, Any]:
    """What getInitData answers."""
    own = portal.tables["user_options"].get((app.client_id, viewer.user.id), {})
    return {
        "LANG": viewer.language,
        "DOMAIN": world.domain_of(portal),
        "PROTOCOL": int(world.url_of(portal).startswith("https")),
        "PATH": "/rest",
        **{name: frame["fields"][name] for name in ("AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID")},
        "MEMBER_ID": portal.member_id,
        "FIRST_RUN": (app.client_id, app.version, viewer.user.id) not in portal.tables["first_runs"],
        "IS_ADMIN": viewer.user.is_admin,
        "INSTALL": not app.is_installed,
        "USER_OPTIONS": dict(own),
        "APP_OPTIONS": dict(app.options),
        "PLACEMENT": frame["fields"]["PLACEMENT"],
        "PLACEMENT_OPTIONS": options,
    }


def _uri() -> dict[str, str]:
    """The page around: what the browser sent as a Referer of the same domain, or the page being answered."""
    if request.method == "GET":
        return {"URI": request.full_path.rstrip("?")}
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.host:
        return {}
    return {"URI": parts.path + (f"?{parts.query}" if parts.query else "")}


def _around() -> dict[str, str]:
    """The application's own page hands on the parameters of the portal's page."""
    own = ("lang", "user_id", "placement", "id")
    return {} if request.method == "POST" else {key: text for key, text in request.args.items() if key not in own}


def _of(world: World, sid: str) -> tuple[Portal, App, dict[str, Any]]:
    portal = here(world)
    frame = portal.frames.get(sid) or abort(404)
    return portal, portal.apps[frame["client_id"]], frame


def _store(portal: Portal, app: App, user_id: int, given: dict[str, Any]) -> None:
    kind, name = given.get("kind"), str(given.get("name") or "")
    if kind == "run":
        portal.tables["first_runs"][app.client_id, app.version, user_id] = True
    elif kind == "user":
        portal.tables["user_options"].setdefault((app.client_id, user_id), {})[name] = given.get("value")
    elif kind == "app" and portal.users[user_id].is_admin:
        app.options[name] = given.get("value")
    else:
        abort(403)
