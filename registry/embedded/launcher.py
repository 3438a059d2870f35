"""The launcher: runs PostgreSQL in the foreground and starts it again when it dies."""

import ctypes
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psycopg
import structlog

from registry.embedded.place import NAME, Place, place_of
from registry.embedded.preparing import as_user, prepare

log = structlog.get_logger()

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # web, worker and scheduler of one box may open about 120 together
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """Runs the database in the foreground until stop() is called; `serve` restarts it whenever it dies."""

    def __init__(self, data_dir: Path) -> None:
        self.place = place_of(data_dir)
        self._stopping = threading.Event()
        self._process: subprocess.Popen | None = None

    def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Prepare the folder on the first start, then run and restart PostgreSQL until stop().

        Raises NotConfigured when the folder cannot be served: it is another user's, or of another PostgreSQL.
        """
        with self.place.lock_file.open("w") as lock:
            if not self._is_alone(lock):
                return
            prepare(self.place)
            while not self._stopping.is_set():
                self._process = _start(self.place)
                if self._stopping.is_set():
                    self.stop()  # it came before there was a process to tell
                if _wait_ready(self.place, self._process):
                    on_ready()
                code = self._process.wait()
                if not self._stopping.is_set():
                    log.warning("postgres ended, starting it again", exit_code=code)
                    self._stopping.wait(0.3)  # the kernel needs a moment to give its shared memory back

    def stop(self) -> None:
        self._stopping.set()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends sessions, writes everything down

    def _is_alone(self, lock: IO[str]) -> bool:
        """A second launcher waits until the first is gone; False when it was stopped meanwhile."""
        while not self._stopping.is_set():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._stopping.wait(0.2)
            else:
                return True
        return False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None


def _start(place: Place) -> subprocess.Popen:
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    socket = os.path.relpath(place.socket, place.data)  # it works in there: short however deep that is
    command = [str(place.binaries / "bin" / "postgres"), "-D", str(place.data), "-k", socket, *settings]
    return subprocess.Popen(command, cwd="/", preexec_fn=_die_with_launcher, process_group=0, **as_user(place))  # noqa: S603


def _die_with_launcher() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: no orphan holds the folder after a SIGKILL of ours


def _wait_ready(place: Place, process: subprocess.Popen, seconds: float = 60) -> bool:
    """Until our database is there; False when PostgreSQL ended before, for it may be told to stop at any line."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            _create_database(place)
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _create_database(place: Place) -> None:
    with psycopg.connect(place.dsn_of("postgres"), autocommit=True, connect_timeout=2) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
            connection.execute(f"create database {NAME}")
