"""Returns the jobs of workers that stopped breathing; runs here, so that it works when every worker is dead."""

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from registry.database import Database

log = structlog.get_logger()

LOCK = 0x737765  # one sweep at a time, whichever scheduler does it

_STALLED = text("""
select j.id from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id
where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => :seconds))
order by j.id
""")
_AGAIN = text("select procrastinate_retry_job_v2(:job, now(), null, null, null)")
_BURY = text("delete from procrastinate_workers where last_heartbeat < now() - make_interval(secs => :seconds)")


def return_jobs_of_dead_workers(database: Database, *, stalled_seconds: float) -> int:
    """Put the jobs of stalled workers back into the queue; how many. Leaves at once when another one sweeps."""
    with database.autocommit() as connection:
        if not connection.execute(text("select pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar():
            return 0
        try:
            stalled = connection.scalars(_STALLED, {"seconds": stalled_seconds}).all()
            returned = sum(_retry(connection, job) for job in stalled)
            connection.execute(_BURY, {"seconds": max(stalled_seconds * 4, 60)})
        finally:
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
    if returned:
        log.warning("jobs of dead workers returned", count=returned)
    return returned


def _retry(connection: Connection, job: int) -> bool:
    try:
        connection.execute(_AGAIN, {"job": job})
    except DBAPIError as error:  # it ended after all, or somebody else was faster: the others must not suffer
        log.info("job not returned", job=job, reason=str(error.orig))
        return False
    return True
