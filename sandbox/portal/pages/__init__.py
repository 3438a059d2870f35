"""What a person sees in a browser: cards, grids, timelines, robots, applications in frames, notifications, tasks."""

from flask import Blueprint

from sandbox.portal.pages import cards, desk, home, settings_dialog
from sandbox.portal.pages.door import loopback_only
from sandbox.portal.visitor import refuse_strangers, remember
from sandbox.portal.world import World


def blueprint(world: World) -> Blueprint:
    door = Blueprint("pages", __name__)
    door.before_request(loopback_only)
    door.before_request(refuse_strangers)
    door.after_request(remember)
    for room in (home, cards, desk, settings_dialog):
        room.add_routes(door, world)
    return door
