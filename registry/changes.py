"""Packages whose change people have not been shown yet; database triggers note them, see migration 0004."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from registry.database import Database
from registry.tables import PackageChange, Portal

EFFECTS_LOCK = 12  # of PostgreSQL's advisory locks; calls have 7, packages 8, boxes 9-11
CLAIM = timedelta(minutes=1)  # a job that is lost with its worker is made again after that


class Changes:
    """What is still to be shown, of all portals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, package_id: int) -> PackageChange | None:
        with self._database.session() as session:
            return session.get(PackageChange, package_id)

    def claim_due(self, session: Session, limit: int = 500) -> list[int]:
        """Packages of installed portals whose time has come; whoever takes them has CLAIM to make a job of each."""
        due = select(PackageChange.package_id).join(Portal, Portal.id == PackageChange.portal_id)
        due = due.where(Portal.status == "installed", PackageChange.next_attempt_at <= func.now())
        due = (
            due.order_by(PackageChange.next_attempt_at).limit(limit).with_for_update(of=PackageChange, skip_locked=True)
        )
        taken = update(PackageChange).where(PackageChange.package_id.in_(due))
        taken = taken.values(next_attempt_at=func.now() + CLAIM).returning(PackageChange.package_id)
        return sorted(session.scalars(taken, execution_options={"synchronize_session": False}))

    def shown(self, package_id: int, *, version: int) -> bool:
        """People see this version; False when it has changed again meanwhile."""
        done = delete(PackageChange).where(PackageChange.package_id == package_id, PackageChange.version == version)
        with self._database.session() as session:
            return session.execute(done.returning(PackageChange.package_id)).first() is not None

    def postpone(self, package_id: int, *, pause: timedelta, trouble: str) -> None:
        later = update(PackageChange).where(PackageChange.package_id == package_id)
        values = {"attempts": PackageChange.attempts + 1, "next_attempt_at": datetime.now(UTC) + pause}
        with self._database.session() as session:
            session.execute(later.values(**values, trouble=trouble))

    def note(self, package_id: int, *, portal_id: int) -> None:
        """Show this package again, though nothing of it has changed."""
        self._note("select b24edo_note_package(:id, :portal)", id=package_id, portal=portal_id)

    def note_all(self, portal_id: int) -> None:
        """Show everything of a portal again: its registries in the CRM are new."""
        self._note("select b24edo_note_package(id, portal_id) from package where portal_id = :portal", portal=portal_id)

    def _note(self, statement: str, **values: int) -> None:
        with self._database.session() as session:
            session.execute(text(statement), values)

    @contextmanager
    def exclusively(self, package_id: int) -> Iterator[bool]:
        """Whether this process alone shows the package meanwhile."""
        key = {"lock": EFFECTS_LOCK, "package": package_id}
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("select pg_try_advisory_lock(:lock, :package)"), key).scalar():
                yield False
                return
            try:
                yield True
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(:lock, :package)"), key)
