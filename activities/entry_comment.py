"""Where a portal knows no entries of ours: one comment for each outcome of a package."""

from activities.context import Context
from activities.file_names import title_of
from activities.situations import Situation, counteragent_of
from activities.timeline import link, plain
from activities.values import Text
from errors import ServiceError


def tell_outcome(context: Context, situation: Situation, *, because: ServiceError) -> None:
    """Comment the outcome, once; remember why it is no entry. Raises ServiceErrors."""
    effects = context.registry.effects(situation.subject)
    effects.begin("entry")
    effects.done("entry", trouble=because.code, detail=because.detail)
    name = f"comment:{situation.name}"
    if not situation.is_final or not effects.begin(name):
        return
    text = _text(situation)
    type_id, item_id = situation.item.entity_type_id, situation.item.item_id
    first_line = text.partition("\n")[0]
    comments = context.bitrix24.crm_timeline_comment_list(entity_type_id=type_id, entity_id=item_id)
    if not any(one.text.startswith(first_line) for one in comments):
        context.bitrix24.crm_timeline_comment_add(entity_type_id=type_id, entity_id=item_id, comment=text)
    effects.done(name)


def _text(situation: Situation) -> str:
    language = situation.language
    papers = [f"• {plain(title_of(one, language))}" for one in situation.documents]
    reason = Text("Причина: ", "Reason: ").of(language) + plain(situation.refusal_reason)
    opened = link(situation.link, Text("Открыть в Диадоке", "Open in Diadoc").of(language)) if situation.link else ""
    lines = [
        plain(situation.title),
        plain(counteragent_of(situation.package, language)),
        *papers,
        reason if situation.refusal_reason else "",
        opened,
    ]
    return "\n".join(filter(None, lines))
