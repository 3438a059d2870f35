"""Jobs that the clock makes again and again: one an id, however long nobody has worked."""

from collections.abc import Collection

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from worker.enqueue import CALLS

_EACH = text("""
with missing as (
    select wanted.id from unnest(cast(:ids as bigint[])) with ordinality as wanted (id, place)
    where wanted.id not in (
        select (j.args->>:name)::bigint from procrastinate_jobs j
        where j.task_name = :task and j.status = 'todo' and j.args ? :name)
    order by wanted.place)
select procrastinate_defer_jobs_v1(array_agg(row(:queue, :task, 0, null, null, jsonb_build_object(:name, missing.id),
    null)::procrastinate_job_to_defer_v1)) from missing having count(*) > 0
""")


def enqueue_each(
    connection: Connection | Session, task: str, ids: Collection[int], *, name: str = "call_id", queue: str = CALLS
) -> int:
    """A job for each of these that has none in the queue; how many. name: the argument that carries the id.

    A job that is being done does not count: it may have begun before what this one is for.
    """
    asked = {"ids": list(ids), "name": name, "task": task, "queue": queue}
    made = connection.execute(_EACH, asked).scalar()
    return len(made or ())
