"""Carries out a remembered call: runs its activity, then answers it, lets it wait, or tries again later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from activities import catalog, crm_ids
from activities.base import Activity, Pending, error_outputs
from activities.context import Context
from activities.languages import language_of
from errors import AppError, InternalError, NotConfigured, ServiceError
from registry.database import is_away
from registry.portal_registry import PortalRegistry
from registry.tables import Call
from worker import effects
from worker.answer import answer
from worker.enqueue import PAGE_LANGUAGE, enqueue
from worker.journal import CallJournal
from worker.running import Running

log = structlog.get_logger()

ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 600.0
BUSY_SECONDS = 2.0  # another process holds the call: it is either working or will be found dead by then


def execute(running: Running, call_id: int) -> None:
    """Run the call unless it has ended. May be entered again after a death at any line."""
    with running.calls.exclusively(call_id) as connection:
        if connection is None:
            come_back(running, call_id, "execute")
            return
        call = running.calls.begin(call_id)
        if call is not None:
            _run(running, call, connection)


def come_back(running: Running, call_id: int, task: str) -> None:
    """Another process holds the call: do this task of it a little later, unless it has ended."""
    call = running.calls.get(call_id)
    if call is not None and call.state in ("new", "running", "waiting"):
        with running.database.session() as session:
            enqueue(session, task, at=datetime.now(UTC) + timedelta(seconds=BUSY_SECONDS), call_id=call_id)


def _run(running: Running, call: Call, connection: Connection) -> None:
    structlog.contextvars.bind_contextvars(call_id=call.id, code=call.code)
    context = context_of(running, call, connection)
    try:
        activity = activity_of(call)
        outcome = activity.run(context, **activity.load_inputs(call.properties))
        if isinstance(outcome, Pending):
            _wait(running, call, outcome)
        else:
            effects.show_first(running, outcome)
            answer(running, call, outcome)
    except AppError as error:
        _failed(running, call, context, error)
    except Exception as error:
        if is_away(error):
            raise  # our own database: the job itself is tried again
        log.exception("activity broke")  # a bug of ours must not hang the customer's workflow
        _failed(running, call, context, InternalError())
    finally:
        structlog.contextvars.clear_contextvars()


def context_of(running: Running, call: Call, connection: Connection) -> Context:
    portal = running.portals.get(call.portal_id)
    language = language_of(str(_asked_by_page(call).get(PAGE_LANGUAGE) or portal.language))
    journal = CallJournal(
        connection,
        call.id,
        language=language,
        event_token=lambda: running.calls.event_token(call) if call.origin == "workflow" else "",
        portal=lambda: running.connections.bitrix24(portal),
    )
    return Context(
        portal=portal,
        language=language,
        operation_id=str(call.id),
        workflow_id=call.workflow_id,
        crm_item=crm_ids.from_document_id(call.workflow_document_id),
        registry=PortalRegistry(running.database, portal.id),
        blobs=running.blobs,
        connections=running.connections,
        journal=journal,
        deadline_at=call.deadline_at,
        user_id=call.user_id if call.origin == "page" else 0,
    )


def _asked_by_page(call: Call) -> dict[str, Any]:
    return call.properties if call.origin == "page" else {}


def activity_of(call: Call) -> Activity:
    """Raises NotConfigured for a code that this version does not have."""
    activity = catalog().get(call.code)
    if activity is None:
        raise NotConfigured(what=call.code)
    return activity


def _wait(running: Running, call: Call, pending: Pending) -> None:
    wait = {
        "wait_for": pending.wait_for,
        "wait_package_id": pending.package_id,
        "wait_document_id": pending.document_id,
        "wait_invitation_id": pending.invitation_id,
        "wait_context": {"deadline_days": pending.deadline_days, "since": pending.since},
    }
    deadline_at = call.received_at + timedelta(days=pending.deadline_days)
    with running.database.session() as session:
        if running.calls.wait(session, call.id, deadline_at=deadline_at, wait=wait):
            # What it waits for may have come between run() and this line, when no poll could have seen it waiting.
            enqueue(session, "settle", call_id=call.id)
    log.info("call waits", wait_for=pending.wait_for, package_id=pending.package_id)


def _failed(running: Running, call: Call, context: Context, error: AppError) -> None:
    pause = _pause(running, call.attempts, error)
    retry_at = datetime.now(UTC) + timedelta(seconds=pause)
    if not error.is_retried or call.attempts >= ATTEMPTS or retry_at >= call.deadline_at:
        log.info("call failed", error_code=error.code, detail=str(error))
        answer(running, call, error_outputs(error, context.language))
        return
    log.info("call postponed", error_code=error.code, detail=str(error), attempt=call.attempts, pause=round(pause, 1))
    with running.database.session() as session:
        if running.calls.postpone(session, call.id, until=retry_at, error=_told(error)):
            enqueue(session, "execute", at=retry_at, priority=-running.calls.ahead_of(session, call), call_id=call.id)
    at = retry_at.strftime("%H:%M:%S UTC")
    context.log(
        ru=f"{error.text('ru')} Попытка {call.attempts} из {ATTEMPTS}, следующая в {at}.",
        en=f"{error.text('en')} Attempt {call.attempts} of {ATTEMPTS}, the next at {at}.",
    )


def _pause(running: Running, attempts: int, error: AppError) -> float:
    asked = error.retry_after if isinstance(error, ServiceError) else None
    own = min(running.config.retry_seconds * 3 ** max(attempts - 1, 0), LONGEST_PAUSE_SECONDS)
    return max(own, asked or 0.0)


def _told(error: AppError) -> dict[str, Any]:
    return {"code": error.code, "text": str(error), "at": datetime.now(UTC).isoformat()}
