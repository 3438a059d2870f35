"""Lists of one portal's packages, documents and calls by pages, the newest first; each page goes on below an id."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from registry.database import Database
from registry.tables import Answer, Call, Document, Package, StateChange


class Lists:
    """below: only ids smaller than this, None = from the newest on. Filters that are None, "" or not given ask for
    nothing in particular. Another portal's rows are as absent as ones that never were."""

    def __init__(self, database: Database, portal_id: int) -> None:
        self._database, self._portal_id = database, portal_id

    def packages(
        self,
        *,
        limit: int,
        below: int | None = None,
        inn: str = "",
        changed_since: datetime | None = None,
        **equal: Any,
    ) -> list[Package]:
        """equal: state, docflow_state, outcome, is_final, crm_item, box_pk."""
        asked = [*_equal(Package, equal), *_since(Package.changed_at, changed_since)]
        if inn:
            asked.append(Package.counteragent["inn"].astext == inn)
        return self._page(select(Package), Package, asked, below, limit)

    def documents(
        self,
        *,
        limit: int,
        below: int | None = None,
        inn: str = "",
        box_pk: int | None = None,
        changed_since: datetime | None = None,
        **equal: Any,
    ) -> list[Document]:
        """equal: package_id, crm_item, document_type, docflow_state, is_final, number."""
        asked = [*_equal(Document, equal), *_since(Document.changed_at, changed_since)]
        wanted = select(Document)
        if inn or box_pk is not None:
            wanted = wanted.join(Package, Package.id == Document.package_id)
        if inn:
            asked.append(Package.counteragent["inn"].astext == inn)
        if box_pk is not None:
            asked.append(Package.box_pk == box_pk)
        return self._page(wanted, Document, asked, below, limit)

    def calls(
        self, *, limit: int, below: int | None = None, received_since: datetime | None = None, **equal: Any
    ) -> list[Call]:
        """equal: state, code, origin, user_id."""
        asked = [*_equal(Call, equal), *_since(Call.received_at, received_since)]
        return self._page(select(Call), Call, asked, below, limit)

    def call(self, call_id: int) -> tuple[Call, Answer | None] | None:
        """A call and what it was answered, None while it was not."""
        wanted = select(Call, Answer).outerjoin(Answer, Answer.call_id == Call.id)
        with self._database.session() as session:
            row = session.execute(wanted.where(Call.id == call_id, Call.portal_id == self._portal_id)).first()
        return (row[0], row[1]) if row else None

    def call_by_key(self, idempotency_key: str) -> Call | None:
        wanted = select(Call).where(Call.portal_id == self._portal_id, Call.idempotency_key == idempotency_key)
        with self._database.session() as session:
            return session.scalar(wanted)

    def history(self, document_id: int) -> list[StateChange]:
        """What became of a document, the oldest first."""
        wanted = select(StateChange).join(Document, Document.id == StateChange.document_id)
        wanted = wanted.where(Document.id == document_id, Document.portal_id == self._portal_id)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(StateChange.id)))

    def _page(
        self, wanted: Select[Any], table: Any, asked: Iterable[ColumnElement[bool]], below: int | None, limit: int
    ) -> list[Any]:
        wanted = wanted.where(table.portal_id == self._portal_id, *asked)
        if below is not None:
            wanted = wanted.where(table.id < below)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(table.id.desc()).limit(limit)))


def _equal(table: Any, values: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [getattr(table, name) == value for name, value in values.items() if value not in (None, "")]


def _since(column: Any, moment: datetime | None) -> list[ColumnElement[bool]]:
    return [] if moment is None else [column >= moment]
