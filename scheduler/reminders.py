"""Portals where something has been waiting for long, or is broken and nobody was told of it."""

from sqlalchemy.orm import Session

from registry.telling import portals_to_remind
from worker.enqueue_each import enqueue_each
from worker.lanes import EFFECTS


def enqueue_reminders(session: Session) -> int:
    return enqueue_each(session, "remind", portals_to_remind(session), name="portal_id", queue=EFFECTS)
