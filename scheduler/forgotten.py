"""The net under everything: open calls without a job, answers nobody delivers, waits that are over, a full inbox."""

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from registry.answers import Answers
from registry.calls import Calls
from registry.database import Database
from worker.enqueue_each import enqueue_each

log = structlog.get_logger()


def enqueue_forgotten(database: Database, session: Session, *, age_seconds: float) -> int:
    """Give every such call a new job; jobs repeat harmlessly, so one too many costs nothing."""
    calls = Calls(database)
    without_job = calls.forgotten(older_than=timedelta(seconds=age_seconds))
    if without_job:
        log.warning("calls had no job and get one", calls=without_job[:20], count=len(without_job))
    return (
        enqueue_each(session, "execute", without_job)
        + enqueue_each(session, "deliver", Answers(database).due())
        + enqueue_each(session, "settle", calls.waits_to_look_at())
    )
