"""The registry of control operations: what tests, the demo and a person at the keyboard may do to the emulator."""

import base64
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from sandbox.portal.errors import RestError
from sandbox.portal.model import Portal
from sandbox.portal.world import World

OPERATIONS: dict[str, Callable[..., Any]] = {}


def operation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Offer function(world, portal, **named values) as POST /_control/do/<its name>; "portal" names the portal."""
    OPERATIONS[function.__name__] = function
    return function


def blueprint(world: World) -> Blueprint:
    door = Blueprint("control", __name__)

    @door.post("/_control/do/<name>")
    def do(name: str) -> Response:
        given = request.get_json()
        if name not in OPERATIONS:
            abort(404, f"no operation {name}; there are {', '.join(sorted(OPERATIONS))}")
        with world.lock:
            portal = _portal(world, given.pop("portal", "first"))
            try:
                return jsonify(OPERATIONS[name](world, portal, **given))
            except (TypeError, LookupError, ValueError) as error:
                abort(400, f"{type(error).__name__}: {error}")
            except RestError as error:
                abort(400, str(error))

    return door


def _portal(world: World, name: str) -> Portal:
    if name not in world.portals:
        abort(404, f"no portal {name}; there are {', '.join(sorted(world.portals))}")
    return world.portals[name]


def decoded(content: str) -> bytes:
    return base64.b64decode(content)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
