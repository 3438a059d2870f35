"""Wakes the workers: once for all calls that came within a moment, and never while a portal waits for its answer."""

import os
import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from registry.database import Database
from worker.enqueue import ring

log = structlog.get_logger()

PAUSE_SECONDS = 0.1


class Bell:
    """One thread a process, begun by the first call. A lost ring costs a second: workers also look by themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def pull(self) -> None:
        """Have the workers woken soon; returns at once."""
        if not self._wanted.is_set():
            self._wanted.set()
        if self._pid != os.getpid():
            self._begin()

    def stop(self) -> None:
        """End the thread; a later pull() begins a new one."""
        with self._lock:
            self._pid = 0
        self._wanted.set()

    def _begin(self) -> None:
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._wanted = threading.Event()
            self._wanted.set()
            threading.Thread(target=self._run, args=(self._wanted,), name="bell", daemon=True).start()

    def _run(self, wanted: threading.Event) -> None:
        while True:
            wanted.wait()
            wanted.clear()
            if self._pid != os.getpid() or wanted is not self._wanted:
                return
            try:
                ring(self._database)
            except SQLAlchemyError as error:
                log.debug("workers not woken", kind=type(error).__name__)
            time.sleep(PAUSE_SECONDS)
