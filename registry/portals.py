"""Portals: who installed us, where they live, and whether a caller is who it says."""

import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from errors import PortalAuthLost
from registry.boxes import FORGOTTEN
from registry.database import Database
from registry.keyring import digest
from registry.tables import Account, Box, Call, Portal, PortalToken

CACHE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What was proven about an installation: tokens are the administrator's own.

    application_token: "" when it is not known yet (the page of an older portal lacks it): then the one known from an
    earlier installation stays, and without such a one nobody is taken for this portal.
    """

    member_id: str
    client_endpoint: str
    server_endpoint: str
    application_token: str = field(repr=False)
    user_id: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    language: str = "ru"
    scope: str = ""


class Portals:
    """All portals of this installation of ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def install(self, installation: Installation) -> Portal:
        """Remember a proven installation, the first or a repeated one, and its administrator's token."""
        seal = self._database.keyring.seal
        values = {
            "member_id": installation.member_id,
            "client_endpoint": installation.client_endpoint,
            "server_endpoint": installation.server_endpoint,
            "language": installation.language,
            "scope": installation.scope,
            "status": "installed",
            "status_text": "",
            "installer_user_id": installation.user_id,
            "changed_at": datetime.now(UTC),
        }
        token = {
            "user_id": installation.user_id,
            "access_token_sealed": seal(installation.access_token),
            "refresh_token_sealed": seal(installation.refresh_token),
            "expires_at": installation.expires_at,
            "renewed_at": datetime.now(UTC),
            "dead_since": None,
        }
        if installation.application_token:
            values["application_token_digest"] = digest(installation.application_token)
        unknown = digest(secrets.token_hex())  # fits no token that anybody could send
        with self._database.session() as session:
            first = insert(Portal).values({"registrations": {}, "application_token_digest": unknown, **values})
            stored = first.on_conflict_do_update(index_elements=["member_id"], set_=values).returning(Portal)
            portal = session.scalars(stored, execution_options={"populate_existing": True}).one()
            tokens = insert(PortalToken).values(portal_id=portal.id, **token)
            session.execute(tokens.on_conflict_do_update(index_elements=["portal_id", "user_id"], set_=token))
        return portal

    def by_member_id(self, member_id: str) -> Portal | None:
        with self._database.session() as session:
            return session.scalar(select(Portal).where(Portal.member_id == member_id))

    def get(self, portal_id: int) -> Portal:
        with self._database.session() as session:
            return session.get_one(Portal, portal_id)

    def all(self) -> list[Portal]:
        with self._database.session() as session:
            return list(session.scalars(select(Portal).order_by(Portal.id)))

    def uninstall(self, portal_id: int, *, wipe: bool = False) -> None:
        """Forget tokens at once; what was sent stays known, its open calls end as undeliverable.

        wipe: the administrator wants our data gone too, so the consents of Diadoc users are forgotten as well.
        """
        with self._database.session() as session:
            if wipe:
                session.execute(update(Account).where(Account.portal_id == portal_id).values(FORGOTTEN))
                session.execute(update(Box).where(Box.portal_id == portal_id).values(status="removed"))
            session.execute(update(PortalToken).where(PortalToken.portal_id == portal_id).values(_WIPED))
            gone = {"status": "uninstalled", "changed_at": datetime.now(UTC), "registrations": {}}
            session.execute(update(Portal).where(Portal.id == portal_id).values(gone))

    def auth_lost(self, portal_id: int, reason: str) -> None:
        with self._database.session() as session:
            lost = update(Portal).where(Portal.id == portal_id, Portal.status == "installed")
            session.execute(lost.values(status="auth_lost", status_text=reason, changed_at=datetime.now(UTC)))

    def remember_registrations(self, portal_id: int, fingerprints: dict[str, str]) -> None:
        with self._database.session() as session:
            session.execute(update(Portal).where(Portal.id == portal_id).values(registrations=fingerprints))

    def open_calls(self) -> dict[int, int]:
        """portal id → how many of its calls are not answered yet."""
        open_states = Call.state.in_(["new", "running", "waiting", "answering"])
        counted = select(Call.portal_id, func.count()).where(open_states).group_by(Call.portal_id)
        with self._database.session() as session:
            return {row[0]: row[1] for row in session.execute(counted)}


_WIPED = {"access_token_sealed": "", "refresh_token_sealed": "", "dead_since": func.now()}


class KnownPortals:
    """Answers "is this really that portal?" from memory, so that a call can be verified while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._cache: dict[str, tuple[float, Portal]] = {}

    def verify(self, *, member_id: str, application_token: str) -> Portal | None:
        """The portal whose permanent id and application token these are, else None. Compares in constant time."""
        portal = self._cached(member_id)
        if portal is None or not _fits(portal, application_token):
            portal = self._read(member_id)  # a new or re-installed portal is known at once
        return portal if portal is not None and _fits(portal, application_token) else None

    def forget(self, member_id: str) -> None:
        with self._lock:
            self._cache.pop(member_id, None)

    def warm_up(self) -> None:
        for portal in Portals(self._database).all():
            self._keep(portal)

    def _cached(self, member_id: str) -> Portal | None:
        with self._lock:
            read_at, portal = self._cache.get(member_id, (0.0, None))
        if portal is not None and time.monotonic() - read_at > CACHE_SECONDS:
            portal = self._refreshed(portal)
        return portal

    def _refreshed(self, portal: Portal) -> Portal | None:
        try:
            return self._read(portal.member_id)
        except SQLAlchemyError:
            return portal  # the database is away: what was known a minute ago still holds

    def _read(self, member_id: str) -> Portal | None:
        portal = Portals(self._database).by_member_id(member_id)
        if portal is not None:
            self._keep(portal)
        return portal

    def _keep(self, portal: Portal) -> None:
        with self._lock:
            self._cache[portal.member_id] = (time.monotonic(), portal)


def _fits(portal: Portal, application_token: str) -> bool:
    return hmac.compare_digest(portal.application_token_digest, digest(application_token))


def host_of(portal: Portal) -> str:
    """The portal's host for people, for example example.bitrix24.ru."""
    return urlsplit(portal.client_endpoint).netloc


def ensure_alive(portal: Portal) -> None:
    """Raises PortalAuthLost for a portal that uninstalled us or whose consent is gone."""
    if portal.status != "installed":
        raise PortalAuthLost(system="Битрикс24", detail=portal.status_text or portal.status)
