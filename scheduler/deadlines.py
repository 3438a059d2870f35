"""Calls whose time is over are answered `timeout`."""

from sqlalchemy.orm import Session

from registry.calls import Calls
from registry.database import Database
from worker.enqueue_each import enqueue_each
from worker.lanes import DEADLINES


def enqueue_expired(database: Database, session: Session) -> int:
    return enqueue_each(session, "expire", Calls(database).past_deadline(), queue=DEADLINES)
