"""Registers robots and activities after an installation or an update, in the background and with retries."""

import structlog

from activities import registering
from errors import AppError
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
    except AppError as error:
        if error.temporary:
            raise
        log.error("registration refused", portal_id=portal_id, error_code=error.code, detail=str(error))
        return
    log.info("registered", portal_id=portal_id, codes=len(done))
