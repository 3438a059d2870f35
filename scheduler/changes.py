"""Packages and incoming documents that people have not been shown yet: what was in the way before is tried again."""

from sqlalchemy.orm import Session

from registry.changes import Changes
from registry.database import Database
from registry.incoming import Arrivals
from worker.enqueue_each import enqueue_each
from worker.lanes import EFFECTS, INCOMING


def enqueue_changes(database: Database, session: Session) -> int:
    package_ids = Changes(database).claim_due(session)
    incoming_ids = Arrivals(database).claim_due(session)
    return enqueue_each(session, "show", package_ids, name="package_id", queue=EFFECTS) + enqueue_each(
        session, "take_incoming", incoming_ids, name="incoming_id", queue=INCOMING
    )
