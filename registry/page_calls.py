"""Calls that people made on our pages: found again by what the page sent with them."""

from sqlalchemy import select

from registry.database import Database
from registry.keyring import digest
from registry.tables import Answer, Call


def call_of(database: Database, portal_id: int, event_token: str) -> Call | None:
    """The call that was remembered with this token."""
    wanted = select(Call).where(Call.portal_id == portal_id, Call.idempotency_key == digest(event_token))
    with database.session() as session:
        return session.scalar(wanted)


def call_and_answer(database: Database, portal_id: int, call_id: int) -> tuple[Call, Answer | None] | None:
    """A call of this portal and what it was answered, None while it was not."""
    wanted = select(Call, Answer).outerjoin(Answer, Answer.call_id == Call.id)
    with database.session() as session:
        row = session.execute(wanted.where(Call.id == call_id, Call.portal_id == portal_id)).first()
    return (row[0], row[1]) if row else None
