"""Pages: two languages, no cookies, nothing loaded from outside but the BX24 library, framed by the portal alone."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template

from config import Config
from handlers.languages import asked_language
from registry.tables import Portal

_STYLE = (Path(__file__).parent / "static" / "page.css").read_text()


def page(
    template: str, *, status: int = 200, portal: Portal | None = None, library: str = "", **values: Any
) -> Response:
    """A page. portal: the only one that may frame it (None = anybody: the page says nothing of anybody and does
    nothing); library: address of the BX24 library, "" = no script runs."""
    nonce = secrets.token_urlsafe(16)
    language = asked_language()
    body = render_template(
        template,
        language=language,
        nonce=nonce,
        style=_STYLE,
        library=library,
        portal=portal,
        t=lambda ru, en: ru if language == "ru" else en,
        **values,
    )
    answer = make_response(body, status)
    answer.headers["Content-Security-Policy"] = _policy(nonce, portal, library)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address of a redirect holds a code
    return answer


def library_url(config: Config, portal: Portal) -> str:
    """Where this portal's pages load the BX24 library from."""
    if config.bitrix24_library_url == "portal":
        return f"{origin_of(portal)}/api/v1/"
    return config.bitrix24_library_url


def origin_of(portal: Portal) -> str:
    """Scheme, host and port of the portal, as a browser writes them."""
    parts = urlsplit(portal.client_endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def install(app: Flask) -> None:
    """Filters that the templates use."""
    app.jinja_env.filters["moment"] = moment


def moment(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%d.%m.%Y %H:%M UTC") if value else "—"


def _policy(nonce: str, portal: Portal | None, library: str) -> str:
    script = f"'nonce-{nonce}' {_origin(library)}" if library else "'none'"
    frame = f"'self' {origin_of(portal)}" if portal else "*"
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src {script}; img-src 'self' data:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame}"
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
