"""One answer of Diadoc, and what its status means: errors are plain text with a code in a header, not JSON."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import unquote

from requests.structures import CaseInsensitiveDict

from clients.diadoc import conflicts
from clients.diadoc.reading import Item, NotJson, read_json
from errors import (
    Conflict,
    NoAccess,
    NotFoundThere,
    RateLimited,
    RequestRejected,
    ServiceError,
    SubscriptionEnded,
    Unavailable,
)

Failure = TypeVar("Failure", bound=ServiceError)

SYSTEM = "Диадок"
WAIT_SECONDS = 5.0  # when Diadoc asks to wait and does not say how long
LONGEST_WAIT_SECONDS = 24 * 3600.0
DETAIL_CHARACTERS = 500

_BY_STATUS: dict[int, type[ServiceError]] = {
    402: SubscriptionEnded,
    403: NoAccess,
    404: NotFoundThere,
    409: Conflict,
    429: RateLimited,
}
_OURS_EVEN_FROM_A_PROXY = {405, 410, 413, 414, 415, 431}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LINK = re.compile(r"<([^>]*)>\s*;[^,]*\brel=\"?sunset\"?", re.IGNORECASE)


class StillInProgress(Unavailable):
    """Diadoc has taken the request and is at work on it: ask the same again after retry_after seconds."""


@dataclass(frozen=True)
class Answer:
    """What came back. body is empty when it was streamed elsewhere, size is true in both cases."""

    method: str
    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes
    size: int

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", "replace").strip()

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, None when nothing (sensible) is said."""
        value = self.headers.get("Retry-After", "").strip()
        return min(float(value), LONGEST_WAIT_SECONDS) if value.isascii() and value.isdecimal() else None

    @property
    def is_a_page(self) -> bool:
        """HTML or XML where Diadoc speaks plain text: somebody in between answered."""
        kind = self.headers.get("Content-Type", "").lower()
        return self.is_html or (not kind.startswith("application/json") and self.body.lstrip()[:1] == b"<")

    @property
    def is_html(self) -> bool:
        return self.size > 0 and "html" in self.headers.get("Content-Type", "").lower()

    @property
    def file_name(self) -> str:
        """The name in Content-Disposition without any folder, "" when there is none."""
        header = self.headers.get("Content-Disposition", "")
        extended = re.search(r"filename\*\s*=\s*utf-8''([^;]+)", header, re.IGNORECASE)
        plain = re.search(r"filename\s*=\s*(?:\"([^\"]*)\"|([^;]+))", header, re.IGNORECASE)
        name = unquote(extended[1]) if extended else next(filter(None, plain.groups()), "") if plain else ""
        return _CONTROL.sub("", re.split(r"[/\\]", name)[-1]).strip()[:255]

    def json(self) -> Item:
        """Raises Unavailable when a success is no JSON: half an answer, or a proxy's page."""
        try:
            return read_json(self.body)
        except NotJson as error:
            detail = "a proxy answered instead of Diadoc" if self.is_a_page else f"unreadable answer: {error}"
            raise self.failure(Unavailable, detail=detail) from None

    def failure(self, kind: type[Failure], *, detail: str, retry_after: float | None = None) -> Failure:
        code = _CONTROL.sub(" ", self.headers.get("X-Diadoc-ErrorCode", ""))[:100]
        return kind(
            system=SYSTEM,
            method=self.method,
            status=self.status,
            vendor_code=code,
            detail=detail,
            retry_after=retry_after,
        )


def still_in_progress(answer: Answer) -> StillInProgress:
    wait = answer.retry_after if answer.retry_after is not None else WAIT_SECONDS
    return answer.failure(StillInProgress, detail="the operation is still in progress", retry_after=wait)


def error_of(answer: Answer, *, secret: str = "") -> ServiceError:
    """The error that this answer is. secret: the token it was asked with, never to be shown."""
    detail = _detail(answer, secret)
    if answer.status >= 500 or answer.status in (408, 425) or answer.status < 400:  # a redirect, a page with 200
        return answer.failure(Unavailable, detail=detail, retry_after=answer.retry_after)
    if answer.is_a_page and answer.status not in _OURS_EVEN_FROM_A_PROXY:
        return answer.failure(Unavailable, detail=detail, retry_after=answer.retry_after)
    kind = _BY_STATUS.get(answer.status, RequestRejected)
    error = answer.failure(kind, detail=detail, retry_after=answer.retry_after)
    if kind is RateLimited and error.retry_after is None:
        error.retry_after = WAIT_SECONDS
    return still_in_progress(answer) if kind is Conflict and conflicts.in_progress(error) else error


def sunset_of(answer: Answer) -> tuple[datetime | None, str] | None:
    """When the method will be removed (None = unreadable date) and where that is told; None = nothing announced."""
    announced = answer.headers.get("Sunset")
    if announced is None:
        return None
    link = _LINK.search(answer.headers.get("Link", ""))
    try:
        date = parsedate_to_datetime(announced)
    except ValueError:
        date = None
    return date, link[1] if link else ""


def _detail(answer: Answer, secret: str) -> str:
    if answer.is_a_page:
        return f"a proxy answered instead of Diadoc (HTTP {answer.status})"
    text = _CONTROL.sub(" ", answer.text)
    if secret:
        text = text.replace(secret, "***")
    return text[:DETAIL_CHARACTERS].strip() or f"HTTP {answer.status}"
