"""Documents that counteragents sent to our boxes: noted when the feed brings them, shown to people after that."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.crm_registries import DOCUMENTS
from registry.database import Database
from registry.tables import CrmRegistry, IncomingDocument, Portal

INCOMING_JOB_LOCK = 15  # of PostgreSQL's advisory locks; the registries in the CRM have 13 and 14
UNSEEN_FOR = timedelta(seconds=10)  # a registry may be there for so long before others see it
CLAIM = timedelta(minutes=5)  # a job that is lost with its worker is made again after that
WAITING = "waiting_for_our_signature"
_BLANK: dict[str, Any] = {
    "counteragent": {},
    "document_type": "",
    "number": "",
    "date": "",
    "requisites": {},
    "file_name": "",
    "file_size": 0,
    "sha256": "",
    "blob": "",
    "docflow_state": "delivered",
    "needs_reply": False,
    "remarks": [],
    "company_id": 0,
    "attempts": 0,
}


class Incoming:
    """The documents of one portal; another portal's are as absent as ones that never came."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def get(self, incoming_id: int) -> IncomingDocument | None:
        with self._database.session() as session:
            return session.scalar(self._mine().where(IncomingDocument.id == incoming_id))

    def came_with(self, document: IncomingDocument) -> list[IncomingDocument]:
        """What the same message brought at the same moment, in the order it was noted; the document among it."""
        same = self._mine().where(
            IncomingDocument.box_pk == document.box_pk,
            IncomingDocument.message_id == document.message_id,
            IncomingDocument.received_at == document.received_at,
        )
        with self._database.session() as session:
            return list(session.scalars(same.order_by(IncomingDocument.id)))

    def learn(self, incoming_id: int, **values: Any) -> None:
        """Keep what was found out beside the docflow: the file, who sent it, whose company that is."""
        here = update(IncomingDocument).where(
            IncomingDocument.id == incoming_id, IncomingDocument.portal_id == self._portal_id
        )
        with self._database.session() as session:
            session.execute(here.values(**values))

    def _mine(self) -> Select[Any]:
        return select(IncomingDocument).where(IncomingDocument.portal_id == self._portal_id)


class Arrivals:
    """The documents of all portals, for those who read feeds and for the clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, incoming_id: int) -> IncomingDocument | None:
        with self._database.session() as session:
            return session.get(IncomingDocument, incoming_id)

    def of_messages(self, box_pk: int, message_ids: Collection[str]) -> list[IncomingDocument]:
        wanted = select(IncomingDocument).where(
            IncomingDocument.box_pk == box_pk, IncomingDocument.message_id.in_(message_ids)
        )
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(IncomingDocument.id)))

    def to_reconcile(self, *, box_pk: int, since: datetime, after: int, limit: int) -> list[IncomingDocument]:
        """The next documents after this id that may still change: we have to sign them, or they changed since then."""
        alive = or_(IncomingDocument.docflow_state == WAITING, IncomingDocument.changed_at >= since)
        wanted = select(IncomingDocument).where(IncomingDocument.box_pk == box_pk, alive, IncomingDocument.id > after)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(IncomingDocument.id).limit(limit)))

    def note(self, session: Session, rows: Iterable[dict[str, Any]]) -> list[int]:
        """Write new documents in this transaction; the ids of those that were not known. rows: values by column."""
        given = [{**_BLANK, "received_at": func.now(), "changed_at": func.now(), **row} for row in rows]
        if not given:
            return []
        noted = insert(IncomingDocument).values(given).on_conflict_do_nothing().returning(IncomingDocument.id)
        return sorted(session.scalars(noted))

    def change(self, session: Session, incoming_id: int, values: dict[str, Any], *, asked_at: datetime) -> bool:
        """Store where a docflow stands as Diadoc told it when asked at that moment (of our database's clock), and show
        it again; False when nothing is new, or somebody asked later."""
        differs = or_(*(getattr(IncomingDocument, name).is_distinct_from(value) for name, value in values.items()))
        here = update(IncomingDocument).where(
            IncomingDocument.id == incoming_id, IncomingDocument.changed_at <= asked_at, differs
        )
        again = {"shown_at": None, "attempts": 0, "next_attempt_at": func.now(), "changed_at": func.clock_timestamp()}
        done = here.values(**values, **again).returning(IncomingDocument.id)
        return session.execute(done, execution_options={"synchronize_session": False}).first() is not None

    def is_to_be_shown(self, incoming_id: int) -> bool:
        """Is there something that people have not seen, or a registry in the CRM that is newer than what they saw?"""
        with self._database.session() as session:
            return session.scalar(self._unseen().where(IncomingDocument.id == incoming_id)) is not None

    def now(self) -> datetime:
        """The database's clock, the same for all machines."""
        with self._database.session() as session:
            return session.scalars(select(func.clock_timestamp())).one()

    def shown(self, incoming_id: int, *, changed_at: datetime, at: datetime) -> bool:
        """People see the document as it was at this change; False when it has changed again meanwhile.

        at: when showing it began, by `now()`. A registry that was prepared after that has not got it yet.
        """
        here = update(IncomingDocument).where(
            IncomingDocument.id == incoming_id, IncomingDocument.changed_at == changed_at
        )
        done = here.values(shown_at=at, next_attempt_at=func.now()).returning(IncomingDocument.id)
        with self._database.session() as session:
            return session.execute(done).first() is not None

    def postpone(self, incoming_id: int, *, pause: timedelta) -> None:
        later = update(IncomingDocument).where(IncomingDocument.id == incoming_id)
        values = {"attempts": IncomingDocument.attempts + 1, "next_attempt_at": func.now() + pause}
        with self._database.session() as session:
            session.execute(later.values(**values))

    def claim_due(self, session: Session, limit: int = 500) -> list[int]:
        """Documents of installed portals whose time has come; whoever takes them has CLAIM to make a job of each."""
        due = self._unseen().where(Portal.status == "installed", IncomingDocument.next_attempt_at <= func.now())
        due = due.order_by(IncomingDocument.id).limit(limit).with_for_update(of=IncomingDocument, skip_locked=True)
        taken = update(IncomingDocument).where(IncomingDocument.id.in_(due))
        taken = taken.values(next_attempt_at=func.now() + CLAIM).returning(IncomingDocument.id)
        return sorted(session.scalars(taken, execution_options={"synchronize_session": False}))

    @contextmanager
    def exclusively(self, incoming_id: int) -> Iterator[bool]:
        """Whether this process alone shows the document meanwhile."""
        key = {"lock": INCOMING_JOB_LOCK, "document": incoming_id}
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(text("select pg_try_advisory_lock(:lock, :document)"), key).scalar():
                yield False
                return
            try:
                yield True
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(:lock, :document)"), key)

    @staticmethod
    def _unseen() -> Select[Any]:
        new = select(IncomingDocument.id).where(IncomingDocument.shown_at.is_(None))
        place = and_(CrmRegistry.portal_id == IncomingDocument.portal_id, CrmRegistry.kind == DOCUMENTS)
        older = select(IncomingDocument.id).join(CrmRegistry, place)
        older = older.where(IncomingDocument.shown_at < CrmRegistry.prepared_at + UNSEEN_FOR)
        wanted = select(IncomingDocument.id).join(Portal, Portal.id == IncomingDocument.portal_id)
        return wanted.where(IncomingDocument.id.in_(new.union_all(older)))
