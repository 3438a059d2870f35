"""The application's own page: how everything stands, and what an administrator sets."""

from flask import Blueprint, Response

from handlers.pages.opening import opened
from handlers.pages.showing import show
from handlers.pages.visiting import Visitor
from handlers.rendering import page
from handlers.services import Services
from registry.portals import host_of


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("application", __name__, template_folder="../templates")

    @door.post("/bitrix24/pages/app")
    def app() -> Response:
        return opened(services, "app", lambda visitor: _shown(services, visitor))

    @door.get("/bitrix24/pages/app")
    def look() -> Response:
        return page("open_in_portal.html")

    return door


def _shown(services: Services, visitor: Visitor) -> Response:
    return show("app.html", visitor, services, host=host_of(visitor.portal))
