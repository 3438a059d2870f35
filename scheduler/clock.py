"""The clock's plan: what is fired how often. Firing only enqueues; the work is done by workers."""

from collections.abc import Callable, Iterator
from datetime import UTC
from functools import partial

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from config import Config
from registry.boxes import Feeds
from registry.database import Database
from scheduler.changes import enqueue_changes
from scheduler.dead_workers import return_jobs_of_dead_workers
from scheduler.deadlines import enqueue_expired
from scheduler.firing import fire
from scheduler.forgotten import enqueue_forgotten
from scheduler.registries import enqueue_portals
from scheduler.reminders import enqueue_reminders
from scheduler.status_poll import enqueue_polls
from worker.enqueue import enqueue
from worker.enqueue_each import enqueue_each
from worker.lanes import EFFECTS, SLOW

log = structlog.get_logger()

DAY = 24 * 3600.0  # slots of the epoch: it begins at three in the morning in Moscow
HOUR = 3600.0
# Asked often, let through once a day: a machine that was off at night makes up for it in the morning.
DAILY_CHECK_SECONDS = 600.0
FORGOTTEN_SECONDS = 30.0
CHANGES_SECONDS = 10.0
REMINDERS_SECONDS = 900.0


def make_scheduler(config: Config, database: Database) -> BlockingScheduler:
    """A scheduler with everything that happens by the clock; jobs live in memory, their slots in the database."""
    scheduler = BlockingScheduler(timezone=UTC)
    for name, trigger, function in _plan(config, database):
        scheduler.add_job(
            _safely(name, function), trigger, id=name, coalesce=True, max_instances=1, misfire_grace_time=30
        )
    return scheduler


def _plan(config: Config, database: Database) -> Iterator[tuple[str, BaseTrigger, Callable[[], object]]]:
    def slotted(name: str, period: float, make_jobs: Callable[[Session], int]) -> Callable[[], object]:
        return partial(fire, database, name, period=period, make_jobs=make_jobs)

    def every(seconds: float) -> IntervalTrigger:
        return IntervalTrigger(seconds=seconds, timezone=UTC)

    poll, check = config.status_poll_seconds, config.deadline_check_seconds
    stalled = config.stalled_seconds
    yield "status_poll", every(poll), slotted("status_poll", poll, partial(enqueue_polls, database))
    yield "deadlines", every(check), slotted("deadlines", check, partial(enqueue_expired, database))
    changes = partial(enqueue_changes, database)
    yield "changes", every(CHANGES_SECONDS), slotted("changes", CHANGES_SECONDS, changes)
    yield "reminders", every(REMINDERS_SECONDS), slotted("reminders", REMINDERS_SECONDS, enqueue_reminders)
    age = max(2 * stalled, FORGOTTEN_SECONDS) if stalled >= 5 else 2 * stalled
    forgotten = partial(enqueue_forgotten, database, age_seconds=age)
    yield "forgotten", every(age), slotted("forgotten", age, forgotten)
    sweep = partial(return_jobs_of_dead_workers, database, stalled_seconds=stalled)
    yield "dead_workers", every(stalled / 3), sweep
    reconciliation = partial(_enqueue_reconciliation, database)
    yield "reconciliation", every(DAILY_CHECK_SECONDS), slotted("reconciliation", DAY, reconciliation)
    for job, lane, period in (("look_through_registries", SLOW, DAY), ("look_for_files", EFFECTS, HOUR)):
        yield job, every(DAILY_CHECK_SECONDS), slotted(job, period, partial(enqueue_portals, database, job, lane))
    for job in ("keep_tokens", "tidy"):
        yield job, every(DAILY_CHECK_SECONDS), slotted(job, DAY, partial(_enqueue_one, job))


def _enqueue_reconciliation(database: Database, session: Session) -> int:
    boxes = [box.id for box in Feeds(database).to_read()]
    return enqueue_each(session, "reconcile", boxes, name="box_pk", queue=SLOW)


def _enqueue_one(job: str, session: Session) -> int:
    enqueue(session, job, queue=SLOW)
    return 1


def _safely(name: str, function: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            function()
        except SQLAlchemyError as error:  # the database is away: the next slot makes up for this one
            log.warning("clock could not fire", job=name, reason=type(error).__name__)

    return run
