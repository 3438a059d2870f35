"""Outgoing HTTP for every client: a session a thread, hard time limits, no redirects, short retries, clean errors."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import requests
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from errors import ServiceError, Unavailable

PATIENCE_SECONDS = 3.0  # what is over within this is repeated here, the worker reschedules the rest
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class Token:
    """What opens a remote system; never shown by repr, so that it cannot reach a log."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    endpoint: str = ""  # base address the token is good for (a portal's client_endpoint), "" where there is one only


class TokenStore(Protocol):
    """Where one user's token of one system is kept, shared by all processes (implemented in registry/)."""

    def read(self) -> Token:
        """The stored token. Raises AuthLost when there is none or it is known to be dead."""

    def renew(self, stale: Token, ask: Callable[[Token], Token]) -> Token:
        """Under a lock shared by all processes: the stored token when it is no longer `stale`, else
        ask(stored), which is stored before it is returned. An AuthLost out of ask() marks the token dead."""

    def moved(self, endpoint: str) -> None:
        """The system lives at another address now; remembered only after the owner proved it."""


class Throttle(Protocol):
    """How fast one portal or box may be asked, shared by all processes (implemented in registry/)."""

    def wait_turn(self, method: str, cost: int = 1) -> None:
        """Sleep until it is our turn, 3 s at most. Raises RateLimited(retry_after=…) when it would take longer."""

    def block(self, seconds: float, method: str = "") -> None:
        """The other side asked everybody (or all users of one method) to stay away for this long."""


class FreeThrottle:
    """A throttle that never makes anybody wait, for one-off calls to auth servers and for tests."""

    def wait_turn(self, method: str, cost: int = 1) -> None:
        return

    def block(self, seconds: float, method: str = "") -> None:
        return


class Http:
    """Sends requests to one outside system.

    system: its name in errors; timeout_seconds: for connecting, and for each wait for bytes;
    total_seconds: no exchange lasts longer, however slowly bytes trickle in.
    """

    def __init__(self, *, system: str, timeout_seconds: float = 20.0, total_seconds: float = 300.0) -> None:
        self.system = system
        self.timeout_seconds = timeout_seconds
        self.total_seconds = total_seconds
        self._local = threading.local()

    def send(self, verb: str, url: str, *, method: str, repeat: bool, **request: Any) -> requests.Response:
        """One exchange, its body read whole.

        method: the remote method's name for errors; repeat: sending it twice does no harm, so a broken connection
        is tried again for up to 3 s. Raises Unavailable when no answer came. Any status is returned as it is.
        """
        attempts = Retrying(
            retry=retry_if_exception(lambda error: repeat and isinstance(error, Unavailable)),
            stop=stop_after_delay(PATIENCE_SECONDS),
            wait=wait_random_exponential(multiplier=0.1, max=1.0),
            reraise=True,
        )
        return attempts(self._send_once, verb, url, method, request)

    def _send_once(self, verb: str, url: str, method: str, request: dict[str, Any]) -> requests.Response:
        with self.stream(verb, url, method=method, **request) as response:
            body = b"".join(self._chunks(response, method))
            response._content = body  # what response.content would have read, under our own time limit
        return response

    @contextmanager
    def stream(self, verb: str, url: str, *, method: str, **request: Any) -> Iterator[requests.Response]:
        """One exchange whose body the caller reads by copy(). Raises Unavailable when no answer came."""
        request.setdefault("timeout", (min(5.0, self.timeout_seconds), self.timeout_seconds))
        try:
            response = self._session().request(verb, url, stream=True, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise self._no_answer(method, url, error) from None
        response.started_at = time.monotonic()  # type: ignore[attr-defined]
        try:
            yield response
        finally:
            response.close()

    def copy(self, response: requests.Response, to: BinaryIO, *, method: str, limit_bytes: int) -> int:
        """Stream the body into `to` with flat memory; the number of bytes. Raises ServiceError over the limit."""
        size = 0
        for chunk in self._chunks(response, method):
            size += len(chunk)
            if size > limit_bytes:
                raise ServiceError(system=self.system, method=method, detail=f"body over {limit_bytes} bytes")
            to.write(chunk)
        return size

    def _chunks(self, response: requests.Response, method: str) -> Iterator[bytes]:
        deadline = response.started_at + self.total_seconds  # type: ignore[attr-defined]
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                if time.monotonic() > deadline:
                    raise Unavailable(system=self.system, method=method, detail="the answer took too long")
                yield chunk
        except requests.RequestException as error:
            raise self._no_answer(method, response.url, error) from None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = True  # REQUESTS_CA_BUNDLE and proxies of the company
        return self._local.session

    def _no_answer(self, method: str, url: str, error: Exception) -> Unavailable:
        # requests puts the whole address, tokens included, into its messages: say the host only
        detail = f"{type(error).__name__} at {urlsplit(url).hostname}"
        return Unavailable(system=self.system, method=method, detail=detail)
