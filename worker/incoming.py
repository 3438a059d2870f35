"""Shows each document that came to us: its sender, file and company are found out, then people are told of it."""

from collections.abc import Callable

import structlog

from activities import incoming_facts, incoming_notice, triggers
from activities.context import Context, context_beside
from activities.registries.showing import show_incoming
from errors import AppError, AuthLost, InternalError, SubscriptionEnded, Unavailable
from registry.crm_registries import INCOMING as ITEMS
from registry.database import is_away
from registry.incoming import Arrivals
from registry.tables import IncomingDocument
from worker.effects import BROKEN_ATTEMPTS, pause_after
from worker.running import Running

log = structlog.get_logger()

Step = Callable[[Context, int], None]  # given the document's number, may be run again, raises AppError


def let_finish(context: Context, incoming_id: int) -> None:
    """A worker that was killed while the item was being made: the portal may still be doing it, so wait and look then.

    Raises Unavailable for as long as an exchange with the portal may last.
    """
    begun = context.registry.mirror(ITEMS).get(incoming_id)
    if begun is None or begun.their_id is not None:
        return
    lasts = context.connections.config.http_timeout_seconds
    left = lasts - (Arrivals(context.registry.database).now() - begun.intended_at).total_seconds()
    if left > 0:
        raise Unavailable(system="b24-edo", detail="the item may still be on its way", retry_after=left)


OF_DIADOC: tuple[Step, ...] = (incoming_facts.learn_sender, incoming_facts.learn_file)
STEPS: tuple[Step, ...] = (
    *OF_DIADOC,
    incoming_facts.learn_company,
    let_finish,
    show_incoming,
    triggers.pull_incoming,
    incoming_notice.tell,
)


def take_incoming(running: Running, incoming_id: int) -> None:
    """Show one document to people, unless another process is doing so or they have seen it."""
    arrivals = Arrivals(running.database)
    with arrivals.exclusively(incoming_id) as is_mine:
        if not is_mine or not arrivals.is_to_be_shown(incoming_id):
            return
        begun_at, document = arrivals.now(), arrivals.get(incoming_id)
        if document is None:
            return
        try:
            is_whole = _show(running, document)
            if not is_whole and document.attempts + 1 < BROKEN_ATTEMPTS:
                raise InternalError
        except AppError as error:
            arrivals.postpone(incoming_id, pause=pause_after(document.attempts, error))
            log.info("not shown yet", incoming_id=incoming_id, error_code=error.code, detail=str(error))
            return
        arrivals.shown(incoming_id, changed_at=document.changed_at, at=begun_at)


def _show(running: Running, document: IncomingDocument) -> bool:
    """Whether nothing broke. Raises what may pass; what is refused for good stops nothing, nor does a bug of ours."""
    context = context_beside(
        portal=running.portals.get(document.portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
    )
    is_whole = True
    for step in STEPS:
        try:
            step(context, document.id)
        except AppError as error:
            is_unpaid = isinstance(error, SubscriptionEnded) and step in OF_DIADOC
            if error.temporary or isinstance(error, AuthLost) or is_unpaid:
                raise
            log.error("not shown", step=step.__name__, incoming_id=document.id, code=error.code, detail=str(error))
        except Exception as error:
            if is_away(error):
                raise  # our own database: the job comes back
            # what others send may be anything, and must not keep a worker busy with one document for ever
            log.exception("showing broke", step=step.__name__, incoming_id=document.id)
            is_whole = False
    return is_whole
