"""What those who tell people ask: who sent a package, what has been waiting for long, what is broken and untold."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from registry.database import Database
from registry.tables import Audit, Box, Package

REMINDING_LOCK = 16  # of PostgreSQL's advisory locks; changes of packages have 12, registries 13 and 14, what came 15
CLOSED = ("subscription_ended", "auth_lost", "no_access")  # what only people can end

_UNTOLD = """
    select w.call_id from answer w
    where w.state = 'undeliverable' and w.ended_at > now() - interval '7 days' {of_portal}
      and not exists (select from effect e where e.portal_id = w.portal_id and e.subject = 'call:' || w.call_id
        and e.name = 'undeliverable' and e.done_at is not null)
"""
_PORTALS = text(f"""
    select p.id from portal p where p.status = 'installed' and (
      exists (select from package k where k.portal_id = p.id and k.state = 'sent' and not k.is_final
        and coalesce(k.waiting_since, k.posted_at) < now() - interval '12 hours')
      or exists (select from box b where b.portal_id = p.id and b.status in {CLOSED})
      or exists ({_UNTOLD.format(of_portal="and w.portal_id = p.id")}))
    order by p.id
""")  # noqa: S608 - nothing of it comes from outside
_FAILED = text(_UNTOLD.format(of_portal="and w.portal_id = :portal_id") + " order by w.call_id limit :limit")


class Telling:
    """The questions about one portal."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def sender_of(self, package_id: int) -> int:
        """The user who sent the package on a page; 0 when a workflow did."""
        here = select(Audit.actor).where(Audit.portal_id == self._portal_id, Audit.action == "package_sent")
        here = here.where(Audit.subject == f"package:{package_id}").order_by(Audit.id.desc()).limit(1)
        with self._database.session() as session:
            kind, _, number = (session.scalar(here) or "").partition(":")
        return int(number) if kind == "user" and number.isdecimal() else 0

    def waiting_packages(self, *, before: datetime, after: int = 0, limit: int = 200) -> list[int]:
        """Packages on their way that have stood still since before this moment, after this id."""
        stands_since = func.coalesce(Package.waiting_since, Package.posted_at)
        wanted = select(Package.id).where(Package.portal_id == self._portal_id, Package.id > after)
        wanted = wanted.where(Package.state == "sent", Package.is_final.is_(False), stands_since < before)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Package.id).limit(limit)))

    def closed_boxes(self) -> list[Box]:
        """Boxes that Diadoc closed to us: they are neither read nor sent from until somebody has acted."""
        wanted = select(Box).where(Box.portal_id == self._portal_id, Box.status.in_(CLOSED)).order_by(Box.id)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def untold_failures(self, limit: int = 500) -> list[int]:
        """Calls of the last days whose answer never reached the portal, and of which nobody was told."""
        with self._database.session() as session:
            return list(session.scalars(_FAILED, {"portal_id": self._portal_id, "limit": limit}))

    @contextmanager
    def exclusively(self) -> Iterator[bool]:
        """Whether this process alone reminds the portal meanwhile."""
        key = {"lock": REMINDING_LOCK, "portal": self._portal_id}
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("select pg_try_advisory_lock(:lock, :portal)"), key).scalar():
                yield False
                return
            try:
                yield True
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(:lock, :portal)"), key)


def portals_to_remind(session: Session) -> list[int]:
    """Installed portals where something has been waiting for long or is broken."""
    return list(session.scalars(_PORTALS))
