"""BB-code of comments and notifications as HTML. Everything else in the text stays text."""

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_TAGS = {"B": "b", "I": "i", "U": "u", "S": "s"}
_LINK = re.compile(r"\[URL(?:=(?P<address>[^\]\s]+))?\](?P<text>.*?)\[/URL\]", re.IGNORECASE | re.DOTALL)
_USER = re.compile(r"\[USER=(?P<id>\d+)\](?P<text>.*?)\[/USER\]", re.IGNORECASE | re.DOTALL)


def shown(text: str) -> Markup:
    """[B], [I], [U], [S], [BR], [URL], [USER]; links lead to http, https or a place in the portal only."""
    html = str(escape(text))
    html = _LINK.sub(_link, html)
    html = _USER.sub(lambda found: f'<a href="/company/personal/user/{found["id"]}/">{found["text"]}</a>', html)
    html = re.sub(
        r"\[(/?)([BIUS])\]", lambda found: f"<{found[1]}{_TAGS[found[2].upper()]}>", html, flags=re.IGNORECASE
    )
    return Markup(re.sub(r"\[BR\]|\r?\n", "<br>", html, flags=re.IGNORECASE))


def is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") if parts.scheme else address.startswith("/") and not parts.netloc


def _link(found: re.Match[str]) -> str:
    address = found["address"] or found["text"]
    if not is_safe(address):
        return found["text"]
    return f'<a href="{address}">{found["text"]}</a>'
