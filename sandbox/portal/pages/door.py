"""What all pages have: the frame around them, the person who looks, and the refusal of what that person may not see."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from flask import Response, abort, make_response, render_template, request

from sandbox.portal.crm.types import smart_types
from sandbox.portal.model import Portal
from sandbox.portal.pages.texts import texts
from sandbox.portal.rights import may_see
from sandbox.portal.visitor import Visitor, here, visitor
from sandbox.portal.world import World

Values = Callable[[Portal, Visitor], dict[str, Any] | None]


class Denied(Exception):
    """The person may not see this."""


def show(world: World, template: str, values: Values, entity_type_id: int = 0) -> Response:
    """A page, or that the person may not see it.

    values: what its template needs, None = there is no such thing, may raise Denied; entity_type_id: whose right it
    needs.
    """
    with world.lock:
        portal = here(world)
        viewer = visitor(world, portal)
        try:
            if entity_type_id and not may_see(viewer.user, entity_type_id):
                raise Denied
            given = values(portal, viewer)
        except Denied:
            return make_response(render_template("denied.html", **around(portal, viewer)), 403)
        if given is None:
            abort(404)
        return make_response(render_template(template, **{**around(portal, viewer), **given}))


def around(portal: Portal, viewer: Visitor) -> dict[str, Any]:
    """What the frame of every page needs."""
    unread = sum(row["user_id"] == viewer.user.id for row in portal.tables["notifications"].values())
    return {
        "portal": portal,
        "viewer": viewer,
        "t": texts(viewer.language),
        "people": [user for user in portal.users.values() if user.is_active],
        "unread": unread,
        "smart_types": list(smart_types(portal).values()),
        "iblocks": list(portal.tables["iblocks"].values()),
        "in_slider": request.args.get("IFRAME") == "Y",
    }


def loopback_only() -> None:
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        abort(403)
