"""CRM triggers of Diadoc: a funnel moves an item by itself, also when no workflow waits any more.

A package passes steps, each of which has a trigger:

- `diadoc_sent`: every document that counts is signed by us and sent. Deleted and revoked ones do not count, unless
  there are no others.
- `diadoc_delivered`: every one is delivered. The last step of a package that nobody has to answer.
- `diadoc_signed`: every document that needs an answer is signed by the counteragent, none with discrepancies.
- `diadoc_discrepancies`, `diadoc_refused` (by either side), `diadoc_failed` (an invalid signature of ours, roaming),
  `diadoc_revoked`: the package's `outcome`, so one refused document is enough, and all have to be revoked.

Steps are pulled in this order, each once a package: another attempt is a package of its own. One that was passed
between two looks at Diadoc is pulled as well. What happened before the triggers were offered to the portal is left
alone: nobody has built on it, and the items have gone on since.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from activities import states
from activities.context import Context
from activities.crm_ids import DEAL, LEAD, QUOTE, SMART_INVOICE, CrmItem, from_short
from activities.languages import language_of
from activities.registering import Registered
from activities.states import DocflowState, Outcome
from activities.status import GONE, standing
from activities.values import Text
from clients.bitrix24.client import Bitrix24Client
from clients.diadoc.states import RecipientResponseStatus
from errors import NotFoundThere, RequestRejected
from registry.crm_registries import DOCUMENTS, CrmRegistries
from registry.crm_registries import INCOMING as INCOMING_ITEMS
from registry.mirror import Effects
from registry.portal_registry import PortalRegistry
from registry.tables import Document, Invitation

log = structlog.get_logger()

TRIGGERS = {
    "diadoc_sent": Text("Диадок: пакет отправлен", "Diadoc: package sent"),
    "diadoc_delivered": Text("Диадок: пакет доставлен", "Diadoc: package delivered"),
    "diadoc_signed": Text("Диадок: пакет подписан обеими сторонами", "Diadoc: package signed by both sides"),
    "diadoc_discrepancies": Text("Диадок: подписан с расхождениями", "Diadoc: signed with discrepancies"),
    "diadoc_refused": Text("Диадок: отказ в подписи", "Diadoc: signature refused"),
    "diadoc_failed": Text("Диадок: не доставлен из-за ошибки", "Diadoc: not delivered because of an error"),
    "diadoc_revoked": Text("Диадок: пакет аннулирован", "Diadoc: package revoked"),
    "diadoc_invitation_accepted": Text("Диадок: приглашение принято", "Diadoc: invitation accepted"),
    "diadoc_invitation_rejected": Text("Диадок: приглашение отклонено", "Diadoc: invitation rejected"),
    "diadoc_incoming": Text("Диадок: входящий документ", "Diadoc: incoming document"),
}
SENT, DELIVERED, SIGNED, DISCREPANCIES = "diadoc_sent", "diadoc_delivered", "diadoc_signed", "diadoc_discrepancies"
ACCEPTED, REJECTED, INCOMING = "diadoc_invitation_accepted", "diadoc_invitation_rejected", "diadoc_incoming"
FUNNELS = (LEAD, DEAL, QUOTE, SMART_INVOICE)
FIRST_SMART_PROCESS = 128
SMART_PROCESS = "smart_process"  # a registry that has a funnel
_ENDINGS = {
    Outcome.DISCREPANCIES: DISCREPANCIES,
    Outcome.REFUSED: "diadoc_refused",
    Outcome.FAILED: "diadoc_failed",
    Outcome.REVOKED: "diadoc_revoked",
}
_SENT_STATES = (DocflowState.SENT, DocflowState.ROAMING_FAILED)
_DELIVERED_STATES = (
    DocflowState.DELIVERED,
    DocflowState.SIGNED_BY_COUNTERAGENT,
    DocflowState.SIGNED_WITH_DISCREPANCIES,
    DocflowState.REFUSED,
)
_SIGNED_STATES = (DocflowState.SIGNED_BY_COUNTERAGENT, DocflowState.SIGNED_WITH_DISCREPANCIES)
_OFFERED = "offered"


def registrations(client: Bitrix24Client, *, language: str) -> list[Registered]:
    """What the portal has of our triggers, asked now. language: of the portal, as Bitrix24 writes it."""
    there = client.crm_automation_trigger_list()
    found = []
    for code, name in TRIGGERS.items():
        is_named = there.get(code) == name.of(language_of(language))
        state = "missing" if code not in there else "registered" if is_named else "outdated"
        found.append(Registered(code=code, kind="trigger", state=state))
    return found


def register(client: Bitrix24Client, registry: PortalRegistry, *, language: str) -> list[Registered]:
    """Offer all triggers, renaming those whose name has changed; running it again changes nothing.

    Raises NoAccess without an administrator's token, and where the portal has no automation rules.
    """
    for one in registrations(client, language=language):
        if one.state != "registered":
            client.crm_automation_trigger_add(code=one.code, name=TRIGGERS[one.code].of(language_of(language)))
    _offers(registry).begin(_OFFERED)
    _offers(registry).done(_OFFERED)
    return [Registered(code=code, kind="trigger", state="registered") for code in TRIGGERS]


def unregister(client: Bitrix24Client) -> list[Registered]:
    """Withdraw all our triggers. Rules that administrators have built on them stay in the funnels and do nothing."""
    gone = []
    for code in client.crm_automation_trigger_list():
        client.crm_automation_trigger_delete(code)
        gone.append(Registered(code=code, kind="trigger", state="missing"))
    return gone


def pull(context: Context, package_id: int) -> None:
    """Pull the triggers of the steps that a package has passed, on its CRM item; each once.

    The intent is stored before, the end after it: a trigger whose reply was lost is pulled again. That is tolerated,
    because the portal has no way to ask whether it came, and a rule that moved an item once leaves it where it is.
    Raises errors of the portal; what it says about the trigger or the item itself ends it.
    """
    package = context.registry.packages.get(package_id)
    item = item_with_funnel(package.crm_item) if package else None
    since = _offered_at(context.registry)
    if package is None or item is None or since is None or package.state != "sent":
        return
    effects = context.registry.effects(f"package:{package_id}")
    done = {effect.name for effect in effects.all() if effect.done_at}
    for code, at in passed(context.registry.packages.documents(package_id)):
        name = f"trigger:{code}:{package.attempt}"
        if name in done:
            continue
        effects.begin(name)
        if at < since:
            effects.done(name, skipped="before the triggers were offered")
        else:
            effects.done(name, **fire(context, code, item))


def pull_invitation(context: Context, invitation: Invitation, crm_item: str) -> None:
    """Tell an item, on which somebody was invited, of the answer. Whoever calls it remembers that it was done."""
    code = {"ours": ACCEPTED, "rejects_us": REJECTED}.get(invitation.status)
    item = item_with_funnel(crm_item)
    if code and item and _offered_at(context.registry) is not None:
        fire(context, code, item)


def pull_incoming(context: Context, incoming_id: int) -> None:
    """Tell the item of an incoming document, in a registry that is a smart process, that it has come; once.

    Raises as `pull`. Nothing happens where there is no such item.
    """
    row = CrmRegistries(context.registry.database, context.portal.id).get(DOCUMENTS)
    known = context.registry.mirror(INCOMING_ITEMS).get(incoming_id)
    if row is None or row.backend != SMART_PROCESS or known is None or not known.their_id or known.gone_at:
        return
    effects, name = context.registry.effects(f"incoming:{incoming_id}"), f"trigger:{INCOMING}"
    if _offered_at(context.registry) is not None and effects.begin(name):
        effects.done(name, **fire(context, INCOMING, CrmItem(row.entity_type_id, known.their_id)))


def fire(context: Context, code: str, item: CrmItem) -> dict[str, str]:
    """Pull one trigger on one item: {} when the portal took it, else {"trouble": what it said of trigger or item}.

    Raises errors of the portal that waiting or an administrator may cure.
    """
    place = {"entity_type_id": item.entity_type_id, "entity_id": item.item_id}
    try:
        context.bitrix24.crm_automation_trigger_execute(code=code, **place)
    except (RequestRejected, NotFoundThere) as error:
        log.info("trigger not taken", trigger=code, crm_item=item.short, detail=str(error))
        return {"trouble": error.detail}
    log.info("trigger pulled", trigger=code, crm_item=item.short)
    return {}


def item_with_funnel(crm_item: str) -> CrmItem | None:
    """The item of a code such as D_17 when triggers work there: deals, leads, quotes, invoices, smart processes."""
    try:
        item = from_short(crm_item)
    except ValueError:
        return None
    has_funnel = item.entity_type_id in FUNNELS or item.entity_type_id >= FIRST_SMART_PROCESS
    return item if has_funnel else None


def passed(documents: Sequence[Document]) -> list[tuple[str, datetime]]:
    """The triggers of the steps that a sent package has passed, in order, each with when its step was reached."""
    left = [one for one in documents if one.docflow_state not in GONE] or list(documents)
    asked = [one for one in left if one.needs_reply]
    steps: list[tuple[str, datetime]] = []
    if left and all(map(_is_sent, left)):
        steps.append((SENT, max(one.sent_at or one.changed_at for one in left)))
    if left and all(map(_is_delivered, left)):
        steps.append((DELIVERED, max(one.delivered_at or one.changed_at for one in left)))
    if asked and all(map(_is_signed, asked)):
        code = DISCREPANCIES if any(map(_has_discrepancies, asked)) else SIGNED
        steps.append((code, max(one.signed_by_counteragent_at or one.changed_at for one in asked)))
    return [*steps, *(step for step in _ending(documents) if step[0] not in dict(steps))]


def _ending(documents: Sequence[Document]) -> list[tuple[str, datetime]]:
    standings = [standing(one) for one in documents]
    outcome = states.outcome(states.package_state(standings), states.package_needs_reply(standings))
    if outcome not in _ENDINGS:
        return []
    ended = [one for one in documents if states.outcome(*standing(one)) == outcome]
    return [(_ENDINGS[outcome], max(one.changed_at for one in ended))]


def _is_sent(document: Document) -> bool:
    return document.sent_at is not None or document.docflow_state in _SENT_STATES or _is_delivered(document)


def _is_delivered(document: Document) -> bool:
    return document.delivered_at is not None or document.docflow_state in _DELIVERED_STATES


def _is_signed(document: Document) -> bool:
    """Also when a revocation has been proposed or accepted since."""
    return document.signed_by_counteragent_at is not None or document.docflow_state in _SIGNED_STATES


def _has_discrepancies(document: Document) -> bool:
    """Of a revoked one, what Diadoc's own code still tells."""
    answer = document.raw_state.get("recipient_response_status")
    is_partial = answer == RecipientResponseStatus.PARTIALLY_SIGNED
    return is_partial or document.docflow_state == DocflowState.SIGNED_WITH_DISCREPANCIES


def _offers(registry: PortalRegistry) -> Effects:
    return registry.effects("triggers")


def _offered_at(registry: PortalRegistry) -> datetime | None:
    """When the triggers were first offered to the portal; None before that."""
    return next((effect.intended_at for effect in _offers(registry).all() if effect.name == _OFFERED), None)
