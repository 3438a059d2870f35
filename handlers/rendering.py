"""Pages: two languages, no cookies, nothing loaded from outside but the BX24 library, framed by the portal alone."""

import secrets
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Flask, Response, make_response, render_template

from config import Config
from handlers.languages import asked_language
from registry.tables import Portal

_SIGNS = {"RUB": "₽", "643": "₽", "EUR": "€", "USD": "$"}
_STYLE = (Path(__file__).parent / "static" / "page.css").read_text()


def page(
    template: str, *, status: int = 200, portal: Portal | None = None, library: str = "", **values: Any
) -> Response:
    """A page that asks us for nothing afterwards. portal: the only one that may frame it (None = anybody: the page says
    nothing of anybody and does nothing); library: address of the BX24 library, "" = no script runs."""
    nonce = secrets.token_urlsafe(16)
    language = asked_language()
    body = render(template, language, nonce=nonce, style=_STYLE, library=library, portal=portal, **values)
    answer = make_response(body, status)
    script = f"'nonce-{nonce}' {origin(library)}" if library else "'none'"
    return protected(answer, portal, f"style-src 'nonce-{nonce}'; script-src {script}; img-src 'self' data:")


def render(template: str, language: str, *, zone: str = "UTC", **values: Any) -> str:
    """A template's text. zone: in which times are shown."""
    return render_template(
        template,
        language=language,
        zone=zone,
        t=lambda ru, en: ru if language == "ru" else en,
        **values,
    )


def protected(answer: Response, portal: Portal | None, sources: str) -> Response:
    """The answer with what a browser must not do to it. sources: what the page may load."""
    frame = f"'self' {origin(portal.client_endpoint)}" if portal else "*"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'; frame-ancestors {frame}"
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address of a redirect holds a code
    return answer


def library_url(config: Config, portal: Portal) -> str:
    """Where this portal's pages load the BX24 library from."""
    if config.bitrix24_library_url == "portal":
        return f"{origin(portal.client_endpoint)}/api/v1/"
    return config.bitrix24_library_url


def origin(url: str) -> str:
    """Scheme, host and port, as a browser writes them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def install(app: Flask) -> None:
    """Filters that the templates use."""
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["money"] = money


def moment(value: datetime | None, zone: str = "UTC") -> str:
    """A time for people, in their zone; the zone is named where it is nobody's."""
    if value is None:
        return "—"
    shown = value.astimezone(ZoneInfo(zone)).strftime("%d.%m.%Y %H:%M")
    return f"{shown} UTC" if zone == "UTC" else shown


def money(amount: Decimal | str | None, currency: str = "RUB") -> str:
    """12 345,67 ₽; the currency's code where it has no sign of its own here."""
    if amount in (None, ""):
        return "—"
    try:
        shown = f"{Decimal(amount):,.2f}".replace(",", "\u00a0").replace(".", ",")
    except InvalidOperation:
        return str(amount)
    return f"{shown}\u00a0{_SIGNS.get(currency, currency)}"
