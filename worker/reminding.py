"""Going through what has been waiting for long on one portal, and what is broken there."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from activities.alarms import raise_alarms
from activities.context import Context, context_beside
from activities.reminders import due_before, remind
from errors import AppError
from registry.database import is_away
from registry.settings import read_settings
from registry.telling import Telling
from worker.running import Running

log = structlog.get_logger()

BATCH = 200


def remind_portal(running: Running, portal_id: int) -> None:
    """Alarms to administrators, reminders and tasks of every package; what cannot be done now is done the next time."""
    portal = running.portals.get(portal_id)
    telling = Telling(running.database, portal_id)
    if portal.status != "installed":
        return
    with telling.exclusively() as is_mine:
        if not is_mine:
            return
        context = _context(running, portal_id)
        if _done(partial(raise_alarms, context)):
            _remind_of_packages(running, telling, portal_id)


def _remind_of_packages(running: Running, telling: Telling, portal_id: int) -> None:
    before, last = due_before(read_settings(running.database, portal_id), datetime.now(UTC)), 0
    while before and (package_ids := telling.waiting_packages(before=before, after=last, limit=BATCH)):
        for last in package_ids:
            if not _done(partial(remind, _context(running, portal_id), last), package_id=last):
                return


def _context(running: Running, portal_id: int) -> Context:
    """A fresh one for each package: it remembers what it has read of an item."""
    return context_beside(
        portal=running.portals.get(portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
    )


def _done(work: Callable[[], None], **about: int) -> bool:
    """False when the portal cannot be asked anything now."""
    try:
        work()
    except AppError as error:
        log.warning("not told", code=error.code, detail=str(error), **about)
        return not error.temporary
    except Exception as error:
        if is_away(error):
            raise  # our own database: the job comes back
        log.exception("telling broke", **about)  # a bug of ours with one package must not keep all that come after it
    return True
