"""Hands an answer to the waiting workflow: the attempt is recorded first, delivered is what the portal accepted."""

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities import crm_ids
from clients.bitrix24.models import EventSent, SentState
from errors import AppError, NotConfigured, ServiceError
from registry.tables import Answer, Call, Portal
from worker.enqueue import enqueue
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
        _undeliverable(running, call, portal, "the application was removed from the portal")
        return
    try:
        sent = running.connections.bitrix24(portal).bizproc_event_send(
            event_token=running.calls.event_token(call), return_values=answer.values, log_message=answer.log_message
        )
    except ServiceError as error:
        _not_taken(running, call, portal, answer, error)
    except NotConfigured as error:  # the key that opens its event token was dropped: no later try can do better
        _undeliverable(running, call, portal, str(error))
    except SQLAlchemyError:
        raise  # our own database is away: the job itself is tried again
    except Exception:
        log.exception("delivery broke", call_id=call.id)  # a bug of ours must end some day too
        _put_off(running, call, portal, answer, "INTERNAL_ERROR")
    else:
        _said(running, call, portal, answer, sent)


def _said(running: Running, call: Call, portal: Portal, answer: Answer, sent: EventSent) -> None:
    if sent.is_accepted:
        running.answers.end(call.id, state="delivered")
        log.info("answer delivered", call_id=call.id, attempts=answer.attempts)
    elif sent.state is SentState.LOCKED:
        _put_off(running, call, portal, answer, "the workflow is locked")
    elif sent.state is SentState.NOT_FOUND:
        _not_found(running, call, portal, answer)
    elif sent.is_about_plan:
        _put_off(running, call, portal, answer, sent.text)
    else:
        _undeliverable(running, call, portal, sent.text or "the portal refused the event token")


def _not_found(running: Running, call: Call, portal: Portal, answer: Answer) -> None:
    first = answer.first_attempt_at or datetime.now(UTC)
    if datetime.now(UTC) - first < NOT_SAVED_YET:
        _put_off(running, call, portal, answer, "the workflow is not known yet")
        return
    running.answers.end(call.id, state="closed", reason="nobody waits for the answer any more")
    log.info("answer closed, the workflow is gone", call_id=call.id)


def _not_taken(running: Running, call: Call, portal: Portal, answer: Answer, error: ServiceError) -> None:
    # A lost consent or an unpaid plan is cured by a person, so it is waited for like a portal that is down.
    _put_off(running, call, portal, answer, f"{error.code}: {error.detail}", at_least=error.retry_after or 0.0)


def _put_off(
    running: Running, call: Call, portal: Portal, answer: Answer, reason: str, *, at_least: float = 0.0
) -> None:
    now = datetime.now(UTC)
    if now > max(call.deadline_at, answer.created_at + PATIENCE):
        _undeliverable(running, call, portal, reason)
        return
    pause = max(PAUSES[min(answer.attempts - 1, len(PAUSES) - 1)], at_least)
    until = now + timedelta(seconds=pause)
    running.answers.postpone(call.id, until=until, reason=reason)
    with running.database.session() as session:
        enqueue(session, "deliver", at=until, call_id=call.id)
    log.info("answer put off", call_id=call.id, attempts=answer.attempts, reason=reason, pause=pause)


def _undeliverable(running: Running, call: Call, portal: Portal, reason: str) -> None:
    running.answers.end(call.id, state="undeliverable", reason=reason)
    log.error("answer undeliverable", call_id=call.id, workflow_id=call.workflow_id, reason=reason)
    item = crm_ids.from_document_id(call.workflow_document_id)
    if item is None or portal.status != "installed":
        return
    russian = portal.language == "ru"
    told = "Ответ рабочему процессу не доставлен" if russian else "The workflow could not be given its answer"
    number = f"операция {call.id}" if russian else f"operation {call.id}"
    try:
        running.connections.bitrix24(portal).crm_timeline_comment_add(
            entity_type_id=item.entity_type_id, entity_id=item.item_id, comment=f"{told} ({number}): {reason}"
        )
    except AppError as error:  # the operator sees it in our list of calls all the same
        log.warning("undeliverable not written to the item", call_id=call.id, error_code=error.code)
