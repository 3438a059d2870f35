"""`/_control/act` and what the driver reads: the state without tokens. Loopback only, like all control."""

import inspect
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox.diadoc import later_actions, surroundings
from sandbox.diadoc.actions import ACTIONS
from sandbox.diadoc.api import refused
from sandbox.diadoc.errors import Refused, bad
from sandbox.diadoc.ids import guid
from sandbox.diadoc.render.documents import document_json
from sandbox.diadoc.render.messages import message_json
from sandbox.diadoc.state import World

MODULES = (later_actions, surroundings)  # their actions register themselves


def act(world: World, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Do one action by name. Raises Refused: 400 for an unknown one or for wrong parameters."""
    action = ACTIONS.get(name)
    if action is None:
        raise bad(f"no action {name!r}; there are {', '.join(sorted(ACTIONS))}")
    try:
        inspect.signature(action).bind(world, **parameters)
    except TypeError as error:
        raise bad(f"{name}: {error}") from None
    with world.lock:
        world.settle()
        return action(world, **parameters)


def control(world: World) -> Blueprint:
    routes = Blueprint("control", __name__, url_prefix="/_control")

    @routes.post("/act")
    def act_route() -> Response:
        parameters = dict(request.get_json())
        try:
            return jsonify(act(world, parameters.pop("action", ""), parameters))
        except Refused as refusal:
            return refused(refusal)

    @routes.get("/documents")
    def documents() -> Response:
        """?box=: every document that the box has, as the box sees it."""
        box = guid(request.args["box"])
        with world.lock:
            world.settle()
            found = [
                one
                for message in world.messages.values()
                if box in message.boxes()
                for one in message.documents_of(box)
            ]
            return jsonify([document_json(world, document, box) for document in found])

    @routes.get("/messages")
    def messages() -> Response:
        """All messages as their senders see them."""
        with world.lock:
            world.settle()
            return jsonify([message_json(world, message, message.from_box) for message in world.messages.values()])

    return routes
