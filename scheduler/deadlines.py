"""Calls whose time is over are answered `timeout`."""

from sqlalchemy.orm import Session

from registry.calls import Calls
from registry.database import Database
from worker.enqueue import CLOCK, enqueue


def enqueue_expired(database: Database, session: Session) -> int:
    late = Calls(database).past_deadline()
    for call_id in late:
        enqueue(session, "expire", queue=CLOCK, call_id=call_id)
    return len(late)
