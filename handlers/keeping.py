"""Where a verified call is written down before it is answered: the database, or while that is away the inbox."""

import time

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from handlers.bell import Bell
from handlers.metrics import LOST
from handlers.refusals import NotStored
from registry.database import Database, is_away
from worker.enqueue import NewCall, remember
from worker.inbox import Inbox

log = structlog.get_logger()

PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.1
# After one call has waited in vain, those that follow do not: their threads would all be waiting, and nobody listening.
AVOID_SECONDS = 3.0


class Keeper:
    """Keeps calls; shared by all threads of a process."""

    def __init__(self, database: Database, inbox: Inbox, bell: Bell) -> None:
        self._database, self._inbox, self._bell = database, inbox, bell
        self._avoid_until = 0.0

    def keep(self, call: NewCall) -> str:
        """Write the call down: "remembered", "repeat" or "inbox". Raises NotStored when nothing takes it."""
        if time.monotonic() >= self._avoid_until:
            kept = self._in_database(call)
            if kept:
                self._bell.pull()
                return kept
        return self._in_inbox(call)

    def drain(self) -> int:
        """Move what the inbox holds into the database, if that is back."""
        if not self._inbox.waiting():
            return 0
        moved = self._inbox.drain(self._database, lambda call_id: log.info("call taken from inbox", call_id=call_id))
        if moved:
            self._avoid_until = 0.0
            self._bell.pull()
        return moved

    def _in_database(self, call: NewCall) -> str:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return "remembered" if remember(self._database, call) is not None else "repeat"
            except SQLAlchemyError as error:
                if not _may_come_back(error):
                    # never the error itself: it may hold what was to be written
                    log.error("database refuses a call", kind=type(error).__name__, portal_id=call.portal_id)
                    return ""
            if time.monotonic() + PAUSE_SECONDS >= until:
                self._avoid_until = time.monotonic() + AVOID_SECONDS
                log.error("database is away, calls go to the inbox")
                return ""
            time.sleep(PAUSE_SECONDS)

    def _in_inbox(self, call: NewCall) -> str:
        try:
            self._inbox.put(call)
        except OSError as error:
            LOST.inc()
            log.critical("call lost: neither database nor inbox", portal_id=call.portal_id, errno=error.errno)
            raise NotStored from None
        return "inbox"


def _may_come_back(error: SQLAlchemyError) -> bool:
    return isinstance(error, NoConnection) or is_away(error)
