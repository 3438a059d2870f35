"""Registers robots, activities and triggers after an installation or an update, in the background, with retries."""

import structlog

from activities import registering, triggers
from clients.bitrix24.client import Bitrix24Client
from errors import AppError
from registry.portal_registry import PortalRegistry
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
        if "robot" in kinds:  # who keeps no robots uses no automation rules, and triggers are for nothing else
            _offer_triggers(running, client, portal)
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
