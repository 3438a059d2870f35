"""Tokens shared by all processes: renewed once at a time under a row lock, stored before they are used."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credentials import Token
from errors import AuthLost, DiadocAuthLost, PortalAuthLost
from registry.database import Database
from registry.tables import Account, Box, Portal, PortalToken


class _Tokens:
    """The common half of both stores: what differs is the row and what its loss means."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Token:
        with self._database.session() as session:
            return self._token(session, self._row(session, lock=False))

    def renew(self, stale: Token, ask: Callable[[Token], Token]) -> Token:
        lost: AuthLost | None = None
        with self._database.session() as session:
            row = self._row(session, lock=True)
            stored = self._token(session, row)
            if stored.access_token != stale.access_token:
                return stored  # another process was faster
            try:
                fresh = ask(stored)
            except AuthLost as error:
                lost = error
                self._mark_lost(session, row, error)
            else:
                self._keep(row, fresh)
        if lost is not None:
            raise lost
        return fresh

    def _keep(self, row: PortalToken | Account, fresh: Token) -> None:
        row.access_token_sealed = self._database.keyring.seal(fresh.access_token)
        row.refresh_token_sealed = self._database.keyring.seal(fresh.refresh_token)
        row.expires_at, row.renewed_at, row.dead_since = fresh.expires_at, datetime.now(UTC), None

    def _opened(self, row: PortalToken | Account, endpoint: str = "") -> Token:
        opened = self._database.keyring.open
        return Token(
            access_token=opened(row.access_token_sealed),
            refresh_token=opened(row.refresh_token_sealed),
            expires_at=row.expires_at,
            endpoint=endpoint,
        )

    def _row(self, session: Session, *, lock: bool) -> PortalToken | Account:
        raise NotImplementedError

    def _token(self, session: Session, row: PortalToken | Account) -> Token:
        raise NotImplementedError

    def _mark_lost(self, session: Session, row: PortalToken | Account, error: AuthLost) -> None:
        raise NotImplementedError


class PortalTokens(_Tokens):
    """TokenStore of a portal's installer, whose token we work with (any user may answer a workflow)."""

    def __init__(self, database: Database, portal_id: int) -> None:
        super().__init__(database)
        self._portal_id = portal_id

    def moved(self, endpoint: str) -> None:
        with self._database.session() as session:
            session.execute(update(Portal).where(Portal.id == self._portal_id).values(client_endpoint=endpoint))

    def _row(self, session: Session, *, lock: bool) -> PortalToken | Account:
        wanted = (
            select(PortalToken)
            .join(Portal, Portal.id == PortalToken.portal_id)
            .where(PortalToken.portal_id == self._portal_id, PortalToken.user_id == Portal.installer_user_id)
        )
        row = session.scalar(wanted.with_for_update(of=PortalToken) if lock else wanted)
        if row is None or row.dead_since is not None:
            raise PortalAuthLost(system="Битрикс24", detail="no token is left")
        return row

    def _token(self, session: Session, row: PortalToken | Account) -> Token:
        return self._opened(row, session.get_one(Portal, self._portal_id).client_endpoint)

    def _mark_lost(self, session: Session, row: PortalToken | Account, error: AuthLost) -> None:
        row.dead_since = datetime.now(UTC)
        lost = update(Portal).where(Portal.id == self._portal_id, Portal.status == "installed")
        session.execute(lost.values(status="auth_lost", status_text=error.detail))


class AccountTokens(_Tokens):
    """TokenStore of one Diadoc user, shared by all boxes that user opens."""

    def __init__(self, database: Database, account_id: int) -> None:
        super().__init__(database)
        self._account_id = account_id

    def moved(self, endpoint: str) -> None:
        return  # Diadoc's address is a setting of ours

    def password(self) -> tuple[str, str]:
        """Login and password of a developer-key account."""
        with self._database.session() as session:
            account = session.get_one(Account, self._account_id)
            return account.login, self._database.keyring.open(account.password_sealed)

    def _row(self, session: Session, *, lock: bool) -> PortalToken | Account:
        wanted = select(Account).where(Account.id == self._account_id)
        row = session.scalar(wanted.with_for_update() if lock else wanted)
        if row is None or row.dead_since is not None:
            raise DiadocAuthLost(system="Диадок", detail="no token is left")
        return row

    def _token(self, session: Session, row: PortalToken | Account) -> Token:
        return self._opened(row)

    def _mark_lost(self, session: Session, row: PortalToken | Account, error: AuthLost) -> None:
        row.dead_since = datetime.now(UTC)
        lost = update(Box).where(Box.account_id == self._account_id, Box.status == "connected")
        session.execute(lost.values(status="auth_lost", status_text=error.detail))
