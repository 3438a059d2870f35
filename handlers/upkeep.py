"""A quiet thread of each web process: drains the inbox, retries late events, keeps portals known."""

import os
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from handlers.bell import Bell
from handlers.events import take_event
from handlers.keeping import Keeper
from handlers.late_events import LateEvents
from handlers.services import Services

log = structlog.get_logger()

PAUSE_SECONDS = 2.0
WARM_SECONDS = 20.0  # well within the time that a portal counts as known


class Upkeep:
    """start() is cheap and may be called on every request: there is one thread a process, started after the fork."""

    def __init__(self, services: Services, keeper: Keeper, late: LateEvents, bell: Bell) -> None:
        self._services, self._keeper, self._late, self._bell = services, keeper, late, bell
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._warm_at = 0.0

    def start(self) -> None:
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._stopped = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stopped,), name="upkeep", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the process's threads after what they are doing; a later request begins new ones."""
        self._bell.stop()
        self._stopped.set()
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join()
        self._pid = 0

    def once(self) -> None:
        """One round. Raises SQLAlchemyError while the database is away."""
        self._keeper.drain()
        self._late.retry(lambda form: take_event(self._services, form))
        if time.monotonic() >= self._warm_at:
            self._services.known_portals.warm_up()
            self._warm_at = time.monotonic() + WARM_SECONDS

    def _run(self, stopped: threading.Event) -> None:
        is_away = False
        while not stopped.is_set():
            try:
                self.once()
                is_away = False
            except SQLAlchemyError as error:
                if not is_away:  # said once, not every two seconds
                    log.error("upkeep waits for the database", kind=type(error).__name__)
                is_away = True
            except Exception:  # a thread that died unseen would leave the inbox full for ever
                log.exception("upkeep broke")
            stopped.wait(PAUSE_SECONDS)
