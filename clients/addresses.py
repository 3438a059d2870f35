"""What can be told of an address without speaking its language: its certificate, its clock, whether it answers."""

import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from clients.bitrix24 import wire
from clients.bitrix24.client import Bitrix24Client
from clients.http import Http
from errors import Unavailable


def certificate_end(url: str, *, timeout_seconds: float = 5.0) -> datetime:
    """Until when the certificate of an https address is good, in UTC.

    Raises Unavailable when nobody answers there; ssl.SSLCertVerificationError when the certificate is one that the
    portal would not trust either: expired, for another name, or without its intermediate certificates.
    """
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or 443)
    try:
        with (
            socket.create_connection(place, timeout=timeout_seconds) as plain,
            _trust(url).wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            told = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:  # also TLS that is none
        raise Unavailable(system=parts.hostname or url, method="TLS", detail=type(error).__name__) from None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def status_of(http: Http, url: str) -> int:
    """The HTTP status that an address answers with. Raises Unavailable."""
    return http.send("GET", url, method="GET", repeat=False).status_code


def clock_ahead(http: Http, url: str) -> float | None:
    """By how many seconds a web server's clock is ahead of ours; None when it tells no time. Raises Unavailable."""
    asked = datetime.now(UTC)
    headers = http.send("GET", url, method="GET", repeat=False).headers
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return _ahead(theirs, asked)


def portal_clock_ahead(client: Bitrix24Client) -> float | None:
    """The same of a portal, by its `server.time`. Raises ServiceError."""
    asked = datetime.now(UTC)
    theirs = wire.as_time(client.call("server.time"))
    return _ahead(theirs, asked) if theirs else None


def _ahead(theirs: datetime, asked: datetime) -> float:
    """Half of the way there and back is the best guess of when they looked at their clock."""
    now = datetime.now(UTC)
    return (theirs - (asked + (now - asked) / 2)).total_seconds()


def _trust(url: str) -> ssl.SSLContext:
    """As all our requests trust: the company's own authorities where the environment names them."""
    chosen = requests.Session().merge_environment_settings(url, {}, None, None, None)["verify"]
    return ssl.create_default_context(cafile=chosen if isinstance(chosen, str) else DEFAULT_CA_BUNDLE_PATH)
