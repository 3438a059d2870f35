"""Every STATUS_POLL_SECONDS: one reading of each box's feed, whatever the number of documents under way."""

from sqlalchemy.orm import Session

from registry.boxes import Feeds
from registry.calls import Calls
from registry.database import Database
from worker.enqueue import CLOCK, enqueue


def enqueue_polls(database: Database, session: Session) -> int:
    boxes = Feeds(database).to_read()
    invitations = Calls(database).waiting_invitations()
    for box in boxes:
        enqueue(session, "poll", queue=CLOCK, box_pk=box.id)
    for box_pk in invitations:
        enqueue(session, "poll_invitations", queue=CLOCK, box_pk=box_pk)
    return len(boxes) + len(invitations)
