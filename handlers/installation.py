"""The installation address: an administrator opens it as a page, or the portal posts ONAPPINSTALL to it."""

from flask import Blueprint, Response, request

from clients.bitrix24.payload import read_page
from errors import AppError
from handlers.bodies import posted, read
from handlers.events import answer_event
from handlers.failures import for_people
from handlers.installing import install_by_page
from handlers.languages import choose_language
from handlers.late_events import LateEvents
from handlers.metrics import PAGES
from handlers.networks import ensure_allowed
from handlers.refusals import Refused
from handlers.rendering import library_url, page
from handlers.services import Services


def blueprint(services: Services, late: LateEvents) -> Blueprint:
    door = Blueprint("installation", __name__, template_folder="templates")

    @door.post("/bitrix24/install")
    def install() -> Response:
        form = posted()
        if "event" in form:  # an application without pages, or an older portal that tells its token this way
            ensure_allowed(services.config)
            return answer_event(services, late, form)
        for_people()
        return _installed_page(services, form)

    @door.get("/bitrix24/install")
    def look() -> Response:
        return page("open_in_portal.html")

    return door


def _installed_page(services: Services, form: dict[str, object]) -> Response:
    try:
        opened = read(lambda: read_page(request.args, form))
        choose_language(opened.language)
        portal = install_by_page(services, opened)
    except AppError as error:
        PAGES.labels("install", error.reason if isinstance(error, Refused) else "failed").inc()
        raise
    PAGES.labels("install", "done").inc()
    return page("installed.html", portal=portal, library=library_url(services.config, portal))
