"""Calls, their steps and their answers: the truth that the queue only points at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from registry.database import Database
from registry.tables import Answer, Call, Portal, Step

OPEN = ("new", "running", "waiting")
REINSTALLED_WITHIN = timedelta(hours=1)  # who removes us in order to install us again loses no waiting call


class Calls:
    """All calls of all portals, for the worker and the scheduler."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, call_id: int) -> Call | None:
        with self._database.session() as session:
            return session.get(Call, call_id)

    def latest(
        self, *, portal_id: int | None = None, state: str | None = None, code: str | None = None, limit: int
    ) -> list[Call]:
        """The newest calls first, of one portal, state or activity where one is named."""
        named = {"portal_id": portal_id, "state": state, "code": code}
        wanted = select(Call).filter_by(**{name: value for name, value in named.items() if value is not None})
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Call.id.desc()).limit(limit)))

    def event_token(self, call: Call) -> str:
        return self._database.keyring.open(call.event_token_sealed)

    @contextmanager
    def exclusively(self, call_id: int) -> Iterator[Connection | None]:
        """A connection that holds the call's lock, or None when another process has it.

        The journal is written over this very connection: whoever lost it lost the right to write.
        """
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            lock = {"call": call_id}
            if not connection.execute(text("select pg_try_advisory_lock(7, :call)"), lock).scalar():
                yield None
                return
            try:
                yield connection
            finally:
                if not connection.invalidated and not connection.closed:
                    connection.execute(text("select pg_advisory_unlock(7, :call)"), lock)

    def begin(self, call_id: int) -> Call | None:
        """Mark an open call as running; None when it has ended, only waits, or its time is over."""
        begun = (
            update(Call)
            .where(Call.id == call_id, Call.state.in_(["new", "running"]), Call.deadline_at > func.now())
            .values(
                state="running",
                attempts=Call.attempts + 1,
                started_at=func.coalesce(Call.started_at, func.now()),
                next_attempt_at=None,
            )
            .returning(Call)
        )
        with self._database.session() as session:
            return session.scalar(begun)

    def ahead_of(self, session: Session, call: Call) -> int:
        """How many older calls of its portal are open; counted to 300, as when a call is remembered."""
        older = select(Call.id).where(
            Call.portal_id == call.portal_id, Call.state.in_(["new", "running"]), Call.id < call.id
        )
        return session.scalar(select(func.count()).select_from(older.limit(300).subquery())) or 0

    def postpone(self, session: Session, call_id: int, *, until: datetime, error: dict[str, Any]) -> bool:
        """A temporary failure: the call stays open and is tried again; False when it has ended meanwhile."""
        later = update(Call).where(Call.id == call_id, Call.state.in_(["new", "running"]))
        later = later.values(state="new", next_attempt_at=until, last_error=error)
        return session.execute(later.returning(Call.id)).first() is not None

    def wait(self, session: Session, call_id: int, *, deadline_at: datetime, wait: dict[str, Any]) -> bool:
        """The call now waits for a docflow and holds no worker."""
        waiting = update(Call).where(Call.id == call_id, Call.state == "running")
        waiting = waiting.values(state="waiting", deadline_at=func.least(Call.deadline_at, deadline_at), **wait)
        return session.execute(waiting.returning(Call.id)).first() is not None

    def claim_answer(self, session: Session, call: Call, *, values: dict[str, Any], log_message: str) -> bool:
        """Decide what the call is answered; exactly one caller gets True, whatever the others wanted to say."""
        ended = "answering" if call.wants_answer else "closed"
        closed = update(Call).where(Call.id == call.id, Call.state.in_(OPEN))
        times = {"ended_at": None if call.wants_answer else datetime.now(UTC)}
        if session.execute(closed.values(state=ended, **times).returning(Call.id)).first() is None:
            return False
        answer = Answer(
            call_id=call.id,
            portal_id=call.portal_id,
            values=values,
            log_message=log_message,
            state="open" if call.wants_answer else "closed",
        )
        session.add(answer)
        session.flush()
        return True

    def waiting_for(self, *, package_ids: list[int] = (), invitation_ids: list[int] = ()) -> list[int]:  # type: ignore[assignment]
        """Ids of the calls that wait for one of these."""
        about = or_(Call.wait_package_id.in_(package_ids), Call.wait_invitation_id.in_(invitation_ids))
        with self._database.session() as session:
            return list(session.scalars(select(Call.id).where(Call.state == "waiting", about).order_by(Call.id)))

    def waiting_invitations(self) -> dict[int, list[int]]:
        """box → invitations that somebody waits for."""
        rows = text("""
            select distinct i.box_pk, i.id from call c join invitation i on i.id = c.wait_invitation_id
            where c.state = 'waiting' order by 1, 2""")
        found: dict[int, list[int]] = {}
        with self._database.session() as session:
            for box_pk, invitation_id in session.execute(rows):
                found.setdefault(box_pk, []).append(invitation_id)
        return found

    def past_deadline(self, limit: int = 500) -> list[int]:
        """Open calls whose time is over, and those of portals that have removed us for good: nobody will wait."""
        removed = select(Portal.id).where(Portal.status == "uninstalled")
        removed = removed.where(Portal.changed_at <= func.now() - REINSTALLED_WITHIN)
        with self._database.session() as session:
            gone = list(session.scalars(removed))
            is_late = Call.deadline_at <= func.now()
            wanted = select(Call.id).where(
                Call.state.in_(OPEN), or_(is_late, Call.portal_id.in_(gone)) if gone else is_late
            )
            return list(session.scalars(wanted.order_by(Call.deadline_at).limit(limit)))

    def waits_to_look_at(self, limit: int = 500) -> list[int]:
        """Waiting calls whose package or invitation moved after they began to wait, in case a poll could not tell."""
        rows = text("""
            select c.id from call c
            left join package p on p.id = c.wait_package_id left join invitation i on i.id = c.wait_invitation_id
            where c.state = 'waiting' and ((p.is_final and c.wait_for <> 'revocation') or p.state = 'deleted'
              or i.status <> 'invited_by_us' or (c.wait_for <> 'outcome' and p.changed_at > now() - interval '1 day'))
            order by random() limit :limit""")  # none of many is passed over for ever
        with self._database.session() as session:
            return list(session.scalars(rows, {"limit": limit}))

    def forgotten(self, *, older_than: timedelta, limit: int = 500) -> list[int]:
        """Open calls that should be running, have no job in the queue and are held by no process.

        A job that counts as being done is no sign of life: its worker may have been unable to record how it ended.
        """
        rows = text("""
            select c.id from call c
            where c.state in ('new', 'running') and coalesce(c.next_attempt_at, c.received_at) < now() - :age
              and not exists (
                select from procrastinate_jobs j
                where j.status = 'todo' and j.task_name = 'execute' and (j.args->>'call_id')::bigint = c.id)
              and not exists (
                select from pg_locks l join pg_database d on d.oid = l.database
                where l.locktype = 'advisory' and d.datname = current_database()
                  and l.classid = 7 and l.objid = c.id and l.objsubid = 2)
            order by c.id limit :limit""")
        with self._database.session() as session:
            return list(session.scalars(rows, {"age": older_than, "limit": limit}))


class Journal:
    """The steps of one call, written over the connection that holds the call's lock."""

    def __init__(self, connection: Connection, call_id: int) -> None:
        self._connection, self._call_id = connection, call_id

    def intend(self, name: str) -> Step | None:
        """Record that a step is about to be done; the step as it stood before, None the first time."""
        before = self._connection.execute(
            select(Step.__table__).where(Step.call_id == self._call_id, Step.name == name)
        ).first()
        intended = insert(Step).values(call_id=self._call_id, name=name, attempts=1)
        again = {"attempts": Step.attempts + 1, "intended_at": func.now()}
        self._connection.execute(
            intended.on_conflict_do_update(index_elements=["call_id", "name"], set_=again, where=Step.done_at.is_(None))
        )
        return before  # type: ignore[return-value]

    def done(self, name: str, result: Any) -> None:
        finished = update(Step).where(Step.call_id == self._call_id, Step.name == name)
        self._connection.execute(finished.values(done_at=func.now(), result={"value": result}))


def steps_of(database: Database, call_id: int) -> list[Step]:
    with database.session() as session:
        return list(session.scalars(select(Step).where(Step.call_id == call_id).order_by(Step.intended_at)))
