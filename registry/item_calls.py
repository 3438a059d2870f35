"""Calls about one CRM item: what people asked for on its pages and is still going on, and how sendings ended."""

from sqlalchemy import select

from registry.calls import OPEN
from registry.database import Database
from registry.tables import Answer, Call

SENDINGS_LIMIT = 20


def under_way(database: Database, portal_id: int, workflow_document_id: list[str]) -> list[Call]:
    """Calls of pages that have not ended and wait for nothing, oldest first."""
    wanted = select(Call).where(Call.portal_id == portal_id, Call.workflow_document_id == workflow_document_id)
    wanted = wanted.where(Call.origin == "page", Call.state.in_(OPEN), Call.state != "waiting")
    with database.session() as session:
        return list(session.scalars(wanted.order_by(Call.id)))


def last_answers(
    database: Database, portal_id: int, workflow_document_id: list[str], *, code: str
) -> list[tuple[Call, Answer]]:
    """The latest calls of an activity that have ended, with what they were answered, newest first."""
    wanted = select(Call, Answer).join(Answer, Answer.call_id == Call.id).where(Call.portal_id == portal_id)
    wanted = wanted.where(Call.workflow_document_id == workflow_document_id, Call.code == code)
    with database.session() as session:
        rows = session.execute(wanted.order_by(Call.id.desc()).limit(SENDINGS_LIMIT))
        return [(row[0], row[1]) for row in rows]
