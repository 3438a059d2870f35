"""Builds the clients of a portal and of its boxes, with tokens and meters that all processes share."""

from datetime import datetime
from functools import cached_property

from clients.bitrix24.auth import Bitrix24Auth
from clients.bitrix24.client import Bitrix24Client
from clients.diadoc.auth import DeveloperKeyAuth, OidcAuth
from clients.diadoc.client import DiadocClient
from clients.http import Http
from config import Config
from errors import NotConfigured
from registry.database import Database
from registry.portals import ensure_alive
from registry.tables import Account, Audit, Box, Portal
from registry.throttle import SqlThrottle
from registry.tokens import AccountTokens, PortalTokens

# What a portal of an ordinary plan stands, less a little for other applications on the same address.
PORTAL_RATE, PORTAL_BURST = 2.0, 40.0
# Diadoc advises 100 requests a second together; half of it leaves room for another integration of the customer.
ACCOUNT_RATE, ACCOUNT_BURST = 50.0, 50.0


class Connections:
    """Clients of one process; they keep connections open between calls."""

    def __init__(self, config: Config, database: Database) -> None:
        self.config, self.database = config, database
        self._announced: set[tuple[str, datetime | None]] = set()
        self._bitrix24 = Http(system="Битрикс24", timeout_seconds=config.http_timeout_seconds)
        self._diadoc = Http(system="Диадок", timeout_seconds=config.http_timeout_seconds)
        self.bitrix24_auth = Bitrix24Auth(
            client_id=config.bitrix24_client_id,
            client_secret=config.bitrix24_client_secret,
            allowed_servers=config.bitrix24_oauth_urls,
            http=Http(system="Битрикс24", timeout_seconds=config.http_timeout_seconds),
        )

    def bitrix24(self, portal: Portal) -> Bitrix24Client:
        """Raises PortalAuthLost for a portal that is gone."""
        ensure_alive(portal)
        return Bitrix24Client(
            tokens=PortalTokens(self.database, portal.id),
            throttle=self.portal_throttle(portal.id),
            auth=self.bitrix24_auth,
            server_endpoint=portal.server_endpoint,
            http=self._bitrix24,
        )

    def portal_throttle(self, portal_id: int) -> SqlThrottle:
        name = f"portal:{portal_id}"
        return SqlThrottle(self.database, system="Битрикс24", name=name, rate=PORTAL_RATE, burst=PORTAL_BURST)

    def diadoc(self, box: Box) -> DiadocClient:
        """The client of the user who opens this box."""
        return self.diadoc_of_account(box.account_id)

    def diadoc_of_account(self, account_id: int) -> DiadocClient:
        name = f"account:{account_id}"
        return DiadocClient(
            api_url=self.config.diadoc_api_url,
            auth=self._auth_of(account_id),
            tokens=AccountTokens(self.database, account_id),
            throttle=SqlThrottle(self.database, system="Диадок", name=name, rate=ACCOUNT_RATE, burst=ACCOUNT_BURST),
            http=self._diadoc,
            on_sunset=self._sunset,
        )

    def oidc(self) -> OidcAuth:
        """Raises NotConfigured without an OIDC client in the settings."""
        if not self.config.diadoc_client_id:
            raise NotConfigured(what="DIADOC_CLIENT_ID")
        return self._oidc

    @cached_property
    def _oidc(self) -> OidcAuth:  # one for all clients: it remembers what the provider's discovery said
        return OidcAuth(
            identity_url=self.config.diadoc_identity_url,
            client_id=self.config.diadoc_client_id,
            client_secret=self.config.diadoc_client_secret,
            scope=self.config.diadoc_scope,
            http=self._diadoc,
        )

    def developer_key(self, *, login: str, password: str) -> DeveloperKeyAuth:
        """Raises NotConfigured without a developer key in the settings."""
        if not self.config.diadoc_developer_key:
            raise NotConfigured(what="DIADOC_DEVELOPER_KEY")
        return DeveloperKeyAuth(
            api_url=self.config.diadoc_api_url,
            developer_key=self.config.diadoc_developer_key,
            login=login,
            password=password,
            http=self._diadoc,
        )

    def _sunset(self, method: str, at: datetime | None, link: str) -> None:
        """Diadoc announced the end of a method we use: told once a process, and kept for the operator."""
        if (method, at) in self._announced:
            return
        self._announced.add((method, at))
        ends = at.isoformat() if at else ""
        with self.database.session() as session:
            facts = {"method": method, "ends": ends, "link": link}
            session.add(Audit(portal_id=None, actor="Diadoc", action="method ends", subject=method, facts=facts))

    def _auth_of(self, account_id: int) -> OidcAuth | DeveloperKeyAuth:
        with self.database.session() as session:
            account = session.get_one(Account, account_id)
        if account.kind == "oidc":
            return self.oidc()
        login, password = AccountTokens(self.database, account_id).password()
        return self.developer_key(login=login, password=password)
