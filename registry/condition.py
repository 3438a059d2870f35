"""What the self-check asks the database: is the clock running, is anything not shown, do the keys open what is kept."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Text, cast, column, func, select, text, union_all

from registry.database import Database
from registry.tables import Account, Audit, Call, PackageChange, PortalToken, Tick

MOST_CALLS = 1000  # whose tokens are tried with the keys: enough to see a dropped one
_TO_ANSWER = ("new", "running", "waiting", "answering")


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """How many kept secrets the newest of SECRET_KEYS opens, how many only an older one, and how many none."""

    newest: int
    older: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class NotShown:
    """Changes of packages that people have not been shown: how many, since when, and what stands in the way."""

    count: int
    since: datetime | None
    troubles: tuple[str, ...]


def last_tick(database: Database) -> datetime | None:
    """When the clock last let something through; None when it never did."""
    with database.session() as session:
        return session.scalar(select(func.max(Tick.at)))


def not_shown(database: Database, portal_id: int) -> NotShown:
    mine = PackageChange.portal_id == portal_id
    with database.session() as session:
        count, since = session.execute(select(func.count(), func.min(PackageChange.noted_at)).where(mine)).one()
        wanted = select(PackageChange.trouble).where(mine, PackageChange.trouble != "").distinct()
        troubles = tuple(session.scalars(wanted.order_by(PackageChange.trouble).limit(10)))
    return NotShown(count=count, since=since, troubles=troubles)


def ending_methods(database: Database) -> dict[str, str]:
    """Diadoc's methods whose end was announced → when (ISO 8601, "" = not said)."""
    wanted = select(Audit.subject, Audit.facts["ends"].astext)
    wanted = wanted.where(Audit.portal_id.is_(None), Audit.action == "method ends").order_by(Audit.id)
    with database.session() as session:
        return {method: ends or "" for method, ends in session.execute(wanted)}


def sealed_secrets(database: Database, secret_keys: tuple[str, ...]) -> Sealed:
    """By which keys the secrets that we still need can be opened."""
    newest, every = Fernet(secret_keys[0]), [Fernet(key) for key in secret_keys]
    counts = {"newest": 0, "older": 0, "lost": 0}
    for sealed in _sealed(database):
        by = "newest" if _opens(newest, sealed) else "older" if any(_opens(key, sealed) for key in every) else "lost"
        counts[by] += 1
    return Sealed(**counts)


def _sealed(database: Database) -> list[str]:
    """Of portals and accounts all of them; of calls those that are still to be answered."""
    columns = [
        PortalToken.access_token_sealed,
        PortalToken.refresh_token_sealed,
        Account.password_sealed,
        Account.access_token_sealed,
        Account.refresh_token_sealed,
    ]
    calls = select(Call.event_token_sealed.label("sealed")).where(Call.state.in_(_TO_ANSWER)).limit(MOST_CALLS)
    every = union_all(*(select(cast(one, Text).label("sealed")) for one in columns), calls.subquery().select())
    with database.session() as session:
        return list(session.scalars(select(column("sealed")).select_from(every.subquery()).where(text("sealed <> ''"))))


def _opens(key: Fernet, sealed: str) -> bool:
    try:
        key.decrypt(sealed)
    except InvalidToken:
        return False
    return True
