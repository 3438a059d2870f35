"""Bitrix24's auth servers: they give tokens, and they alone vouch for a portal."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clients.bitrix24 import faults, wire
from clients.http import Http
from credentials import Token
from errors import NoAccess, ServiceError, Unavailable


@dataclass(frozen=True)
class Grant:
    """A pair of tokens. expires_at: UTC; endpoints: addresses ending in "/rest/", "" when not named."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    client_endpoint: str
    server_endpoint: str
    member_id: str
    user_id: int
    scope: tuple[str, ...]
    status: str

    def token(self, endpoint: str = "") -> Token:
        """As a TokenStore keeps it; `endpoint` is used when the auth server named none."""
        return Token(self.access_token, self.refresh_token, self.expires_at, self.client_endpoint or endpoint)


@dataclass(frozen=True)
class AppInfo:
    """Whose access token it is, as an auth server says."""

    client_id: str
    member_id: str
    user_id: int
    client_endpoint: str
    status: str
    scope: tuple[str, ...]
    installed: bool
    version: int
    expires_at: datetime | None


class Bitrix24Auth:
    """The auth servers that we believe.

    client_id, client_secret: the application's; allowed_servers: base addresses ("https://oauth.bitrix.info"): nobody
    else is ever sent a secret. Errors: PortalAuthLost, SubscriptionEnded, NoAccess, RequestRejected, Unavailable.
    Source: bitrix24 docs, settings/oauth.
    """

    def __init__(
        self, *, client_id: str, client_secret: str, allowed_servers: tuple[str, ...], http: Http | None = None
    ) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._servers = {wire.origin(server): server.rstrip("/") for server in allowed_servers}
        self._http = http or Http(system=wire.SYSTEM)

    @property
    def client_id(self) -> str:
        return self._client_id

    def is_allowed(self, server_endpoint: str) -> bool:
        """Do we believe this auth server?"""
        return wire.origin(server_endpoint) in self._servers

    def refresh(self, server_endpoint: str, refresh_token: str) -> Grant:
        """A new pair for a refresh token, which is used up by this; 180 days old at most."""
        # Nothing is lost by asking twice: if the first answer went astray, the old token is dead either way.
        given = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._grant(server_endpoint, given, secret=refresh_token, repeat=True)

    def exchange(self, code: str, server_endpoint: str) -> Grant:
        """The first pair for a code of the authorization-code flow; 30 seconds old at most."""
        given = {"grant_type": "authorization_code", "code": code}
        return self._grant(server_endpoint, given, secret=code, repeat=False)

    def app_info(self, server_endpoint: str, access_token: str) -> AppInfo:
        """Whose token this is; NoAccess when the token is too old or unknown to say."""
        query = {"auth": access_token}
        try:
            body = self._ask(server_endpoint, "/rest/app.info", "app.info", query, secret=access_token, repeat=True)
        except ServiceError as error:
            if error.vendor_code.lower() in faults.TOKEN_IS_STALE:
                raise NoAccess(**error.facts) from None
            raise
        return _app_info(wire.as_map(body.get("result")))

    def _grant(self, server_endpoint: str, given: dict[str, str], *, secret: str, repeat: bool) -> Grant:
        query = {**given, "client_id": self._client_id, "client_secret": self._client_secret}
        body = self._ask(server_endpoint, "/oauth/token/", "oauth.token", query, secret=secret, repeat=repeat)
        if not (wire.as_text(body.get("access_token")) and wire.as_text(body.get("refresh_token"))):
            raise Unavailable(system=wire.SYSTEM, method="oauth.token", detail="no tokens in the answer")
        return _grant(body)

    def _ask(
        self, server_endpoint: str, path: str, method: str, query: dict[str, str], *, secret: str, repeat: bool
    ) -> dict[str, Any]:
        server = self._servers.get(wire.origin(server_endpoint))
        if server is None:
            raise NoAccess(system=wire.SYSTEM, method=method, detail="this auth server is not among those we believe")
        response = self._http.send("GET", server + path, method=method, repeat=repeat, params=query)
        return faults.read(response, method=method, secrets=(secret, self._client_secret))


def _grant(body: dict[str, Any]) -> Grant:
    lifetime = timedelta(seconds=wire.as_int(body.get("expires_in")) or 3600)
    return Grant(
        access_token=wire.as_text(body["access_token"]),
        refresh_token=wire.as_text(body["refresh_token"]),
        expires_at=wire.as_time(body.get("expires")) or datetime.now(UTC) + lifetime,
        # not `domain`, which is the auth server's own here
        client_endpoint=_endpoint(body.get("client_endpoint")),
        server_endpoint=_endpoint(body.get("server_endpoint")),
        member_id=wire.as_text(body.get("member_id")),
        user_id=wire.as_int(body.get("user_id")),
        scope=wire.as_scope(body.get("scope")),
        status=wire.as_text(body.get("status")),
    )


def _app_info(result: dict[str, Any]) -> AppInfo:
    install = wire.as_map(result.get("install"))
    return AppInfo(
        client_id=wire.as_text(result.get("client_id")),
        member_id=wire.as_text(install.get("member_id")),
        user_id=wire.as_int(result.get("user_id")),
        client_endpoint=_endpoint(install.get("client_endpoint")),
        status=wire.as_text(install.get("status")),
        scope=wire.as_scope(install.get("scope") or result.get("scope")),
        installed=wire.as_flag(install.get("installed")),
        version=wire.as_int(install.get("version")),
        expires_at=wire.as_time(result.get("expires")),
    )


def _endpoint(value: Any) -> str:
    """An address that may be joined with a method's name, "" when it is none."""
    address = wire.as_text(value)
    return address.rstrip("/") + "/" if wire.origin(address)[1] else ""
