"""The product as it runs at a customer's: its own processes, known by settings, commands and HTTP only."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from sandbox.demo.processes import ROOT, Processes, Trouble
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import LocalApp, PortalSandbox

COMMAND = Path(sys.executable).parent / "b24-edo"
COMMAND_SECONDS = 60
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


class Product:
    """One installation with an embedded database in `data_dir`. url: where the portal reaches it."""

    def __init__(self, processes: Processes, *, url: str, data_dir: Path) -> None:
        self.url, self.data_dir = url, data_dir
        self._processes = processes
        self._environment: dict[str, str] = {}

    def configure(self, app: LocalApp, portal: PortalSandbox, diadoc: DiadocSandbox) -> dict[str, str]:
        """What an administrator writes into the settings once the portal has shown the application's keys."""
        settings = {
            "DATA_DIR": str(self.data_dir),
            "PUBLIC_URL": self.url,
            "LISTEN": self.url.removeprefix("http://"),
            "SECRET_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "BITRIX24_CLIENT_ID": app.client_id,
            "BITRIX24_CLIENT_SECRET": app.client_secret,
            "BITRIX24_OAUTH_URLS": portal.auth_url,
            "BITRIX24_LIBRARY_URL": "portal",
            "DIADOC_API_URL": diadoc.url,
            "DIADOC_IDENTITY_URL": diadoc.url,
            "DIADOC_WEB_URL": diadoc.url,
            "DIADOC_CLIENT_ID": diadoc.client_id,
            "DIADOC_CLIENT_SECRET": diadoc.client_secret,
            "STATUS_POLL_SECONDS": "1",  # a person watches; usually it is a minute
            "WEB_WORKERS": "1",
        }
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._environment = inherited | settings
        return settings

    def start(self) -> None:
        """Start `b24-edo run` and wait until it is ready. Raises Trouble."""
        if not COMMAND.exists():
            raise Trouble(f"{COMMAND} is missing: run make install")
        self._processes.start("b24-edo", [str(COMMAND), "run"], self._environment)
        self._processes.wait(self._is_ready, "the start of b24-edo", seconds=120)

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def command(self, *words: str) -> str:
        """What `b24-edo words…` prints. Raises Trouble when it fails."""
        done = subprocess.run(
            [str(COMMAND), *words],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            raise Trouble(f"b24-edo {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def listing(self, *words: str) -> list[dict[str, Any]]:
        """The rows that `b24-edo words… --json` lists."""
        return json.loads(self.command(*words, "--json"))

    def forget_database(self) -> None:
        """Remove what the embedded database left outside of the data folder, where it has to live when run by root."""
        try:
            folder = Path(self.command("db", "where").strip())
        except (Trouble, OSError, subprocess.TimeoutExpired):
            return
        if folder.name == "postgres":
            shutil.rmtree(folder.parent, ignore_errors=True)
