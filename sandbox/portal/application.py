"""The emulator as a Flask application: everything wired together."""

import re
from collections.abc import Callable

from flask import Flask, Request, Response, request

from sandbox.faults import install_faults, install_settings
from sandbox.portal import (  # noqa: F401  (methods register themselves)
    basics,
    batch,
    bizproc,
    control,
    control_crm,
    control_pages,
    control_results,
    control_workflows,
    drive,
    events,
    frames,
    links,
    notifications,
    oauth,
    offline,
    operations,
    pages,
    placements,
    registration,
    rest,
    seed,
    tasks,
)
from sandbox.portal.crm import (  # noqa: F401
    activities,
    comments,
    configurable,
    legacy,
    product_rows,
    requisites,
    rest_items,
    smart_types,
    todos,
    triggers,
    user_fields,
)
from sandbox.portal.lists import elements, fields, iblocks, sections  # noqa: F401
from sandbox.portal.settings import DEFAULTS
from sandbox.portal.world import World

BODY_LIMIT = 512 * 1024 * 1024


def create_app(world: World) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = BODY_LIMIT
    app.config["MAX_FORM_PARTS"] = 100_000
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]
    desk = install_faults(app, name_of, ids_of(world))

    def reset() -> None:
        desk.clear()
        with world.lock:
            world.clear()
            seed.fill(world)

    world.settings = install_settings(app, DEFAULTS, reset)
    for door in (rest, oauth, links, drive, operations, pages, frames):
        app.register_blueprint(door.blueprint(world))
    app.after_request(_open_to_frames)
    with world.lock:
        seed.fill(world)
    return app


def _open_to_frames(response: Response) -> Response:
    """Pages in frames call the REST interface from origins of their own."""
    if request.path.startswith("/rest/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "origin, content-type, accept, authorization"
    return response


def name_of(incoming: Request) -> str:
    """`crm.item.get` for methods, `oauth.token` for the token endpoint, "" for pages."""
    if incoming.method == "OPTIONS":  # a browser asks whether it may call, nothing is called yet
        return ""
    if incoming.path == "/oauth/token/":
        return "oauth.token"
    return rest.method_name(incoming.path) if re.match(r"/rest/.+", incoming.path) else ""


def ids_of(world: World) -> Callable[[Request], dict[str, str]]:
    return lambda incoming: {"at": world.role_at(incoming.environ["SERVER_NAME"], incoming.environ["SERVER_PORT"])}
