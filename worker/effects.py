"""What people are shown when a package has changed: file, registry item, timeline, notices, triggers, in this order.

Database triggers note every change, so none is missed whoever made it. A workflow is answered after the rest has seen
the change, because whoever reads a status expects to find the file already there.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from activities import deal_entry, notices, registries, signed_files, todos, triggers
from activities.context import Context, context_beside
from errors import AppError, InternalError, PortalAuthLost, Unavailable
from registry.database import is_away
from worker.running import Running

log = structlog.get_logger()

# Each is given the package's number, may be run again, and raises AppError when it could not.
SHOWN: tuple[Callable[[Context, int], None], ...] = (
    signed_files.keep,
    registries.show,
    deal_entry.tell,
    todos.keep,
    notices.give,
    triggers.pull,
)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
PATIENCE = timedelta(minutes=10)  # so long an answer waits for what is to be seen before it
SPARE = timedelta(minutes=2)  # before its deadline an answer waits for nothing any more: the next try may be too late
BROKEN_ATTEMPTS = 5  # a bug of ours is not cured by waiting, but an update may cure it


def show(running: Running, package_id: int) -> None:
    """Show the package's last change, unless another process is doing so or nothing has changed."""
    try:
        _show(running, package_id)
    except AppError as error:
        log.info("change not shown yet", package_id=package_id, error_code=error.code, detail=str(error))


def show_first(running: Running, outputs: Mapping[str, Any]) -> None:
    """Before a step is answered at once: what cannot be shown now is shown later."""
    if package_id := outputs.get("package_id"):
        show(running, package_id)


def show_before(running: Running, outputs: Mapping[str, Any], *, deadline_at: datetime | None = None) -> None:
    """Before a waiting step is answered. Raises temporary errors for as long as it is worth waiting.

    deadline_at: of the step, aware; what it waited for must not become a timeout.
    """
    if not (package_id := outputs.get("package_id")):
        return
    try:
        _show(running, package_id)
    except AppError as error:
        change, now = running.changes.get(package_id), datetime.now(UTC)
        has_time = deadline_at is None or now < deadline_at - SPARE
        if error.temporary and has_time and change is not None and now - change.noted_at < PATIENCE:
            raise
        log.warning("answered before it is shown", package_id=package_id, error_code=error.code)


def _show(running: Running, package_id: int) -> None:
    """Raises temporary errors; others are kept with the change and do not stop what comes after."""
    change = running.changes.get(package_id)
    if change is None:
        return
    with running.changes.exclusively(package_id) as is_mine:
        if not is_mine:
            raise Unavailable(system="b24-edo", detail=f"package {package_id} is being shown")
        change = running.changes.get(package_id)
        if change is None:
            return
        try:
            is_whole = _run(running, change.portal_id, package_id)
            if not is_whole and change.attempts + 1 < BROKEN_ATTEMPTS:
                raise InternalError
        except AppError as error:
            running.changes.postpone(package_id, pause=pause_after(change.attempts, error), trouble=error.code)
            raise
        running.changes.shown(package_id, version=change.version)


def _run(running: Running, portal_id: int, package_id: int) -> bool:
    """Whether nothing broke. What the other side refuses for good does not hold up the rest, nor does a bug of ours."""
    context = context_beside(
        portal=running.portals.get(portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
    )
    is_whole = True
    for effect in SHOWN:
        try:
            effect(context, package_id)
        except AppError as error:
            if error.temporary or isinstance(error, PortalAuthLost):
                raise
            log.error("not shown", effect=effect.__module__, package_id=package_id, code=error.code, detail=str(error))
        except Exception as error:
            if is_away(error):
                raise  # our own database: whoever shows it comes back
            # whatever it is, the workflow's answer and what other people are shown must not suffer from it
            log.exception("showing broke", effect=effect.__module__, package_id=package_id)
            is_whole = False
    return is_whole


def pause_after(attempts: int, error: AppError) -> timedelta:
    """How long to wait after so many attempts: as long as the other side asked for, if that is longer."""
    asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    return max(min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE), asked)
