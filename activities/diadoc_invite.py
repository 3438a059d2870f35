"""Invite a counteragent to exchange documents, or accept its invitation, and wait for the answer if asked."""

from dataclasses import fields
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from activities import crm
from activities.base import DEADLINE_DAYS, Activity, Pending
from activities.context import Context
from activities.counteragents import (
    NOT_IN_LIST,
    OURS,
    Counteragent,
    Recipient,
    WhichRecipient,
    counteragent_status,
    resolve,
)
from activities.crm import WhichItem
from activities.deadlines import LONGEST_DAYS
from activities.fields import Flag, Line, Moment, TextBlock, Whole, label
from activities.our_boxes import WhichBox
from activities.values import Text, shorten
from activities.waits import STILL_INVITED
from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import NotReady
from errors import (
    Conflict,
    CounteragentClosed,
    InputInvalid,
    InvitationRejected,
    NotPartner,
    RoamingSetupRequired,
    SignatureRequired,
    Unavailable,
)
from registry.invitations import InvitationItems
from registry.tables import Box, Invitation

MESSAGE_LIMIT = 2_000  # of Diadoc
ROUND_SECONDS = 10.0  # so long one run waits for Diadoc to carry the invitation out; after that the call comes back
REJECTS_US = "rejects_us"
INVITES_US = "invites_us"
_MESSAGE = Text("Сообщение контрагенту", "Message to the counteragent")


class DiadocInvite(Activity):
    code = "diadoc_invite"
    name = Text(ru="Диадок: пригласить контрагента", en="Diadoc: invite counteragent")
    description = Text(
        ru="Приглашает контрагента к обмену документами или принимает его приглашение и ждёт ответа.",
        en="Invites a counteragent to exchange documents, or accepts its invitation, and waits for the answer.",
    )
    waits = True

    class Input(WhichRecipient, WhichItem, WhichBox):
        message = TextBlock(metadata=label(ru=_MESSAGE.ru, en=_MESSAGE.en))
        wait = Flag(load_default=True, metadata=label(ru="Ждать ответа", en="Wait for the answer"))
        deadline_days = Whole(
            at_least=1,
            at_most=LONGEST_DAYS,
            load_default=DEADLINE_DAYS,
            metadata=label(ru="Сколько дней ждать", en="Days to wait"),
        )

    class Output(Activity.Output):
        counteragent_status = Line(metadata=label(ru="Отношения с контрагентом (код)", en="Relation (code)"))
        counteragent_box_id = Line(metadata=label(ru="Ящик контрагента", en="Counteragent's box"))
        counteragent_name = Line(metadata=label(ru="Контрагент", en="Counteragent"))
        answered_at = Moment(metadata=label(ru="Когда ответил", en="Answered at"))

    def run(
        self, context: Context, message: str, wait: bool, deadline_days: int, **who: Any
    ) -> dict[str, Any] | Pending:
        _ensure_message(message)
        recipient = Recipient(**{field.name: who[field.name] for field in fields(Recipient)})
        box, _, counteragent = resolve(context, recipient)
        if counteragent.status == OURS:
            return _outputs(counteragent, OURS)
        if counteragent.is_closed:
            raise CounteragentClosed(name=counteragent.name, inn=counteragent.inn)
        status = _invite(context, box, counteragent, message)
        invitation = _remember(context, box, counteragent, status, crm_item=recipient.crm_item)
        if wait and status == STILL_INVITED:
            return Pending(wait_for="invitation", invitation_id=invitation.id, deadline_days=deadline_days)
        return _outputs(counteragent, status, invitation.answered_at if status != STILL_INVITED else None)

    def finish(self, context: Context, pending: Pending, **inputs: Any) -> dict[str, Any]:
        invitation = context.registry.invitations.get(pending.invitation_id or 0)
        if invitation is None:
            raise NotPartner(name="")
        if invitation.status == REJECTS_US:
            raise InvitationRejected(name=invitation.name)
        if invitation.status not in (OURS, STILL_INVITED):  # we have changed our mind meanwhile
            raise NotPartner(name=invitation.name)
        return {
            "counteragent_status": invitation.status,
            "counteragent_box_id": invitation.counteragent_box_id,
            "counteragent_name": invitation.name,
            "answered_at": invitation.answered_at if invitation.status == OURS else None,
        }


def _ensure_message(message: str) -> None:
    if len(message) > MESSAGE_LIMIT:
        hint = Text(f"Не больше {MESSAGE_LIMIT} знаков.", f"At most {MESSAGE_LIMIT} characters.")
        raise InputInvalid(field=_MESSAGE, value=shorten(message, 100), hint=hint)


def _invite(context: Context, box: Box, counteragent: Counteragent, message: str) -> str:
    """How we stand to each other after inviting; one that is invited already is not invited again.

    Raises InvitationRejected, RoamingSetupRequired, SignatureRequired, Unavailable while Diadoc is at it.
    """
    if counteragent.status == STILL_INVITED:
        return STILL_INVITED
    refusal = _acquire(context, box, counteragent, message)
    status = counteragent_status(context, box, counteragent.box_id)
    if status in (OURS, STILL_INVITED):
        return status  # "invited already" is a conflict for Diadoc and none for us
    if status == REJECTS_US:
        raise InvitationRejected(name=counteragent.name)
    if refusal is not None:
        raise _setup_required(counteragent, refusal) if counteragent.is_roaming else refusal
    if status == INVITES_US:  # the invitation came with a document: to sign it is to accept
        raise SignatureRequired(link=_counteragents_page(context, box))
    return STILL_INVITED if status == NOT_IN_LIST else status  # Diadoc shows it a moment later


def _acquire(context: Context, box: Box, counteragent: Counteragent, message: str) -> Conflict | None:
    """Invite and see it through; the refusal, if Diadoc carried out nothing."""
    client = context.diadoc(box)

    def look() -> str | None:
        is_done = counteragent_status(context, box, counteragent.box_id) in (OURS, STILL_INVITED)
        return "" if is_done else None

    try:
        task_id = context.step("invite", _ask, context, client, box, counteragent, message, look=look)
    except Conflict as error:
        if counteragent_status(context, box, counteragent.box_id) in (OURS, STILL_INVITED):
            return None
        raise _setup_required(counteragent, error) from error
    try:
        if task_id:
            _carry_out(client, task_id)
    except Conflict as error:
        return error
    return None


def _ask(context: Context, client: DiadocClient, box: Box, counteragent: Counteragent, message: str) -> str:
    place = {"box_id": box.box_id, "counteragent_box_id": counteragent.box_id}
    task_id = client.acquire_counteragent(**place, message=message)
    facts = {"counteragent_box_id": counteragent.box_id, "inn": counteragent.inn, "kpp": counteragent.kpp}
    context.registry.audit(actor=context.actor, action="counteragent_invited", subject=f"box:{box.id}", **facts)
    context.log(
        ru=f"Приглашение к обмену документами отправлено, операция {context.operation_id}: {counteragent.name}.",
        en=f"An invitation to exchange documents was sent, operation {context.operation_id}: {counteragent.name}.",
    )
    return task_id


def _carry_out(client: DiadocClient, task_id: str) -> None:
    until = monotonic() + ROUND_SECONDS
    while isinstance(result := client.acquire_counteragent_result(task_id=task_id), NotReady):
        pause = result.retry_after or 1.0
        if monotonic() + pause > until:
            raise Unavailable(
                system="Диадок", method="AcquireCounteragentResult", detail="in progress", retry_after=pause
            )
        sleep(pause)


def _setup_required(counteragent: Counteragent, error: Conflict) -> RoamingSetupRequired:
    return RoamingSetupRequired(name=counteragent.name, reason=error.detail)


def _remember(context: Context, box: Box, counteragent: Counteragent, status: str, *, crm_item: str) -> Invitation:
    known = {"counteragent_box_id": counteragent.box_id, "name": counteragent.name, "status": status}
    invitation = context.registry.invitations.remember(box_pk=box.id, **known)
    if card := crm.card_if_any(context, crm_item):  # a trigger tells it of the answer, waited for or not
        InvitationItems(context.registry.database).remember(invitation.id, card.item.short)
    if status == OURS:
        context.registry.invitations.keep_status(invitation.id, OURS, answered_at=context.now())
    return context.registry.invitations.get(invitation.id) or invitation


def _outputs(counteragent: Counteragent, status: str, answered_at: datetime | None = None) -> dict[str, Any]:
    return {
        "counteragent_status": status,
        "counteragent_box_id": counteragent.box_id,
        "counteragent_name": counteragent.name,
        "answered_at": answered_at,
    }


def _counteragents_page(context: Context, box: Box) -> str:
    return f"{context.connections.config.diadoc_web_url}/{box_id_on_the_wire(box.box_id)}/Counteragents"
