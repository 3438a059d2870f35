"""What a page may show of a call's inputs and outputs: no tokens, no contents of files, nothing without end."""

import re
from typing import Any
from urllib.parse import urlsplit, urlunsplit

LONGEST, MOST = 400, 50
HIDDEN = "•••"
_SECRET_NAME = re.compile(r"token|secret|password|auth|content|base64|signature|sealed", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_SOLID = re.compile(r"[A-Za-z0-9+/=_-]{200,}")  # bytes written as text


def shown(value: Any, name: str = "") -> str:
    """A value as one text for people."""
    if _SECRET_NAME.search(name) and value not in ("", None):
        return HIDDEN
    if isinstance(value, dict):
        return "; ".join(f"{key}: {shown(item, str(key))}" for key, item in list(value.items())[:MOST])
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(item, name) for item in value[:MOST])
    if value is None:
        return ""
    text = _SOLID.sub(HIDDEN, _ADDRESS.sub(_without_query, str(value)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _without_query(found: re.Match[str]) -> str:
    """Links of the portal carry a token in their query."""
    parts = urlsplit(found[0])
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))
