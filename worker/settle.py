"""Ends waiting: finishes calls whose outcome has come, and answers those whose time is over."""

from datetime import UTC
from typing import Any

import structlog
from sqlalchemy import Connection

from activities.base import Activity, Pending, error_outputs
from activities.context import Context
from activities.waits import is_over
from errors import AppError, InternalError, TimeIsUp
from registry.database import is_away
from registry.tables import Call
from worker import effects
from worker.answer import answer
from worker.execute import activity_of, come_back, context_of
from worker.running import Running

log = structlog.get_logger()


def settle(running: Running, call_id: int) -> None:
    """Finish the call if what it waits for has come; otherwise it goes on waiting. Raises temporary errors."""
    call = running.calls.get(call_id)
    if call is None or call.state != "waiting":
        return
    with running.calls.exclusively(call_id) as connection:
        if connection is None:
            come_back(running, call_id, "settle")  # it may just have made the call wait, and finish nothing
            return
        context = context_of(running, call, connection)
        if is_over(context.registry, pending_of(call)):
            _end(running, call, context)


def expire(running: Running, call_id: int) -> None:
    """Answer `timeout` with what is known now; never later than the deadline, whatever else fails."""
    call = running.calls.get(call_id)
    if call is None or call.state not in ("new", "running", "waiting"):
        return
    told = _time_is_up(running, call)
    try:
        with running.database.autocommit() as connection:
            answer(running, call, {**_known(running, call, connection), **told})
    except Exception as error:
        if is_away(error):
            raise
        log.exception("state not told at the deadline")  # a bug of ours in what is told beside must not hang anybody
        answer(running, call, told)


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


def _end(running: Running, call: Call, context: Context) -> None:
    try:
        outputs = finish(activity_of(call), context, call)
        effects.show_before(running, outputs, deadline_at=call.deadline_at)
        answer(running, call, outputs)
    except AppError as error:
        if error.temporary:
            raise
        answer(running, call, error_outputs(error, context.language))
    except Exception as error:
        if is_away(error):
            raise  # our own database: the job itself is tried again
        log.exception("finishing broke")  # a bug of ours must not hang the customer's workflow
        answer(running, call, error_outputs(InternalError(), context.language))


def finish(activity: Activity, context: Context, call: Call) -> dict[str, Any]:
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
