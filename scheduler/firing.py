"""One firing a slot for all schedulers together: whoever writes the tick also makes the jobs, in one transaction."""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.database import Database

_TICK = text("""
insert into tick (job, slot) values (:job, floor(extract(epoch from clock_timestamp()) / :period))
on conflict do nothing returning slot
""")


def fire(database: Database, job: str, *, period: float, make_jobs: Callable[[Session], int]) -> int | None:
    """How many jobs were made; None when another scheduler had this slot. period: seconds of the database's clock."""
    with database.session() as session:
        if session.execute(_TICK, {"job": job, "period": period}).first() is None:
            return None
        return make_jobs(session)
