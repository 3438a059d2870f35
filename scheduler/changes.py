"""Packages whose change people have not been shown yet: whatever was in the way before, it is tried again."""

from sqlalchemy.orm import Session

from registry.changes import Changes
from registry.database import Database
from worker.enqueue_each import enqueue_each
from worker.lanes import EFFECTS


def enqueue_changes(database: Database, session: Session) -> int:
    package_ids = Changes(database).claim_due(session)
    return enqueue_each(session, "show", package_ids, name="package_id", queue=EFFECTS)
