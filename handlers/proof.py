"""Believes an installation only after an allowed auth server and the portal itself have confirmed it."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

from clients.bitrix24.auth import AppInfo, Bitrix24Auth
from clients.bitrix24.client import Bitrix24Client
from clients.bitrix24.models import Profile
from clients.http import FreeThrottle, Http, Throttle
from config import Config
from credentials import Token
from errors import AuthLost, NoAccess, PortalAuthLost, ServiceError, Unavailable
from handlers.refusals import Forged, NotAdministrator, Refused
from handlers.services import Services


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is true about an access token. server_endpoint: the auth server that said so; client: acts as its user."""

    info: AppInfo
    profile: Profile
    server_endpoint: str
    client: Bitrix24Client


def prove_administrator(services: Services, *, member_id: str, access_token: str, server_endpoint: str) -> Proof:
    """Show that the token is ours, of this portal, and an administrator's.

    The auth server must be one that we believe; when the portal names none (older ones), those are asked in turn.
    The portal is asked at the address that the auth server names, never at one that a request claims.
    Raises Forged, NotAdministrator, ServiceError.
    """
    auth = services.connections.bitrix24_auth
    server, info = _vouched(services.config, auth, server_endpoint, access_token)
    if not _is_ours(services.config, info, member_id):
        raise Forged
    client = client_of(services, access_token, endpoint=info.client_endpoint, server_endpoint=server)
    profile = profile_of(client)
    if not profile.is_admin:
        raise NotAdministrator
    return Proof(info=info, profile=profile, server_endpoint=server, client=client)


def client_of(
    services: Services, access_token: str, *, endpoint: str, server_endpoint: str, throttle: Throttle | None = None
) -> Bitrix24Client:
    """A client that acts as the user of one access token, and never renews it."""
    return Bitrix24Client(
        tokens=_OneToken(Token(access_token, endpoint=endpoint)),
        throttle=throttle or FreeThrottle(),
        auth=services.connections.bitrix24_auth,
        server_endpoint=server_endpoint,
        http=Http(system="Битрикс24", timeout_seconds=min(services.config.http_timeout_seconds, 10.0)),
    )


def profile_of(client: Bitrix24Client) -> Profile:
    """Whose token it is, as the portal says. Raises Forged when the portal does not know the token."""
    try:
        return client.profile()
    except (NoAccess, AuthLost):
        raise Forged from None


class _OneToken:
    """The token that came with a request: not kept, not renewed."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def read(self) -> Token:
        return self._token

    def renew(self, stale: Token, ask: Callable[[Token], Token]) -> Token:
        raise PortalAuthLost(system="Битрикс24", detail="the page's own token is over, open the page again")

    def moved(self, endpoint: str) -> None:
        self._token = Token(self._token.access_token, endpoint=endpoint)


def _vouched(config: Config, auth: Bitrix24Auth, server_endpoint: str, access_token: str) -> tuple[str, AppInfo]:
    if server_endpoint and not auth.is_allowed(server_endpoint):
        raise Forged
    servers = [server_endpoint] if server_endpoint else [f"{url}/rest/" for url in config.bitrix24_oauth_urls]
    failure: ServiceError | Refused = Forged()
    for server in servers:
        try:
            return server, auth.app_info(server, access_token)
        except Unavailable as error:
            failure = error  # it may have been the one that knows
        except (NoAccess, AuthLost):
            continue
    raise failure


def _is_ours(config: Config, info: AppInfo, member_id: str) -> bool:
    is_our_application = hmac.compare_digest(info.client_id.encode(), config.bitrix24_client_id.encode())
    is_that_portal = hmac.compare_digest(info.member_id.encode(), member_id.encode())
    return is_our_application and is_that_portal and bool(member_id and info.client_endpoint)
