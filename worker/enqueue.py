"""How a call gets into the queue: its row and its job in one transaction, one round trip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from registry.database import Database
from registry.keyring import digest

CALLS, CLOCK = "calls", "clock"  # the second has its own concurrency: polls and deadlines never queue behind calls

_JOB = "row(:queue, :task, :priority, null, null, :args, :at)::procrastinate_job_to_defer_v1"
_ENQUEUE = text(f"select procrastinate_defer_jobs_v1(array[{_JOB}])")

# A repeated event token inserts nothing and so makes no job. Fairness: the n-th open call of a portal has priority -n.
_REMEMBER = text("""
with known as (
    insert into call (portal_id, origin, idempotency_key, event_token_sealed, code, workflow_id, workflow_document_id,
                      properties, user_id, wants_answer, state, attempts, received_at, deadline_at, step_limit_at)
    values (:portal_id, :origin, :idempotency_key, :event_token_sealed, :code, :workflow_id, :workflow_document_id,
            :properties, :user_id, :wants_answer, 'new', 0, :received_at, :deadline_at, :step_limit_at)
    on conflict (portal_id, idempotency_key) do nothing
    returning id),
ahead as (
    select count(*) as calls from
        (select from call where portal_id = :portal_id and state in ('new', 'running') limit 1000) as open)
select known.id, procrastinate_defer_jobs_v1(array[row('calls', 'execute', -(ahead.calls)::int, null, null,
    jsonb_build_object('call_id', known.id), null)::procrastinate_job_to_defer_v1])
from known, ahead
""")


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """A verified call as it is remembered. event_token: what answers the workflow; times are aware, UTC."""

    portal_id: int
    code: str
    event_token: str
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
    """Write the call and its job in one transaction; its id, or None for a repeat. Raises SQLAlchemy's errors."""
    values = {
        "portal_id": call.portal_id,
        "origin": call.origin,
        "idempotency_key": digest(call.event_token),
        "event_token_sealed": database.keyring.seal(call.event_token),
        "code": call.code,
        "workflow_id": call.workflow_id,
        "workflow_document_id": Jsonb(call.workflow_document_id),
        "properties": Jsonb(call.properties),
        "user_id": call.user_id,
        "wants_answer": call.wants_answer,
        "received_at": call.received_at,
        "deadline_at": call.deadline_at,
        "step_limit_at": call.step_limit_at,
    }
    with database.autocommit() as connection:
        row = connection.execute(_REMEMBER, values).first()
    return row[0] if row else None


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
