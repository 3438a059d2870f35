"""Tells whoever answers for a company that documents have come from it: one notice for what came together."""

from activities import incoming
from activities.context import Context
from activities.crm_ids import COMPANY, CrmItem
from activities.item_people import people_of, users
from activities.places import address_of
from activities.timeline import link, plain
from activities.values import Text
from registry.crm_registries import DOCUMENTS, INCOMING, CrmRegistries
from registry.tables import IncomingDocument

SHOWN = 10  # documents of one message that a notice names
NOTICE = "notice"


def tell(context: Context, incoming_id: int) -> None:
    """Notify once of the documents that one message brought together; whoever shows the first of them does.

    Raises errors of the portal. A notice whose reply was lost is sent again and replaces the first one there.
    """
    document = context.registry.incoming.get(incoming_id)
    if document is None or not context.registry.settings().notifies:
        return
    together = context.registry.incoming.came_with(document)
    effects = context.registry.effects(f"incoming:{incoming_id}")
    if together[0].id != document.id or not effects.begin(NOTICE):
        return
    user_id = responsible(context, document)
    message = _message(context, document, together)
    context.bitrix24.im_notify_system_add(user_id=user_id, message=message, tag=f"b24-edo-incoming-{incoming_id}")
    effects.done(NOTICE, user_id=user_id)


def responsible(context: Context, document: IncomingDocument) -> int:
    """Who answers for the company; else who was chosen for documents of strangers, else who installed us."""
    if document.company_id:
        person = people_of(context, CrmItem(COMPANY, document.company_id)).responsible
        if person is not None and person.is_active:
            return person.id
    chosen = context.registry.settings().incoming_responsible
    if chosen and any(user.is_active for user in users(context, [chosen])):
        return chosen
    return context.portal.installer_user_id


def _message(context: Context, document: IncomingDocument, together: list[IncomingDocument]) -> str:
    sender = document.counteragent
    requisites = "/".join(filter(None, (sender.get("inn"), sender.get("kpp"))))
    who = plain(f"{sender.get('name', '')} ({requisites})" if requisites else sender.get("name", ""))
    head = Text(f"Диадок: входящие документы от {who}", f"Diadoc: incoming documents from {who}").of(context.language)
    lines = [_line(context, one) for one in together[:SHOWN]]
    if len(together) > SHOWN:
        left = len(together) - SHOWN
        lines.append(Text(f"…и ещё {left}", f"…and {left} more").of(context.language))
    remarks = incoming.remarks(document, context.language)
    return "\n".join(filter(None, (head, *lines, remarks)))


def _line(context: Context, document: IncomingDocument) -> str:
    language = context.language
    named = link(_address(context, document), incoming.title(document, language))
    return f"{named} — {incoming.state_text(document, language)}"


def _address(context: Context, document: IncomingDocument) -> str:
    """Of its item in the registry, when that is a smart process and has it already; else in Diadoc."""
    row = CrmRegistries(context.registry.database, context.portal.id).get(DOCUMENTS)
    known = context.registry.mirror(INCOMING).get(document.id)
    if row is not None and row.entity_type_id and known is not None and known.their_id and not known.gone_at:
        return address_of(context.portal, CrmItem(row.entity_type_id, known.their_id))
    return incoming.link_to(context, document)
