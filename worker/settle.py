"""Ends waiting: finishes calls whose outcome has come, and answers those whose time is over."""

from datetime import UTC
from typing import Any

import structlog
from sqlalchemy import Connection

from activities.base import Activity, Pending, error_outputs
from activities.waits import is_over
from errors import AppError, TimeIsUp
from registry.tables import Call
from worker.answer import answer
from worker.execute import activity_of, context_of
from worker.running import Running

log = structlog.get_logger()


def settle(running: Running, call_id: int) -> None:
    """Finish the call if what it waits for has come; otherwise it goes on waiting. Raises temporary errors."""
    call = running.calls.get(call_id)
    if call is None or call.state != "waiting":
        return
    with running.calls.exclusively(call_id) as connection:
        if connection is None:
            return  # another process is finishing it
        context = context_of(running, call, connection)
        if is_over(context.registry, pending_of(call)):
            answer(running, call, _finished(running, call, connection))


def expire(running: Running, call_id: int) -> None:
    """Answer `timeout` with what is known now; never later than the deadline, whatever else fails."""
    call = running.calls.get(call_id)
    if call is None or call.state not in ("new", "running", "waiting"):
        return
    with running.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        answer(running, call, {**_known(running, call, connection), **_time_is_up(running, call)})


def _time_is_up(running: Running, call: Call) -> dict[str, Any]:
    language = running.portals.get(call.portal_id).language
    error = TimeIsUp(deadline=call.deadline_at.astimezone(UTC).strftime("%d.%m.%Y %H:%M UTC"))
    told = error_outputs(error, language)
    if call.last_error:
        told["error_text"] += f" {call.last_error['code']}: {call.last_error['text']}"
    return told


def _known(running: Running, call: Call, connection: Connection) -> dict[str, Any]:
    if call.state != "waiting":
        return {}
    try:
        activity, context = activity_of(call), context_of(running, call, connection)
        return finish(activity, context, call)
    except AppError as error:
        log.info("expired without a state", call_id=call.id, error_code=error.code)
        return {}


def _finished(running: Running, call: Call, connection: Connection) -> dict[str, Any]:
    context = context_of(running, call, connection)
    try:
        return finish(activity_of(call), context, call)
    except AppError as error:
        if error.temporary:
            raise
        return error_outputs(error, context.language)


def finish(activity: Activity, context: Any, call: Call) -> dict[str, Any]:
    return activity.finish(context, pending_of(call), **activity.load_inputs(call.properties))


def pending_of(call: Call) -> Pending:
    """What a waiting call said it waits for."""
    return Pending(
        wait_for=call.wait_for or "outcome",
        package_id=call.wait_package_id,
        document_id=call.wait_document_id,
        invitation_id=call.wait_invitation_id,
        **(call.wait_context or {}),
    )
