"""Puts the sandbox together: faults, settings, control, identity provider, API, pages."""

from flask import Flask, Request, Response, request

from sandbox.diadoc import (
    docflow,
    document_types,
    events,
    generate,
    housekeeping,
    organizations,
    patching,
    posting,
    reading,
    shelf,
)
from sandbox.diadoc.api import Door, api
from sandbox.diadoc.auth import authenticate, seed_tokens
from sandbox.diadoc.control import control
from sandbox.diadoc.counteragents import seed_relations
from sandbox.diadoc.identity import identity_provider
from sandbox.diadoc.pages.routes import pages
from sandbox.diadoc.settings import CHOICES, DEFAULTS
from sandbox.diadoc.state import World
from sandbox.faults import install_faults, install_settings

METHODS = (docflow, document_types, events, generate, housekeeping, organizations, patching, posting, reading, shelf)
IDS = ("boxId", "myBoxId", "messageId", "entityId", "documentId", "customDocumentId", "operationId", "afterIndexKey")
LOGGED = ("/connect/token", "/.well-known/openid-configuration")


def create_app() -> Flask:
    app = Flask(__name__, static_folder=None)
    desk = install_faults(app, _name_of, _ids_of)

    def reset() -> None:
        with world.lock:
            world.reset()
            seed_tokens(world)
            seed_relations(world)
        desk.clear()

    settings = install_settings(app, DEFAULTS, reset, CHOICES)
    world = World(settings)
    reset()
    app.register_blueprint(identity_provider(world))
    app.register_blueprint(control(world))
    app.register_blueprint(pages(world))
    door = Door(world, authenticate)

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "DELETE", "PATCH"])
    def method(path: str) -> Response:
        return door.answer(request)

    return app


def _name_of(request: Request) -> str:
    """The method for faults and log; pages are none."""
    if request.path in LOGGED:
        return request.path.strip("/")
    return api.name_of(request.path)


def _ids_of(request: Request) -> dict[str, str]:
    return {name: request.args[name] for name in IDS if name in request.args}
