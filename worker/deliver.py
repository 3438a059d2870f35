"""Hands an answer to the waiting workflow by bizproc.event.send: attempted is recorded first, delivered is what said true."""

from datetime import timedelta

import structlog

from errors import ServiceError
from worker.running import Running

log = structlog.get_logger()

NOT_SAVED_YET = timedelta(seconds=60)  # so long may a box portal not know a workflow that it has just started
PATIENCE = timedelta(days=1)  # an answer given at its deadline still gets this long to reach a portal that is down
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 600.0)


def deliver(running: Running, call_id: int) -> None:
    """Try once; what cannot be delivered now is put off, what never can be is shown as undeliverable."""
    answer = running.answers.claim(call_id)
    call = running.calls.get(call_id)
    if answer is None or call is None:
        return
    portal = running.portals.get(call.portal_id)
    if portal.status == "uninstalled":
        _undeliverable(running, call, "the application was removed from the portal")
        return
    try:
        sent = running.connections.bitrix24(portal).bizproc_event_send(
            event_token=running.calls.event_token(call), return_values=answer.values, log_message=answer.log_message
        )
    except ServiceError as error:
        _not_taken(running, call, answer, error)
    else:
        _said(running, call, answer, sent)
