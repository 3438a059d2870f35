"""Portals with registries in their CRM: what is looked after there by the clock."""

from sqlalchemy.orm import Session

from registry.crm_registries import portals_with_registries
from registry.database import Database
from worker.enqueue_each import enqueue_each


def enqueue_portals(database: Database, job: str, lane: str, session: Session) -> int:
    """One job for each of them."""
    return enqueue_each(session, job, portals_with_registries(database), name="portal_id", queue=lane)
