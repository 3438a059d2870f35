"""One request to Diadoc: token, turn, headers, errors, and the short waits that are over within three seconds."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO, RawIOBase
from typing import Any, BinaryIO, Protocol, cast

import requests

from clients.diadoc.answers import SYSTEM, Answer, error_of, still_in_progress, sunset_of
from clients.http import PATIENCE_SECONDS, Http, Throttle, TokenStore
from credentials import Token
from errors import DiadocAuthLost, RateLimited, Unavailable

log = logging.getLogger(__name__)

JSON = "application/json; charset=utf-8"
BYTES = "application/octet-stream"
ANYTHING = "*/*"
ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
RENEW_AHEAD = timedelta(seconds=120)

OnSunset = Callable[[str, datetime | None, str], None]


class Auth(Protocol):
    """How a box's user is known to Diadoc: clients.diadoc.auth has both kinds."""

    def header(self, token: Token) -> str:
        """The value of Authorization."""

    def renew(self, token: Token) -> Token:
        """A fresh token. Raises DiadocAuthLost when there can be none."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked. `to`: where a successful body is streamed, instead of being read into memory."""

    verb: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = JSON
    accept: str = JSON
    to: BinaryIO | None = None
    starts_with: bytes = b""  # what a streamed body must begin with; a proxy's page does not
    limit_bytes: int = ANSWER_LIMIT_BYTES
    may_be_empty: bool = False  # 204 means "nothing", not "not yet"

    @property
    def method(self) -> str:
        return self.path.strip("/")


class Patience:
    """At most three seconds of waiting, from now on."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + PATIENCE_SECONDS
        self._turns = 0

    def wait(self, seconds: float | None) -> bool:
        """Sleep so long (None: a little longer each time) and say True; False at once when it would be too long."""
        self._turns += 1
        pause = min(0.1 * 2**self._turns, 1.0) * random.uniform(0.5, 1.0) if seconds is None else max(seconds, 0.05)
        if time.monotonic() + pause > self._ends:
            return False
        time.sleep(pause)
        return True


class Transport:
    """What every group of methods stands on. Each request may be repeated: reading, or remembered by operationId,
    or the second time does nothing."""

    def __init__(
        self,
        *,
        api_url: str,
        auth: Auth,
        tokens: TokenStore,
        throttle: Throttle,
        http: Http | None = None,
        on_sunset: OnSunset | None = None,
        solution: str = "b24-edo",
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._auth, self._tokens, self._throttle = auth, tokens, throttle
        self._http = http or Http(system=SYSTEM)
        self._on_sunset = on_sunset
        self._solution = solution
        self._sunsets: set[tuple[str, datetime | None]] = set()

    def _get(self, path: str, **request: Any) -> Answer:
        return self._request("GET", path, **request)

    def _post(self, path: str, **request: Any) -> Answer:
        return self._request("POST", path, **request)

    def _request(self, verb: str, path: str, **options: Any) -> Answer:
        """A successful answer. Raises the error that came instead; StillInProgress when Diadoc needs longer than
        our patience, RateLimited and Unavailable likewise."""
        request, patience = Request(verb=verb, path=path, **options), Patience()
        may_repeat = request.to is None or request.to.seekable()  # what was written could not be taken back
        while True:
            try:
                return self._authorized(request)
            except Unavailable as error:
                if not may_repeat or not patience.wait(error.retry_after):
                    raise

    def _authorized(self, request: Request) -> Answer:
        token = self._token()
        answer = self._exchange(request, token)
        if answer.status == 401 and not answer.is_a_page:
            token = self._tokens.renew(token, self._auth.renew)
            answer = self._exchange(request, token)
            if answer.status == 401 and not answer.is_a_page:
                raise answer.failure(DiadocAuthLost, detail="a fresh token is refused too")
        self._watch_sunset(answer)
        return self._checked(request, answer, token)

    def _token(self) -> Token:
        token = self._tokens.read()
        if token.expires_at is None:
            return token
        left = token.expires_at - datetime.now(UTC)
        if left > RENEW_AHEAD:
            return token
        try:
            return self._tokens.renew(token, self._auth.renew)
        except Unavailable:
            if left > timedelta(0):  # it is early: the old one still opens the door
                return token
            raise

    def renew_token(self) -> None:
        """Renew the token although it is not spent: one that is never used would die. Raises DiadocAuthLost."""
        self._tokens.renew(self._tokens.read(), self._auth.renew)

    def _exchange(self, request: Request, token: Token) -> Answer:
        self._throttle.wait_turn(request.method)
        with self._http.stream(
            request.verb,
            self._api_url + "/" + request.method,
            method=request.method,
            params={name: value for name, value in request.params.items() if value not in (None, "")},
            data=request.body,
            headers=self._headers(request) | {"Authorization": self._auth.header(token)},
        ) as response:
            return self._read(request, response)

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": request.accept, "X-Solution-Info": self._solution}
        # a Content-Type without a body makes the front of Diadoc answer 400
        return headers if request.body is None else headers | {"Content-Type": request.content_type}

    def _read(self, request: Request, response: requests.Response) -> Answer:
        streamed = request.to is not None and _is_a_file(response)
        to = request.to if streamed and request.to else BytesIO()
        start = to.tell() if to.seekable() else None
        checked = cast(BinaryIO, _Beginning(to, request.starts_with if streamed else b"", request.method))
        try:
            size = self._http.copy(response, checked, method=request.method, limit_bytes=request.limit_bytes)
        except BaseException:
            if start is not None:  # nobody takes half a file for a file
                to.seek(start)
                to.truncate()
            raise
        body = to.getvalue() if isinstance(to, BytesIO) and not streamed else b""
        return Answer(request.method, response.status_code, response.headers, body, size)

    def _checked(self, request: Request, answer: Answer, token: Token) -> Answer:
        if answer.status == 204 and request.may_be_empty:
            return answer
        if answer.status == 204 or (answer.status in (200, 202) and "Retry-After" in answer.headers):
            raise still_in_progress(answer)
        if answer.status in (200, 201, 202) and not answer.is_html:
            return answer
        error = error_of(answer, secret=token.access_token)
        if isinstance(error, RateLimited) and error.retry_after:
            self._throttle.block(error.retry_after)
        raise error

    def _watch_sunset(self, answer: Answer) -> None:
        announced = sunset_of(answer)
        if announced is None or (answer.method, announced[0]) in self._sunsets:
            return
        date, link = announced
        self._sunsets.add((answer.method, date))
        log.error("diadoc removes a method we use", extra={"method": answer.method, "sunset": str(date), "link": link})
        if self._on_sunset:
            self._on_sunset(answer.method, date, link)


def _is_a_file(response: requests.Response) -> bool:
    """Diadoc gives files as bytes or PDF; a page with status 200 comes from a proxy."""
    is_page = "html" in response.headers.get("Content-Type", "").lower()
    return response.status_code == 200 and "Retry-After" not in response.headers and not is_page


class _Beginning(RawIOBase):
    """Passes bytes on once they have begun as they should."""

    def __init__(self, to: BinaryIO, beginning: bytes, method: str) -> None:
        self._to, self._expected, self._method = to, beginning, method
        self._seen = b""

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        if len(self._seen) < len(self._expected):
            self._seen += chunk[: len(self._expected) - len(self._seen)]
            if not self._expected.startswith(self._seen):
                raise Unavailable(system=SYSTEM, method=self._method, detail="not the kind of file that was asked for")
        return self._to.write(chunk)
