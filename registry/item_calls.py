"""Calls about one CRM item: what people asked for on its pages and is still going on."""

from sqlalchemy import select

from registry.calls import OPEN
from registry.database import Database
from registry.tables import Call


def under_way(database: Database, portal_id: int, workflow_document_id: list[str]) -> list[Call]:
    """Calls of pages that have not ended and wait for nothing, oldest first."""
    wanted = select(Call).where(Call.portal_id == portal_id, Call.workflow_document_id == workflow_document_id)
    wanted = wanted.where(Call.origin == "page", Call.state.in_(OPEN), Call.state != "waiting")
    with database.session() as session:
        return list(session.scalars(wanted.order_by(Call.id)))
