"""Keeps the processes of one box running: starts them, restarts what dies, stops them in the right order."""

import ctypes
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

PAUSES = (0.2, 1.0, 5.0, 15.0)  # before a restart, longer the more often it died in a row
STEADY_SECONDS = 60.0  # who lived that long starts with the first pause again
GRACE_SECONDS = 30.0  # more than one HTTP exchange of a worker may take
READY_SECONDS = 120.0


@dataclass
class Process:
    """One child: its name in the logs and its command."""

    name: str
    command: list[str]
    child: subprocess.Popen | None = None
    started_at: float = 0.0
    deaths: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        self.child = subprocess.Popen(self.command, preexec_fn=_die_with_supervisor)  # noqa: S603 - our own commands
        self.started_at = time.monotonic()
        log.info("process started", process=self.name, pid=self.child.pid)

    def look(self) -> None:
        """Start it again, after its pause, when it has died."""
        now = time.monotonic()
        if self.child is not None and (code := self.child.poll()) is not None:
            self.deaths = 0 if now - self.started_at > STEADY_SECONDS else self.deaths + 1
            pause = PAUSES[min(self.deaths, len(PAUSES) - 1)]
            log.warning("process ended", process=self.name, exit_code=code, restart_in=pause)
            self.child, self.start_at = None, now + pause
        if self.child is None and now >= self.start_at:
            self.start()

    def stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()

    def wait(self, deadline: float) -> None:
        if self.child is None:
            return
        try:
            self.child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process did not stop in time", process=self.name)
            self.child.kill()
            self.child.wait()


class Supervisor:
    """Runs `first` until `is_ready`, then the others; on SIGTERM the others stop before it."""

    def __init__(self, processes: list[Process], *, first: Process | None, is_ready: Callable[[], bool]) -> None:
        self._others, self._first, self._is_ready = processes, first, is_ready
        self._stopping = threading.Event()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        began_at, ready = time.monotonic(), False
        while not self._stopping.wait(0.1):
            if self._first:
                self._first.look()
            ready = ready or self._is_ready()
            if ready:
                for process in self._others:
                    process.look()
            elif time.monotonic() - began_at > READY_SECONDS:
                log.error("the database does not answer, still waiting")
                began_at = time.monotonic()
        self._stop()

    def _stop(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self._others:
            process.stop()
        for process in self._others:
            process.wait(deadline)
        if self._first:
            self._first.stop()
            self._first.wait(time.monotonic() + GRACE_SECONDS)


def _die_with_supervisor() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: no orphans after a SIGKILL of the supervisor
