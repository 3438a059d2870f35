"""Notices on the portal: of outcomes, and of what somebody of ours must do. Once each; the newest replaces the last."""

from collections.abc import Iterable
from datetime import timedelta

import structlog

from activities.context import Context
from activities.item_people import people_of
from activities.messages import Message
from activities.news import is_news, news_of
from activities.situations import situation_of
from clients.bitrix24.batch import Command, Outcome
from clients.bitrix24.people import notice
from clients.bitrix24.references import defused
from errors import PortalAuthLost, ServiceError
from registry.telling import Telling

log = structlog.get_logger()

PERSONAL, SYSTEM = "im.notify.personal.add", "im.notify.system.add"
NEWS_AGE = timedelta(days=7)  # what is older was known, or missed, long ago


def give(context: Context, package_id: int) -> None:
    """Tell people of the package's outcome, or of what they must do. Raises temporary errors; safe to repeat."""
    situation = situation_of(context, package_id)
    if situation is None or not situation.is_settled or not is_news(situation):
        return
    if not context.registry.settings().notifies or context.now() - situation.since > NEWS_AGE:
        return
    effects, name = context.registry.effects(situation.subject), f"notice:{situation.name}"
    if not effects.begin(name):
        return
    people = people_of(context, situation.item)
    sender = Telling(context.registry.database, context.portal.id).sender_of(package_id)
    recipients = dict.fromkeys([*people.recipients, *([sender] if sender else [])])
    trouble = post(context, recipients, news_of(situation, people), tag=situation.subject)
    effects.done(name, recipients=list(recipients), trouble=trouble)


def post(context: Context, user_ids: Iterable[int], message: Message, *, tag: str) -> str:
    """Give everybody the notice, in one request; the code of what was in the way for good, "" when it arrived.

    tag: what the notice is about; each user sees only the newest about it. Raises temporary errors and PortalAuthLost.
    """
    left = list(user_ids)
    trouble = ""
    for method in (PERSONAL, SYSTEM):  # the second needs nobody in whose name it is given
        outcomes = _post(context, method, left, message, tag)
        left = [user_id for user_id, outcome in outcomes.items() if outcome.error or not outcome.result]
        trouble = next((outcome.error.code for outcome in outcomes.values() if outcome.error), "")
        if not left:
            return ""
    log.warning("notice not given", user_ids=left, tag=tag, code=trouble)
    return trouble or "NOT_CREATED"


def _post(context: Context, method: str, user_ids: list[int], message: Message, tag: str) -> dict[int, Outcome]:
    texts = {"message": defused(message.bb_code), "message_out": defused(message.plain)}
    commands = {
        str(user_id): Command(method, notice(user_id=user_id, tag=f"b24-edo|{tag}|{user_id}", **texts))
        for user_id in user_ids
    }
    outcomes = context.bitrix24.batch(commands)
    for outcome in outcomes.values():
        _ensure_no_later(outcome.error)
    return {int(name): outcome for name, outcome in outcomes.items()}


def _ensure_no_later(error: ServiceError | None) -> None:
    """Raises what waiting, or an administrator, may cure; when it is tried again, the tag lets none be seen twice."""
    if error is not None and (error.temporary or isinstance(error, PortalAuthLost)):
        raise error
