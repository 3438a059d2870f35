"""Bearer tokens of /api/v1: of one portal and one role; told once, kept as digests, limited together."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session

from registry.database import Database
from registry.keyring import digest
from registry.tables import ApiToken, Portal

READER, OPERATOR = "reader", "operator"
ROLES = (READER, OPERATOR)
PREFIX = "b24edo_"  # whoever finds one in a log or a repository knows what it opens
MOST_TOKENS, LONGEST_NAME = 50, 100
RATE, BURST = 5.0, 50.0  # requests a second, and at once
USED_EVERY = timedelta(minutes=1)  # so exact is last_used_at

_TAKE = text("""
insert into throttle (name, rate, burst, arrival_at)
values (:name, :rate, :burst, clock_timestamp() + make_interval(secs => 1 / :rate))
on conflict (name) do update
set rate = excluded.rate, burst = excluded.burst,
    arrival_at = greatest(throttle.arrival_at, clock_timestamp()) + make_interval(secs => 1 / excluded.rate)
where extract(epoch from greatest(throttle.arrival_at, clock_timestamp()) - clock_timestamp())
      <= (excluded.burst - 1) / excluded.rate
returning name
""")
_HOW_LONG = text("""
select extract(epoch from arrival_at - clock_timestamp()) - (burst - 1) / rate from throttle where name = :name
""")


class TokenRefused(ValueError):
    """A token that cannot be made. what: name, role or count (too many tokens that are not revoked)."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Whom a token stands for. is_operator: may also have activities run."""

    token_id: int
    name: str
    role: str
    portal: Portal

    @property
    def is_operator(self) -> bool:
        return self.role == OPERATOR


class ApiTokens:
    """The tokens of one portal; another portal's are as absent as ones that never were."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def create(self, *, name: str, role: str, created_by: int = 0) -> tuple[ApiToken, str]:
        """The new token's row and the token itself, which nobody can read a second time.

        name: what people call it; role: reader or operator; created_by: Bitrix24's user, 0 = the command line.
        Raises TokenRefused.
        """
        name = name.strip()
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise TokenRefused("name")
        if role not in ROLES:
            raise TokenRefused("role")
        token = PREFIX + secrets.token_urlsafe(32)
        with self._database.session() as session:
            if self._count(session) >= MOST_TOKENS:
                raise TokenRefused("count")
            row = ApiToken(portal_id=self._portal_id, name=name, role=role, digest=digest(token), created_by=created_by)
            session.add(row)
            session.flush()
            session.refresh(row)
        return row, token

    def list(self) -> list[ApiToken]:
        """All of them, revoked ones last."""
        wanted = select(ApiToken).where(ApiToken.portal_id == self._portal_id)
        with self._database.session() as session:
            return [*session.scalars(wanted.order_by(ApiToken.revoked_at.is_not(None), ApiToken.id))]

    def revoke(self, token_id: int) -> bool:
        """End a token at once; False when there is no such living one."""
        here = update(ApiToken).where(
            ApiToken.id == token_id, ApiToken.portal_id == self._portal_id, ApiToken.revoked_at.is_(None)
        )
        with self._database.session() as session:
            return session.execute(here.values(revoked_at=func.now()).returning(ApiToken.id)).first() is not None

    def _count(self, session: Session) -> int:
        # Two at once would both find room for one more.
        session.execute(select(Portal.id).where(Portal.id == self._portal_id).with_for_update(key_share=True))
        living = select(func.count()).where(ApiToken.portal_id == self._portal_id, ApiToken.revoked_at.is_(None))
        return session.scalar(living) or 0


def find(database: Database, token: str) -> Bearer | None:
    """Whom a token stands for; None for one that is unknown, revoked, or of a portal that removed us.

    Looked up by its digest: how long that takes tells nothing about tokens that exist.
    """
    wanted = digest(token)
    with database.session() as session:
        asked = select(ApiToken, Portal).join(Portal, Portal.id == ApiToken.portal_id)
        asked = asked.where(ApiToken.digest == wanted, ApiToken.revoked_at.is_(None), Portal.status != "uninstalled")
        row = session.execute(asked).first()
        if row is None or not hmac.compare_digest(row[0].digest, wanted):
            return None
        _note_use(session, row[0].id)
    return Bearer(token_id=row[0].id, name=row[0].name, role=row[0].role, portal=row[1])


def take_turn(database: Database, bearer: Bearer) -> float | None:
    """Seconds until this token may ask again, None when it is its turn. By the database's clock, for all machines."""
    name = {"name": f"api:{bearer.token_id}"}
    with database.session() as session:
        if session.execute(_TAKE, {**name, "rate": RATE, "burst": BURST}).first() is not None:
            return None
        return max(float(session.scalar(_HOW_LONG, name) or 0), 0.05)


def _note_use(session: Session, token_id: int) -> None:
    """Not on every request: a busy program would make a hot row."""
    now = datetime.now(UTC)
    stale = or_(ApiToken.last_used_at.is_(None), ApiToken.last_used_at < now - USED_EVERY)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, stale).values(last_used_at=now))
