"""Who looks at a page of the portal, and in which language: the switcher in the header remembers both in cookies."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, abort, request

from sandbox.portal.model import Portal, User
from sandbox.portal.world import World

USER_COOKIE, LANGUAGE_COOKIE = "portal_user", "portal_lang"
LANGUAGES = ("ru", "en")


@dataclass(frozen=True)
class Visitor:
    """The person of the present request. language: "ru" or "en"."""

    user: User
    language: str


def here(world: World) -> Portal:
    """The portal at the address of the present request."""
    portal = world.portal_at(world.role_at(request.environ["SERVER_NAME"], request.environ["SERVER_PORT"]))
    return portal or abort(404)


def visitor(world: World, portal: Portal) -> Visitor:
    """From ?user_id and ?lang, else from the cookies, else from the settings and the portal."""
    wanted = request.args.get("user_id") or request.cookies.get(USER_COOKIE) or ""
    user = portal.users.get(int(wanted)) if wanted.isdigit() else None
    if user is None and "user_id" in request.args:
        abort(404)
    user = user or portal.users[int(world.settings["browser_user_id"])]
    if not user.is_active:
        abort(403)
    languages = (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE), portal.language)
    return Visitor(user, next((one for one in languages if one in LANGUAGES), "en"))


def remember(response: Response) -> Response:
    """A choice in the address of a page holds for the pages after it."""
    for name, cookie in (("user_id", USER_COOKIE), ("lang", LANGUAGE_COOKIE)):
        if request.args.get(name):
            response.set_cookie(cookie, request.args[name], samesite="Lax", httponly=True)
    return response


def refuse_strangers() -> None:
    """What changes something is asked for by the portal's own pages only, never by what is framed in them."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
        abort(403)
