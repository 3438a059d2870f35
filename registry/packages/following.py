"""What became of a package that was sent: the docflow of its papers, and what follows for the whole."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select

from registry.packages.finding import Finding
from registry.tables import Document, StateChange


class Following(Finding):
    """States as Diadoc told them, and their history."""

    def now(self) -> datetime:
        """The database's clock, the same for all machines: when Diadoc is being asked."""
        with self._database.session() as session:
            return session.scalars(select(func.clock_timestamp())).one()

    def touched_by(
        self, *, box_pk: int, message_ids: Collection[str], custom_document_ids: Collection[str] = ()
    ) -> list[Document]:
        """Documents sent from this box in these messages, or known to Diadoc by these ids of ours."""
        named = or_(Document.message_id.in_(message_ids), Document.custom_document_id.in_(custom_document_ids))
        with self._database.session() as session:
            return list(session.scalars(self._followed(box_pk).where(named).order_by(Document.id)))

    def to_reconcile(self, *, box_pk: int, final_since: datetime, after: int, limit: int) -> list[Document]:
        """The next documents after this id that may still change: not final, or final since that moment."""
        alive = or_(Document.is_final.is_(False), Document.changed_at >= final_since)
        wanted = self._followed(box_pk).where(alive, Document.id > after).order_by(Document.id).limit(limit)
        with self._database.session() as session:
            return list(session.scalars(wanted))

    def follow_letter(
        self, package_id: int, *, message_id: str, packet_id: str, addresses: dict[int, tuple[str, str]]
    ) -> None:
        """A draft was sent, which made another message of it. addresses: document → its message and entity there."""
        with self._database.session() as session:
            package = self._lock(session, package_id)
            package.message_id, package.packet_id = message_id, packet_id
            for document in session.scalars(select(Document).where(Document.package_id == package_id)):
                if document.id in addresses:
                    document.message_id, document.entity_id = addresses[document.id]

    def keep_state(self, document_id: int, values: dict[str, Any], *, asked_at: datetime | None = None) -> bool:
        """Store what a document's docflow looks like now; True when it changed, then history has a new row.

        asked_at: by `now()`, when Diadoc was asked. Of two who asked at once, the later one's answer stays.
        """
        mine = Document.id == document_id, Document.portal_id == self._portal_id
        with self._database.session() as session:
            package_id = session.scalar(select(Document.package_id).where(*mine))
            if package_id is None:
                return False
            self._lock(session, package_id)  # first, as everybody who changes papers does
            document = session.scalar(select(Document).where(*mine).with_for_update(key_share=True))
            if document is None:
                return False
            asked_at = asked_at or datetime.now(UTC)
            if document.checked_at is not None and document.checked_at > asked_at:
                return False
            before = _state_of(document)
            for name, value in values.items():
                setattr(document, name, value)
            document.checked_at = asked_at
            if _state_of(document) == before:
                return False
            document.changed_at = datetime.now(UTC)
            session.add(StateChange(document_id=document_id, **_state_of(document), at=document.changed_at))
            return True

    def keep_package_state(self, package_id: int, *, docflow_state: str, outcome: str, is_final: bool) -> bool:
        """Store where the whole package stands; True when it changed."""
        values = {"docflow_state": docflow_state, "outcome": outcome, "is_final": is_final}
        with self._database.session() as session:
            package = self._lock(session, package_id)
            if all(getattr(package, name) == value for name, value in values.items()):
                return False
            for name, value in values.items():
                setattr(package, name, value)
            package.changed_at = package.waiting_since = datetime.now(UTC)
            return True

    def sum_up(self, package_id: int, summarize: Callable[[list[Document]], dict[str, Any]]) -> bool:
        """Store what follows for a package from its documents as they are now; True when it changed.

        summarize: documents → docflow_state, outcome, is_final, and packet_id where Diadoc tells one.
        """
        with self._database.session() as session:
            package = self._lock(session, package_id)
            documents = session.scalars(select(Document).where(Document.package_id == package_id).order_by(Document.id))
            values = summarize(list(documents))
            changed = {name for name, value in values.items() if getattr(package, name) != value}
            for name in changed:
                setattr(package, name, values[name])
            if changed - {"packet_id"}:
                package.changed_at = package.waiting_since = datetime.now(UTC)
            return bool(changed)

    def history(self, document_id: int) -> list[StateChange]:
        with self._database.session() as session:
            wanted = select(StateChange).where(StateChange.document_id == document_id).order_by(StateChange.id)
            return list(session.scalars(wanted)) if self.document(document_id) else []


def _state_of(document: Document) -> dict[str, Any]:
    return {
        "docflow_state": document.docflow_state,
        "revocation_state": document.revocation_state,
        "raw_state": document.raw_state,
    }
