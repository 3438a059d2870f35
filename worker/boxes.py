"""Opening a box for a job that reads it: alone, and with a place where Diadoc's errors end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy import text

from errors import AppError, DiadocAuthLost, NoAccess, SubscriptionEnded
from registry.portal_registry import PortalRegistry
from registry.tables import Box
from worker.running import Running

log = structlog.get_logger()

# Of PostgreSQL's advisory locks, the first number says what is locked: calls have 7, packages 8.
FEED_LOCK, RECONCILE_LOCK, INVITATIONS_LOCK = 9, 10, 11
PAUSES: dict[type[AppError], str] = {
    SubscriptionEnded: "subscription_ended",
    DiadocAuthLost: "auth_lost",
    NoAccess: "no_access",
}


@dataclass
class Look:
    """What came of a look at one box. was_read: to its end; package_ids: of packages whose docflow changed."""

    was_read: bool = False
    package_ids: set[int] = field(default_factory=set)
    error: AppError | None = None


@contextmanager
def opened(running: Running, box_pk: int, *, lock: int, look: Look | None = None) -> Iterator[Box | None]:
    """The box while this process alone holds its lock; None when another has it or the box is not to be read.

    What we foresee ends here and is kept in `look`: a box that is closed to us is marked so and paused, anything else
    waits for the next turn. Errors of our own database go on, so that the job is tried again.
    """
    look = look or Look()
    with _locked(running, box_pk, lock) as is_mine:
        box = running.feeds.get(box_pk) if is_mine else None
        if box is None or box.status != "connected":
            yield None
            return
        try:
            yield box
            look.was_read = True
        except AppError as error:
            look.error = error
            _failed(running, box, error)


@contextmanager
def _locked(running: Running, box_pk: int, lock: int) -> Iterator[bool]:
    key = {"lock": lock, "box": box_pk}
    with running.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("select pg_try_advisory_lock(:lock, :box)"), key).scalar():
            yield False
            return
        try:
            yield True
        finally:
            if not connection.invalidated and not connection.closed:
                connection.execute(text("select pg_advisory_unlock(:lock, :box)"), key)


def _failed(running: Running, box: Box, error: AppError) -> None:
    status = next((status for kind, status in PAUSES.items() if isinstance(error, kind)), None)
    if status is None:
        level = log.info if error.temporary else log.error
        level("box not read to its end", box_id=box.box_id, error_code=error.code, detail=str(error))
        return
    log.error("box paused", box_id=box.box_id, status=status, detail=str(error))
    registry = PortalRegistry(running.database, box.portal_id)
    registry.boxes.mark(box.id, status, error.text(running.portals.get(box.portal_id).language))
    registry.audit(actor="scheduler", action="box_paused", subject=f"box:{box.id}", status=status, code=error.code)
