"""Outgoing HTTP for every client: a session a thread, hard time limits, no redirects, short retries, clean errors."""

import http.client
import io
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from credentials import Token
from errors import ServiceError, Unavailable

PATIENCE_SECONDS = 3.0  # what is over within this is repeated here, the worker reschedules the rest
CHUNK_BYTES = 256 * 1024
ANSWER_BYTES = 64 * 1024 * 1024


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
    total_seconds: no exchange lasts longer, however slowly bytes trickle in or out;
    answer_bytes: the largest body that send() reads into memory.
    """

    def __init__(
        self,
        *,
        system: str,
        timeout_seconds: float = 20.0,
        total_seconds: float = 300.0,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self.system = system
        self.timeout_seconds = timeout_seconds
        self.total_seconds = total_seconds
        self.answer_bytes = answer_bytes
        self._local = threading.local()

    def send(self, verb: str, url: str, *, method: str, repeat: bool, **request: Any) -> requests.Response:
        """One exchange, its body read whole.

        method: the remote method's name for errors; repeat: sending it twice does no harm, so a broken connection
        is tried again for up to 3 s. Raises Unavailable when no answer came, ServiceError when its body is over
        answer_bytes. Any status is returned as it is.
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
            body = io.BytesIO()
            self.copy(response, body, method=method, limit_bytes=self.answer_bytes)
            response._content = body.getvalue()  # what response.content would have read, under our own limits
        return response

    @contextmanager
    def stream(self, verb: str, url: str, *, method: str, **request: Any) -> Iterator[requests.Response]:
        """One exchange whose body the caller reads by copy(). Raises Unavailable when no answer came."""
        request.setdefault("timeout", (min(5.0, self.timeout_seconds), self.timeout_seconds))
        _exchange.wait, _exchange.until = self.timeout_seconds, time.monotonic() + self.total_seconds
        until = _exchange.until
        try:
            response = self._session().request(verb, url, stream=True, allow_redirects=False, **request)
        except requests.RequestException as error:
            raise self._no_answer(method, url, error) from None
        response.until = until  # type: ignore[attr-defined]
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
        try:
            for chunk in response.iter_content(CHUNK_BYTES):
                if time.monotonic() > response.until:  # type: ignore[attr-defined]
                    raise Unavailable(system=self.system, method=method, detail="the answer took too long")
                yield chunk
        except requests.RequestException as error:
            raise self._no_answer(method, response.url, error) from None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.trust_env = True  # REQUESTS_CA_BUNDLE and proxies of the company
            session.auth = _as_it_is  # or requests would add what it finds in ~/.netrc
            # a portal that sees its own cookie again answers as to a browser
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.mount("http://", _TimedAdapter())
            session.mount("https://", _TimedAdapter())
            self._local.session = session
        return self._local.session

    def _no_answer(self, method: str, url: str, error: Exception) -> Unavailable:
        # requests puts the whole address, tokens included, into its messages: say the host only
        detail = f"{type(error).__name__} at {_host(url)}"
        # Whoever is that slow may do it yet: who looked or tried again too soon would have it done twice.
        pause = self.timeout_seconds if isinstance(error, requests.ReadTimeout) else None
        return Unavailable(system=self.system, method=method, detail=detail, retry_after=pause)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "a malformed address"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


# Time limits that a slow peer cannot stretch. A socket's own timeout starts anew with every byte, so each read and
# each write gets what is left of the exchange. The limits of the exchange that a thread starts lie in `_exchange`.


class _Exchange(threading.local):
    wait: float = 20.0
    until: float = float("inf")


_exchange = _Exchange()


def _time_left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the exchange took too long")
    return left


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._wait, self._until = _exchange.wait, _exchange.until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(min(self._wait, _time_left(self._until)))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TimedSending:
    response_class: Any = _TimedResponse
    sock: Any

    def send(self, data: Any) -> None:
        if not isinstance(data, (bytes, bytearray, memoryview)):
            super().send(data)  # type: ignore[misc]
            return
        # in pieces, because the timeout of one sendall() covers all of its bytes
        for start in range(0, max(len(data), 1), CHUNK_BYTES):
            if self.sock is not None:
                self.sock.settimeout(min(_exchange.wait, _time_left(_exchange.until)))
            super().send(memoryview(data)[start : start + CHUNK_BYTES])  # type: ignore[misc]


class _TimedHTTP(_TimedSending, HTTPConnection):
    pass


class _TimedHTTPS(_TimedSending, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


class _TimedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager


class _NoQueries(logging.Filter):
    """urllib3 logs whole addresses; their queries carry our secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = re.sub(r"\?[^\s\"']*", "?…", record.getMessage()), ()
        return True


for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_NoQueries())
