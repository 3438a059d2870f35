"""The net under everything: open calls without a job, answers nobody delivers, waits that are over, a full inbox."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from registry.answers import Answers
from registry.calls import Calls
from registry.database import Database
from worker.enqueue import enqueue

log = structlog.get_logger()


def enqueue_forgotten(database: Database, session: Session, *, age_seconds: float) -> int:
    """Give every such call a new job; jobs repeat harmlessly, so one too many costs nothing."""
    calls = Calls(database)
    without_job = calls.forgotten(older_than=timedelta(seconds=age_seconds))
    undelivered = Answers(database).due()
    over = calls.waits_to_look_at()
    for call_id in without_job:
        enqueue(session, "execute", call_id=call_id)
    for call_id in undelivered:
        enqueue(session, "deliver", call_id=call_id)
    for call_id in over:
        enqueue(session, "settle", call_id=call_id)
    if without_job:
        log.warning("calls had no job and got one", calls=without_job[:20], count=len(without_job))
    return len(without_job) + len(undelivered) + len(over)
