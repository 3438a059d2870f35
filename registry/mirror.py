"""What we made on a portal for things of ours: registry items, timeline entries, to-dos; each made once."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from registry.database import Database
from registry.tables import CrmMirror, Effect


class Mirror:
    """The things of one kind on one portal. Kinds: documents, packages, incoming, timeline, todo."""

    def __init__(self, database: Database, portal_id: int, kind: str) -> None:
        self._database, self._portal_id, self._kind = database, portal_id, kind

    def get(self, our_id: int) -> CrmMirror | None:
        return next(iter(self.of([our_id]).values()), None)

    def of(self, our_ids: Collection[int]) -> dict[int, CrmMirror]:
        """What is known of these, by our id."""
        wanted = self._mine().where(CrmMirror.our_id.in_(our_ids))
        with self._database.session() as session:
            return {row.our_id: row for row in session.scalars(wanted)}

    def by_their_id(self, their_id: int) -> CrmMirror | None:
        with self._database.session() as session:
            return session.scalar(self._mine().where(CrmMirror.their_id == their_id))

    def intend(self, our_id: int) -> CrmMirror:
        """Before it is made there: after a death, or a lost reply, our mark is looked for first."""
        row = {"portal_id": self._portal_id, "kind": self._kind, "our_id": our_id, "written": {}}
        with self._database.session() as session:
            session.execute(insert(CrmMirror).values(row).on_conflict_do_nothing())
            return session.scalars(self._mine().where(CrmMirror.our_id == our_id)).one()

    def made(self, our_id: int, *, their_id: int, written: dict[str, Any]) -> None:
        """It is there. written: digests by our field names, laid over those that were kept."""
        self._set(our_id, their_id=their_id, written=CrmMirror.written.op("||")(written), written_at=datetime.now(UTC))

    def begin(self, our_id: int, written: dict[str, Any]) -> None:
        """Before something is written there: what is needed to know it again when the answer is lost."""
        self._set(our_id, written=CrmMirror.written.op("||")(written))

    def gone(self, our_id: int) -> None:
        """A person deleted it: it is not made again."""
        self._set(our_id, gone_at=datetime.now(UTC))

    def forget(self, our_id: int) -> None:
        """It is to be made anew, for example in another registry."""
        self._set(our_id, their_id=None, written={}, written_at=None, gone_at=None)

    def _set(self, our_id: int, **values: Any) -> None:
        here = update(CrmMirror).where(
            CrmMirror.portal_id == self._portal_id, CrmMirror.kind == self._kind, CrmMirror.our_id == our_id
        )
        with self._database.session() as session:
            session.execute(here.values(values))

    def _mine(self) -> Any:
        return select(CrmMirror).where(CrmMirror.portal_id == self._portal_id, CrmMirror.kind == self._kind)


class Effects:
    """What happens once for one subject of a portal: package:7, invitation:2."""

    def __init__(self, database: Database, portal_id: int, subject: str) -> None:
        self._database, self._portal_id, self._subject = database, portal_id, subject

    def begin(self, name: str) -> bool:
        """Whether it is still to be done: True until `done`, also after a death in between."""
        row = {"portal_id": self._portal_id, "subject": self._subject, "name": name, "facts": {}}
        with self._database.session() as session:
            session.execute(insert(Effect).values(row).on_conflict_do_nothing())
            found = session.get_one(Effect, (self._portal_id, self._subject, name))
            return found.done_at is None

    def done(self, name: str, **facts: Any) -> None:
        here = update(Effect).where(
            Effect.portal_id == self._portal_id, Effect.subject == self._subject, Effect.name == name
        )
        with self._database.session() as session:
            session.execute(here.values(done_at=datetime.now(UTC), facts=facts))

    def all(self) -> list[Effect]:
        wanted = select(Effect).where(Effect.portal_id == self._portal_id, Effect.subject == self._subject)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Effect.intended_at)))
