"""How a call gets into the queue: its row and its job in one transaction, one round trip."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from registry.database import Database
from registry.keyring import digest

PAGE_LANGUAGE = "page_language"  # among a page's properties: who reads the outcome may not read the portal's language
CALLS, CLOCK = "calls", "clock"  # the second has its own concurrency: polls and deadlines never queue behind calls
EFFECTS = "effects"  # what people are shown: may wait for files, and must not keep calls waiting
PEOPLE = "people"  # what an administrator asked for on a page and looks at until it is done

_JOB = "row(:queue, :task, :priority, null, null, :args, :at)::procrastinate_job_to_defer_v1"
_ENQUEUE = text(f"select procrastinate_defer_jobs_v1(array[{_JOB}])")
_IS_WAITING = (
    "select from procrastinate_jobs where status = 'todo' and task_name = :task and args = cast(:args as jsonb)"
)
_ENQUEUE_ONCE = text(f"{_ENQUEUE} where not exists ({_IS_WAITING})")

# A repeated event token inserts nothing and so makes no job. Fairness: the n-th open call of a portal has priority -n
# (a hundred are counted: beyond them a portal is last in any case).
_REMEMBER = """
with known as (
    insert into call (portal_id, origin, idempotency_key, event_token_sealed, code, workflow_id, workflow_document_id,
                      properties, user_id, wants_answer, state, attempts, received_at, deadline_at, step_limit_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'new', 0, $11, $12, $13)
    on conflict (portal_id, idempotency_key) do nothing
    returning id),
ahead as (
    select count(*) as calls from
        (select from call where portal_id = $1 and state in ('new', 'running') limit 100) as open)
select known.id, procrastinate_defer_jobs_v1(array[row('calls', 'execute', -(ahead.calls)::int, null, null,
    jsonb_build_object('call_id', known.id), null)::procrastinate_job_to_defer_v1])
from known, ahead
"""

_RING = f"""select pg_notify('procrastinate_queue_v1#{CALLS}', '{{"type": "job_inserted", "job_id": 0}}')"""


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """A verified call as it is remembered. event_token: what answers the workflow; times are aware, UTC."""

    portal_id: int
    code: str
    event_token: str = field(repr=False)
    workflow_id: str
    workflow_document_id: list[str]
    properties: dict[str, Any]
    user_id: int
    wants_answer: bool
    received_at: datetime
    deadline_at: datetime
    step_limit_at: datetime | None
    origin: str = "workflow"


def remember(database: Database, call: NewCall) -> int | None:
    """Write the call and its job in one transaction; its id, or None for a repeat. Raises SQLAlchemy's errors.

    Workers are not woken: whoever remembers calls rings once for several of them.
    """
    values = (
        call.portal_id,
        call.origin,
        digest(call.event_token),
        database.keyring.seal(call.event_token),
        call.code,
        call.workflow_id,
        Jsonb(call.workflow_document_id),
        Jsonb(call.properties),
        call.user_id,
        call.wants_answer,
        call.received_at,
        call.deadline_at,
        call.step_limit_at,
    )
    row = database.quick.row(_REMEMBER, values)  # every portal waits for this line
    return row[0] if row else None


def ring(database: Database) -> None:
    """Wake the workers for calls that were remembered; without it they look by themselves once a second."""
    database.quick.row(_RING)


def enqueue(
    connection: Connection | Session,
    task: str,
    *,
    queue: str = CALLS,
    at: datetime | None = None,
    priority: int = 0,
    **args: Any,
) -> None:
    """Add a job to the transaction that `connection` is in."""
    job = {"queue": queue, "task": task, "priority": priority, "args": Jsonb(args), "at": at}
    connection.execute(_ENQUEUE, job)


def enqueue_once(
    connection: Connection | Session, task: str, *, queue: str, at: datetime | None = None, **args: Any
) -> None:
    """As `enqueue`, unless the same job is waiting already: what came now it will see as well."""
    job = {"queue": queue, "task": task, "priority": 0, "args": Jsonb(args), "at": at}
    connection.execute(_ENQUEUE_ONCE, job)
