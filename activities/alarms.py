"""What administrators are told: boxes that Diadoc closed to us, answers that no workflow will get. Once each."""

import structlog

from activities.context import Context
from activities.item_people import administrators
from activities.messages import Line, Message
from activities.notices import post
from activities.values import Text
from registry.tables import Box
from registry.telling import Telling

log = structlog.get_logger()

SHOWN_CALLS = 10
_CLOSED = {
    "subscription_ended": Text(
        "Подписка на API Диадока закончилась. Продлите её в Контуре и подключите ящик заново на странице приложения.",
        "The subscription to Diadoc's API ended. Renew it with Kontur, then connect the box again on our page.",
    ),
    "auth_lost": Text(
        "Доступ к Диадоку потерян. Войдите в Диадок заново на странице приложения.",
        "Access to Diadoc is lost. Sign in to Diadoc again on our page.",
    ),
    "no_access": Text(
        "У пользователя Диадока нет прав на этот ящик. Выдайте их в Диадоке, затем подключите ящик заново.",
        "The Diadoc user has no rights to this box. Grant them in Diadoc, then connect the box again.",
    ),
}
_STANDS_STILL = Text(
    "До этого документы из ящика не отправляются, а состояния отправленных не обновляются.",
    "Until then nothing is sent from the box, and states of what was sent are not updated.",
)
_FAILED = Text("Ответы рабочим процессам не доставлены", "Workflows could not be given their answers")
_WHAT_TO_DO = Text(
    "Эти процессы могут ждать без конца. Причины и повтор — в журнале вызовов на странице приложения.",
    "These workflows may wait for ever. See the reasons, and repeat the calls, in the journal of calls on our page.",
)


def raise_alarms(context: Context) -> None:
    """Tell the administrators what only they can mend. Raises temporary errors; safe to repeat."""
    telling = Telling(context.registry.database, context.portal.id)
    for box in telling.closed_boxes():
        _tell_of_box(context, box)
    if failed := telling.untold_failures():
        _tell_of_calls(context, failed)


def _tell_of_box(context: Context, box: Box) -> None:
    subject, name = f"box:{box.id}", f"{box.status}:{box.connected_at.isoformat()}"  # connected anew, it may close anew
    effects = context.registry.effects(subject)
    if not effects.begin(name):
        return
    language = context.language
    title = Text(f"Ящик «{box.name}» (ИНН {box.inn}) остановлен", f'Box "{box.name}" (INN {box.inn}) stands still')
    lines = (
        Line(title.of(language), is_title=True),
        Line(_CLOSED[box.status].of(language)),
        Line(_STANDS_STILL.of(language)),
    )
    trouble = post(context, administrators(context), Message(lines), tag=subject)
    effects.done(name, trouble=trouble)


def _tell_of_calls(context: Context, call_ids: list[int]) -> None:
    marks = [context.registry.effects(f"call:{call_id}") for call_id in call_ids]
    for mark in marks:
        mark.begin("undeliverable")
    language = context.language
    numbers = ", ".join(str(call_id) for call_id in call_ids[:SHOWN_CALLS])
    more = len(call_ids) - SHOWN_CALLS
    shown = Text(f"Операции: {numbers}", f"Operations: {numbers}").of(language)
    rest = Text(f" и ещё {more}", f" and {more} more").of(language) if more > 0 else ""
    lines = (
        Line(_FAILED.of(language), is_title=True),
        Line(shown + rest),
        Line(_WHAT_TO_DO.of(language)),
    )
    trouble = post(context, administrators(context), Message(lines), tag="calls")
    for mark in marks:
        mark.done("undeliverable", trouble=trouble)
