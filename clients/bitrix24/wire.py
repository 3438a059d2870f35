"""JSON, dates, ids and texts as a portal writes them, translated both ways."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from clients.bitrix24.streams import Base64, Body

SYSTEM = "Битрикс24"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def dump(value: Any) -> bytes | Body:
    """JSON for a request: dates as ISO 8601, sums as texts, so that no digit is lost; files as they are read."""
    body = Body(lambda mark: json.dumps(value, default=_writer(mark), ensure_ascii=False, separators=(",", ":")))
    return body if body.has_files else b"".join(body)


def _writer(mark: Callable[[Base64], str]) -> Callable[[Any], Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, Base64):
            return mark(value)
        if isinstance(value, (datetime, date)):
            return value.isoformat()
        if isinstance(value, Decimal):
            return str(value)
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, (set, frozenset)):
            return list(value)
        raise TypeError(f"{type(value).__name__} cannot be sent to a portal")

    return plain


def load(body: bytes) -> Any:
    """The JSON of an answer, fractions as Decimal; None when it is no JSON."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def as_map(value: Any) -> dict[str, Any]:
    """An object of an answer: PHP writes an empty one as [] and one with the keys 0, 1, 2 as a list."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    return {}


def as_list(value: Any) -> list[Any]:
    """A list of an answer; some methods key their items by id instead."""
    return list(value.values()) if isinstance(value, Mapping) else list(value) if isinstance(value, list) else []


def as_int(value: Any) -> int:
    """An id or a number that comes as 5, "5", "" or null; what is none of these is 0."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def as_text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)


def as_flag(value: Any) -> bool:
    """Y, "1", 1 and true alike."""
    return value is True or str(value).upper() in ("Y", "1", "TRUE")


def as_time(value: Any) -> datetime | None:
    """ISO 8601 with offset, or unix seconds, to UTC."""
    try:
        if str(value).isdecimal():
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def as_scope(value: Any) -> tuple[str, ...]:
    """Scopes come as a list, with commas or with spaces."""
    names: Iterable[Any] = value if isinstance(value, list) else re.split(r"[,\s]+", as_text(value))
    return tuple(str(name) for name in names if name)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; ("", "", 0) when it is none that we would call."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
        return (parts.scheme, parts.hostname, port) if parts.hostname else ("", "", 0)
    except (ValueError, KeyError):
        return ("", "", 0)


def plain(text: Any, *secrets: str, limit: int = 300) -> str:
    """A portal's own words for an error: without tags, secrets and addresses' queries, and short."""
    words = unescape(re.sub(r"<[^>]*>", " ", as_text(text)))
    for secret in filter(None, secrets):
        words = words.replace(secret, "…")
    words = re.sub(r"(?i)\b(auth|token|access_token|refresh_token|client_secret)=[^\s&\"']+", r"\1=…", words)
    return re.sub(r"\s+", " ", words).strip()[:limit]
