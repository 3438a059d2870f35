"""The whole emulated world: the auth server and the portals, their addresses, one lock over all of it."""

import threading
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from sandbox.portal.clock import Clock
from sandbox.portal.model import App, Grant, Portal

ROLES = ("auth", "first", "second", "spare")  # in the order of the --host options
MOSCOW = timezone(timedelta(hours=3))


class World:
    """State of everything. `lock` is held while state is read or changed and never while anything is posted."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.settings: dict[str, Any] = {}
        self.urls: dict[str, str] = {}
        self.clock = Clock()
        self.clear()

    def clear(self) -> None:
        self.generation: object = object()  # what was planned for an earlier one does not happen any more
        self.clock.forget()
        self.portals: dict[str, Portal] = {}
        self.places: dict[str, str] = {}  # role -> name of the portal that lives or lived there
        self.access_tokens: dict[str, Grant] = {}
        self.refresh_tokens: dict[str, Grant] = {}
        self.codes: dict[str, Grant] = {}
        self.buckets: dict[tuple[str, str], tuple[float, float]] = {}
        self.operating: dict[tuple[str, str, str], dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self.deliveries: list[dict[str, Any]] = []

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something later under the lock, unless there was a reset in between."""
        born = self.generation

        def act() -> None:
            with self.lock:
                if self.generation is born:
                    action()

        self.clock.after(seconds, act)

    def set_urls(self, urls: list[str]) -> None:
        self.urls = dict(zip(ROLES, urls, strict=False))

    def role_at(self, host: str, port: str) -> str:
        """Which of our addresses a request came in on."""
        for role, url in self.urls.items():
            parts = urlsplit(url)
            if (parts.hostname, str(parts.port)) == (host, port):
                return role
        return ""

    def portal_at(self, role: str) -> Portal | None:
        name = self.places.get(role)
        return self.portals.get(name) if name else None

    def url_of(self, portal: Portal) -> str:
        return self.urls[portal.place]

    def domain_of(self, portal: Portal) -> str:
        return urlsplit(self.url_of(portal)).netloc

    def client_endpoint(self, portal: Portal) -> str:
        return self.url_of(portal) + "/rest/"

    @property
    def server_endpoint(self) -> str:
        return self.urls["auth"] + "/rest/"

    def app_of(self, client_id: str) -> tuple[Portal, App] | None:
        for portal in self.portals.values():
            if client_id in portal.apps:
                return portal, portal.apps[client_id]
        return None


def now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """As the portal prints it: its own offset, whole seconds."""
    return moment.astimezone(MOSCOW).isoformat(timespec="seconds")
