"""Registers robots and activities after an installation or an update, in the background and with retries."""

import structlog

from activities import registering
from errors import AppError
from worker.running import Running

log = structlog.get_logger()


def register(running: Running, portal_id: int) -> None:
    """Bring a portal's registrations up to date. Raises temporary errors, so that the job comes back."""
    portal = running.portals.get(portal_id)
    try:
        done = registering.register(
            running.connections.bitrix24(portal),
            running.portals,
            portal,
            public_url=running.config.public_url,
            kinds=registering.kinds_of(portal),
        )
    except AppError as error:
        if error.temporary:
            raise
        log.error("registration refused", portal_id=portal_id, error_code=error.code, detail=str(error))
        return
    log.info("registered", portal_id=portal_id, codes=len(done))
