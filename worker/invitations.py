"""What became of invitations that calls or CRM items wait for, learnt in as few requests as possible."""

from datetime import UTC, datetime

import structlog

from activities import triggers
from activities.context import context_beside
from activities.counteragents import NOT_IN_LIST, STATUSES
from activities.following import LAG
from activities.waits import STILL_INVITED
from clients.diadoc.client import DiadocClient
from clients.diadoc.states import CounteragentStatus
from errors import AppError, NoAccess, NotFoundThere, PortalAuthLost
from registry.invitations import InvitationItems
from registry.portal_registry import Invitations, PortalRegistry
from registry.tables import Box, Invitation
from worker.enqueue import enqueue
from worker.enqueue_each import enqueue_each
from worker.lanes import EFFECTS
from worker.running import Running

log = structlog.get_logger()

PAGE = 100


def ask_invitations(running: Running, box: Box, invitation_ids: list[int]) -> None:
    """Keep the answers that came and settle who waits for them; an answer that was kept before is settled again."""
    invitations = PortalRegistry(running.database, box.portal_id).invitations
    known = [found for found in map(invitations.get, invitation_ids) if found is not None]
    waiting = [invitation for invitation in known if invitation.status == STILL_INVITED]
    try:
        _ask_all(running.connections.diadoc(box), invitations, box, waiting)
    except NoAccess as error:  # the user may read papers, but not counteragents: no reason to pause the whole box
        log.error("counteragents are closed to us", box_id=box.box_id, detail=str(error))
    answered = [one.id for one in map(invitations.get, invitation_ids) if one and one.status != STILL_INVITED]
    with running.database.session() as session:
        for call_id in running.calls.waiting_for(invitation_ids=answered):
            enqueue(session, "settle", call_id=call_id)
        enqueue_each(session, "tell_invitation", answered, name="invitation_id", queue=EFFECTS)


def waited_for(running: Running, box_pk: int) -> list[int]:
    """The invitations of a box whose answer a call or a CRM item waits for."""
    by_calls = running.calls.waiting_invitations().get(box_pk, [])
    by_items = InvitationItems(running.database).to_ask().get(box_pk, [])
    return sorted({*by_calls, *by_items})


def tell_invitation(running: Running, invitation_id: int) -> None:
    """Pull the triggers on the items whose people asked, each once; what cannot be told now is told later."""
    items = InvitationItems(running.database)
    with running.database.session() as session:
        invitation = session.get(Invitation, invitation_id)
    if invitation is None or invitation.status == STILL_INVITED:
        return
    context = context_beside(
        portal=running.portals.get(invitation.portal_id),
        database=running.database,
        connections=running.connections,
        blobs=running.blobs,
    )
    for crm_item in items.untold(invitation_id):
        try:
            triggers.pull_invitation(context, invitation, crm_item)
        except AppError as error:
            log.info("invitation not told", invitation_id=invitation_id, crm_item=crm_item, error_code=error.code)
            if error.temporary or isinstance(error, PortalAuthLost):
                return
        items.told(invitation_id, crm_item)


def _ask_all(client: DiadocClient, invitations: Invitations, box: Box, waiting: list[Invitation]) -> None:
    unanswered = _unanswered(client, box, len(waiting))
    for invitation in waiting:
        if invitation.counteragent_box_id not in unanswered:
            _ask(client, invitations, box, invitation)


def _unanswered(client: DiadocClient, box: Box, wanted: int) -> set[str]:
    """Boxes that have not answered us, by pages of a hundred, as long as that costs less than asking for each."""
    found: set[str] = set()
    key = ""
    for _ in range(wanted - 1):
        page = client.get_counteragents(
            box_id=box.box_id, status=CounteragentStatus.IS_INVITED_BY_ME, after_index_key=key, page_size=PAGE
        )
        found |= {one.organization.box_id for one in page.counteragents}
        total = page.total_count
        if not page.counteragents or (total is not None and (len(found) >= total or total > PAGE * wanted)):
            break
        key = page.counteragents[-1].index_key
    return found


def _ask(client: DiadocClient, invitations: Invitations, box: Box, invitation: Invitation) -> None:
    try:
        counteragent = client.get_counteragent(box_id=box.box_id, counteragent_box_id=invitation.counteragent_box_id)
    except NotFoundThere:
        if datetime.now(UTC) - invitation.sent_at > LAG:  # a fresh one may not be there yet
            invitations.keep_status(invitation.id, NOT_IN_LIST, answered_at=datetime.now(UTC))
        return
    status = next((ours for theirs, ours in STATUSES.items() if theirs == counteragent.status), STILL_INVITED)
    answered_at = None if status == STILL_INVITED else counteragent.changed_at or datetime.now(UTC)
    invitations.keep_status(invitation.id, status, answered_at=answered_at)
    if answered_at:
        log.info("invitation answered", box_id=box.box_id, invitation_id=invitation.id, status=status)
