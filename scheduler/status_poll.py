"""Every STATUS_POLL_SECONDS: one reading of each box's feed, whatever the number of documents under way."""

from sqlalchemy.orm import Session

from registry.boxes import Feeds
from registry.calls import Calls
from registry.database import Database
from registry.invitations import InvitationItems
from worker.enqueue_each import enqueue_each
from worker.lanes import CLOCK, EFFECTS


def enqueue_polls(database: Database, session: Session) -> int:
    feeds = Feeds(database)
    boxes = [box.id for box in feeds.to_read()]
    items = InvitationItems(database)
    invitations = sorted({*Calls(database).waiting_invitations(), *items.to_ask()})
    return (
        enqueue_each(session, "poll", boxes, name="box_pk", queue=CLOCK)
        + enqueue_each(session, "begin_feed", feeds.to_begin(), name="box_pk", queue=CLOCK)
        + enqueue_each(session, "poll_invitations", invitations, name="box_pk", queue=CLOCK)
        + enqueue_each(session, "tell_invitation", items.to_tell(), name="invitation_id", queue=EFFECTS)
    )
