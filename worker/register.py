"""Registers what a portal shows of us after an installation or an update, in the background and with retries."""

import structlog

from activities import placements, registering, registries, triggers
from clients.bitrix24.client import Bitrix24Client
from errors import AppError
from registry.portal_registry import PortalRegistry
from registry.settings import read_settings
from registry.tables import Portal
from worker.running import Running

log = structlog.get_logger()

EVENTS = ("ONAPPUPDATE", "ONAPPUNINSTALL")


def register(running: Running, portal_id: int) -> None:
    """Bring a portal's registrations up to date. Raises temporary errors, so that the job comes back."""
    portal, public_url = running.portals.get(portal_id), running.config.public_url
    try:
        client = running.connections.bitrix24(portal)
        kinds = registering.kinds_of(portal)
        done = registering.register(client, running.portals, portal, public_url=public_url, kinds=kinds)
        for event in EVENTS:  # an update of the application drops these as well
            client.event_bind(event=event, handler=f"{public_url}/bitrix24/events")
        registries.listen(running.connections, PortalRegistry(running.database, portal_id))
        settings = read_settings(running.database, portal_id)
        if "robot" in kinds and settings.offers_triggers:  # triggers are for nothing but automation rules
            _offer_triggers(running, client, portal)
        if settings.shows_pages:
            _show_pages(client, portal, public_url=public_url, type_ids=settings.page_types)
    except AppError as error:
        if error.temporary:
            raise
        log.error("registration refused", portal_id=portal_id, error_code=error.code, detail=str(error))
        return
    log.info("registered", portal_id=portal_id, codes=len(done))


def _offer_triggers(running: Running, client: Bitrix24Client, portal: Portal) -> None:
    """A portal may have workflows and no automation rules: that is no reason to go without robots."""
    try:
        triggers.register(client, PortalRegistry(running.database, portal.id), language=portal.language)
    except AppError as error:
        if error.temporary:
            raise
        log.error("triggers refused", portal_id=portal.id, error_code=error.code, detail=str(error))


def _show_pages(client: Bitrix24Client, portal: Portal, *, public_url: str, type_ids: tuple[int, ...]) -> None:
    """A portal that does not let us show pages still has robots and activities."""
    try:
        placements.register(client, public_url=public_url, type_ids=type_ids)
    except AppError as error:
        if error.temporary:
            raise
        log.error("pages refused", portal_id=portal.id, error_code=error.code, detail=str(error))
