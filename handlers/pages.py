"""Pages inside Bitrix24. Each is believed only after the stored portal has said whose token it came with."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from activities import catalog
from clients.bitrix24.models import Profile
from clients.bitrix24.payload import PagePost, read_page
from errors import AppError
from handlers.bodies import posted, read
from handlers.failures import for_people
from handlers.languages import choose_language
from handlers.metrics import PAGES
from handlers.proof import client_of, profile_of
from handlers.refusals import Forged, NotInstalled, Refused
from handlers.rendering import page
from handlers.services import Services
from registry.boxes import Boxes
from registry.overview import figures, token_state
from registry.portals import Portals, host_of
from registry.tables import Portal


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("pages", __name__, template_folder="templates")

    @door.post("/bitrix24/pages/app")
    def app() -> Response:
        for_people()
        try:
            answer = _app_page(services)
        except AppError as error:
            PAGES.labels("app", error.reason if isinstance(error, Refused) else "failed").inc()
            raise
        PAGES.labels("app", "done").inc()
        return answer

    @door.get("/bitrix24/pages/app")
    def look() -> Response:
        return page("open_in_portal.html")

    return door


def verified_page(services: Services, query: Mapping[str, str], form: Mapping[str, Any]) -> tuple[Portal, Profile]:
    """The portal and the user that a page was opened by. Raises Malformed, NotInstalled, Forged, ServiceError.

    The token is shown to the stored address of that portal only. Recent portals also say the application token.
    """
    opened = read(lambda: read_page(query, form))
    choose_language(opened.language)
    portal = Portals(services.database).by_member_id(opened.member_id)
    if portal is None or portal.status == "uninstalled":
        raise NotInstalled
    if opened.application_token and not _fits(services, opened):
        raise Forged
    client = client_of(
        services,
        opened.access_token,
        endpoint=portal.client_endpoint,
        server_endpoint=portal.server_endpoint,
        throttle=services.connections.portal_throttle(portal.id),
    )
    return portal, profile_of(client)


def _fits(services: Services, opened: PagePost) -> bool:
    known = services.known_portals.verify(member_id=opened.member_id, application_token=opened.application_token)
    return known is not None


def _app_page(services: Services) -> Response:
    portal, profile = verified_page(services, request.args, posted())
    if not profile.is_admin:
        return page("app.html", portal=portal, host=host_of(portal), is_admin=False)
    codes = [*catalog(), *(f"{code}_activity" for code in catalog())]
    return page(
        "app.html",
        portal=portal,
        host=host_of(portal),
        is_admin=True,
        token=token_state(services.database, portal.id),
        boxes=Boxes(services.database, portal.id).all(),
        figures=figures(services.database, portal.id),
        registered=[code for code in codes if code in portal.registrations],
        missing=[code for code in codes if code not in portal.registrations],
        inbox_files=len(services.inbox.waiting()),
    )
