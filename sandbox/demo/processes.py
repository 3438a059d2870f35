"""The processes of a demonstration: started with a log file each, stopped in the reverse order, never left behind."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 40.0  # longer than the product gives its own processes
SHOWN_LINES = 15
Found = TypeVar("Found")


class Trouble(Exception):
    """The demonstration cannot go on; the text says why."""


class Processes:
    """folder: where their logs are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        with self.log_of(name).open("wb") as log:
            self._running[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on, in order
                preexec_fn=_end_with_parent,
            )

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait(self, look: Callable[[], Found], what: str, seconds: float = 60) -> Found:
        """What `look` finds as soon as it finds something.

        Raises Trouble when a process has ended meanwhile, or when it takes longer than that.
        """
        deadline = time.monotonic() + seconds
        while not (found := look()):
            self.ensure_alive()
            if time.monotonic() > deadline:
                raise Trouble(f"{what}: not within {seconds:.0f} s; last seen: {found!r}")
            time.sleep(0.05)
        return found

    def ensure_alive(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                lines = self.log_of(name).read_text(errors="replace").splitlines()[-SHOWN_LINES:]
                raise Trouble("\n".join([f"{name} has ended with code {process.returncode}:", *lines]))

    def stop(self) -> None:
        """The one started last ends first, while all that it talks to is still there."""
        running = list(self._running.values())
        for group in (running[-1:], running[:-1]):
            for process in group:
                process.terminate()
            for process in group:
                _wait_or_kill(process)
        self._running.clear()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: nothing outlives a demonstration that is killed
