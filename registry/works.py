"""Long work that people ask for on pages: asked once, done by the worker, looked at until it has ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.database import Database
from registry.tables import PortalWork

FORGOTTEN = timedelta(minutes=15)  # whoever asks again after that does not wait for a run that nobody ends


class Works:
    """The works of one portal. Names: register, unregister, prepare, check."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def get(self, name: str) -> PortalWork | None:
        with self._database.session() as session:
            return session.get(PortalWork, (self._portal_id, name))

    def ask(self, session: Session, name: str, *, user_id: int) -> int | None:
        """The number of a new run, for the transaction that also makes its job; None while another one is under way."""
        now = datetime.now(UTC)
        first = insert(PortalWork).values(
            portal_id=self._portal_id, name=name, run=1, state="queued", done=0, total=0, result={}, asked_by=user_id
        )
        again = {"state": "queued", "done": 0, "total": 0, "result": {}, "error": None, "asked_by": user_id}
        asked = first.on_conflict_do_update(
            index_elements=["portal_id", "name"],
            set_={**again, "run": PortalWork.run + 1, "asked_at": now, "ended_at": None},
            where=or_(PortalWork.state.in_(["done", "failed"]), PortalWork.asked_at < now - FORGOTTEN),
        )
        return session.scalar(asked.returning(PortalWork.run))

    def goes_on(self, name: str, run: int, *, done: int, total: int) -> None:
        """How far a run is."""
        self._set(name, run, state="running", done=done, total=total)

    def ended(self, name: str, run: int, result: dict[str, Any]) -> None:
        self._set(name, run, state="done", result=result, ended_at=func.now())

    def failed(self, name: str, run: int, error: dict[str, Any]) -> None:
        """error: code, ru, en."""
        self._set(name, run, state="failed", error=error, ended_at=func.now())

    def is_open(self, name: str, run: int) -> bool:
        """Whether this very run is still to be done."""
        wanted = select(PortalWork.run).where(*self._of(name, run), PortalWork.state.in_(["queued", "running"]))
        with self._database.session() as session:
            return session.scalar(wanted) is not None

    def _set(self, name: str, run: int, **values: Any) -> None:
        with self._database.session() as session:
            session.execute(update(PortalWork).where(*self._of(name, run)).values(**values))

    def _of(self, name: str, run: int) -> tuple[Any, ...]:
        return (PortalWork.portal_id == self._portal_id, PortalWork.name == name, PortalWork.run == run)
