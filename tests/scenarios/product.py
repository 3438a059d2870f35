"""The product as it runs at a customer's: real processes, which a test may start, stop and kill."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from activities import catalog

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 40
COMMANDS = {
    "web": ["-m", "gunicorn", "-c", str(ROOT / "gunicorn_conf.py"), "wsgi:app"],
    "worker": ["-m", "app", "worker"],
    "scheduler": ["-m", "scheduler"],
    "run": ["-m", "app", "run"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(is_done: Callable[[], Any], seconds: float = 30, what: str = "it") -> Any:
    """Poll until something true comes back; the last thing seen is in the failure."""
    deadline = time.monotonic() + seconds
    while not (found := is_done()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s; last seen: {found!r}"
        time.sleep(0.05)
    return found


def wait_registered(portal_sandbox: Any, app: Any) -> None:
    """Until every robot and activity is there: a workflow that calls a missing one fails."""
    wanted = 2 * len(catalog())
    wait_until(lambda: len(portal_sandbox.registrations(app)) == wanted, what="the registration")


class Product:
    """One installation: its environment, its processes by name ("web", "worker", "worker-2", "scheduler", "run")."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            "PUBLIC_URL": self.url,
            "LISTEN": f"127.0.0.1:{self.port}",
            "DATA_DIR": str(folder / "data"),
            "LOG_FORMAT": "json",
            "WEB_WORKERS": "1",
            "STATUS_POLL_SECONDS": "0.5",
            "DEADLINE_CHECK_SECONDS": "0.5",
            "HEARTBEAT_SECONDS": "0.5",
            "STALLED_SECONDS": "2",
            "RETRY_SECONDS": "0.2",
            "HTTP_TIMEOUT_SECONDS": "5",
            **environment,
        }
        self.processes: dict[str, subprocess.Popen] = {}

    def start(self, *names: str) -> None:
        """Start processes; "worker-2" is a second worker. Waits until the web answers."""
        for name in names:
            self.respawn(name)
        if {"web", "run"} & set(names):
            wait_until(self._is_up, START_SECONDS, f"the start of {names}")

    def respawn(self, name: str) -> None:
        """Start one process without waiting for it."""
        log = (self.folder / f"{name}.log").open("ab")
        command = [sys.executable, *COMMANDS[name.partition("-")[0]]]
        self.processes[name] = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )

    @property
    def data_dir(self) -> Path:
        return Path(self.environment["DATA_DIR"])

    def _is_up(self) -> bool:
        for name, process in self.processes.items():
            assert process.poll() is None, f"{name} ended with {process.returncode}: {self.logs()[-2000:]}"
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def kill(self, name: str) -> None:
        """SIGKILL to the process and everything it started."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def command(self, *words: str) -> str:
        """What a command of the command line prints. Fails when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "app", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logs(self) -> str:
        """Everything the processes have written."""
        return "\n".join(file.read_text(errors="replace") for file in sorted(self.folder.glob("*.log")))
