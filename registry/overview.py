"""Figures for people and for monitoring: how much is open, what is stuck, how fresh the feeds are."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.database import Database

_PORTAL = "(cast(:portal_id as bigint) is null or {0}.portal_id = :portal_id)"
# What has ended is counted from the answers that could not be given: the calls themselves are a history without end.
_CALLS = text(f"""
    select c.state, count(*) from call c
    where c.state in ('new', 'running', 'waiting', 'answering') and {_PORTAL.format("c")} group by c.state
    union all
    select 'undeliverable', count(*) from answer a where a.state = 'undeliverable' and {_PORTAL.format("a")}
""")  # noqa: S608
_OLDEST = text(f"""
    select min(received_at) filter (where state = 'waiting'),
           min(coalesce(next_attempt_at, received_at)) filter (where state = 'new')
    from call c where state in ('new', 'waiting') and {_PORTAL.format("c")}
""")  # noqa: S608
_BOXES = text(f"select status, count(*) from box b where {_PORTAL.format('b')} group by status")  # noqa: S608
_FEED = text(f"""
    select min(feed_read_at), max(feed_read_at) from box b
    where b.status = 'connected' and b.index_key is not null and {_PORTAL.format("b")}
""")  # noqa: S608
_PORTALS = text("select status, count(*) from portal group by status")
_JOBS = text("select queue_name, count(*) from procrastinate_jobs where status in ('todo', 'doing') group by 1")
_TOKEN = text("""
    select t.expires_at, t.renewed_at, t.dead_since from portal_token t join portal p
    on p.id = t.portal_id and p.installer_user_id = t.user_id where p.id = :portal_id
""")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Counts by state or status; moments are aware, UTC, None where there is nothing. Of one portal or of all.

    calls: open ones by state, and those whose answer the portal never took ("undeliverable"); queue_since: since when
    the longest due call has been waiting for a worker; feeds_read_from, feeds_read_to: when the least and the most
    recently read feed was read.
    """

    calls: dict[str, int]
    oldest_waiting_at: datetime | None
    queue_since: datetime | None
    boxes: dict[str, int]
    feeds_read_from: datetime | None
    feeds_read_to: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenState:
    """The installer's token: when the access token ends, when it was last renewed, since when it is dead."""

    expires_at: datetime | None
    renewed_at: datetime
    dead_since: datetime | None


def figures(database: Database, portal_id: int | None = None) -> Figures:
    """The figures of one portal, or of all."""
    with database.session() as session:
        about = {"portal_id": portal_id}
        oldest = session.execute(_OLDEST, about).one()
        feed = session.execute(_FEED, about).one()
        return Figures(
            calls={"new": 0, "running": 0, "waiting": 0, "answering": 0, **_counts(session, _CALLS, about)},
            oldest_waiting_at=oldest[0],
            queue_since=oldest[1],
            boxes=_counts(session, _BOXES, about),
            feeds_read_from=feed[0],
            feeds_read_to=feed[1],
        )


def portals_by_status(database: Database) -> dict[str, int]:
    with database.session() as session:
        return _counts(session, _PORTALS, {})


def jobs_by_queue(database: Database) -> dict[str, int]:
    """Jobs that are due, planned or being done."""
    with database.session() as session:
        return _counts(session, _JOBS, {})


def token_state(database: Database, portal_id: int) -> TokenState | None:
    """The token that we work with on this portal; None when there is none."""
    with database.session() as session:
        row = session.execute(_TOKEN, {"portal_id": portal_id}).first()
    return TokenState(expires_at=row[0], renewed_at=row[1], dead_since=row[2]) if row else None


def _counts(session: Session, counted: object, about: dict[str, int | None]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(counted, about)}  # type: ignore[call-overload]
