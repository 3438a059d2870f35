"""Registries in the CRM: what people changed there, and signed files that did not come in time."""

from datetime import UTC, datetime, timedelta

import structlog

from activities import registries, signed_files
from activities.context import Context, context_beside
from errors import AppError
from registry.crm_registries import packages_without_files, portal_of
from registry.database import is_away
from registry.settings import read_settings
from worker import effects
from worker.running import Running

log = structlog.get_logger()

LOOKED_BACK = timedelta(days=2)  # a night that was missed is made up for by the next


def take_in(running: Running, package_id: int) -> None:
    """Take what people changed in the items of a package, and show what came of it. Raises temporary errors."""
    portal_id = portal_of(running.database, package_id)
    if portal_id is not None:
        _take_in(running, _context(running, portal_id), package_id)


def look_through_registries(running: Running, portal_id: int) -> None:
    """Find what people changed in items and no event has told us of."""
    context = _context(running, portal_id)
    since = (datetime.now(UTC) - LOOKED_BACK).replace(microsecond=0).isoformat()
    try:
        package_ids = sorted(registries.look_through(context, since))
    except AppError as error:
        log.warning("registries not looked through", portal_id=portal_id, error_code=error.code, detail=str(error))
        return
    for package_id in package_ids:
        try:
            _take_in(running, context, package_id)
        except AppError as error:
            log.warning("items not taken in", package_id=package_id, error_code=error.code, detail=str(error))
    log.info("registries looked through", portal_id=portal_id, packages=len(package_ids))


def look_for_files(running: Running, portal_id: int) -> None:
    """Show packages again whose signed files were not there when they were to be shown."""
    if not read_settings(running.database, portal_id).keeps_signed:
        return
    since = datetime.now(UTC) - signed_files.LOOKED_FOR
    for package_id in packages_without_files(running.database, portal_id, since=since, kinds=signed_files.CONTENTS):
        running.changes.note(package_id, portal_id=portal_id)


def _take_in(running: Running, context: Context, package_id: int) -> None:
    try:
        changed = registries.take_in(context, package_id)
    except AppError as error:
        if error.temporary:
            raise
        log.error("items not taken in", package_id=package_id, error_code=error.code, detail=str(error))
        return
    except Exception as error:
        if is_away(error):
            raise  # our own database: the job comes back
        # what people write may be anything, and must not have the portal asked again and again
        log.exception("taking in broke", package_id=package_id)
        return
    if changed:
        effects.show(running, package_id)


def _context(running: Running, portal_id: int) -> Context:
    return context_beside(
        portal=running.portals.get(portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
    )
