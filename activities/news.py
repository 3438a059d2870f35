"""What people are told of a package in words: its outcome, and what is to be done by somebody of ours."""

from activities.item_people import ItemPeople
from activities.messages import Line, Message
from activities.situations import Situation, counteragent_of
from activities.states import DocflowState, Outcome, Revocation
from activities.status import revocation_of
from activities.values import Text

S = DocflowState
REVOCATION_REJECTED = Text(
    "Аннулирование отклонено: документы остаются в силе.", "The revocation was rejected: the documents stay in force."
)
# what is to be done, or what follows
_ADVICE = {
    S.DRAFT: Text(
        "Подпишите и отправьте черновик в Диадоке: контрагент его ещё не видит.",
        "Sign and send the draft in Diadoc: the counteragent does not see it yet.",
    ),
    S.WAITING_FOR_OUR_SIGNATURE: Text(
        "Нужна подпись нашего сотрудника: откройте документы в Диадоке и подпишите их.",
        "Our signer has to sign: open the documents in Diadoc and sign them.",
    ),
    S.REVOCATION_REQUESTED_BY_COUNTERAGENT: Text(
        "Контрагент предлагает аннулировать документы: согласитесь или откажите в Диадоке.",
        "The counteragent proposes to revoke the documents: agree or refuse in Diadoc.",
    ),
    S.UNKNOWN: Text(
        "Диадок сообщил состояние, которого мы не знаем: посмотрите документы в Диадоке.",
        "Diadoc tells a state that we do not know: look at the documents in Diadoc.",
    ),
    S.SIGNED_BY_COUNTERAGENT: Text("Документы подписаны, делать ничего не нужно.", "Signed, there is nothing to do."),
    S.DELIVERED: Text(
        "Документы доставлены, ответная подпись не нужна.", "Delivered, no signature in reply is needed."
    ),
    S.SIGNED_WITH_DISCREPANCIES: Text(
        "Посмотрите расхождения в ответе контрагента и решите, что с ними делать.",
        "Look at the discrepancies in the counteragent's answer and decide what to do about them.",
    ),
    S.REFUSED: Text(
        "Исправьте документы и отправьте их новым пакетом или свяжитесь с контрагентом.",
        "Correct the documents and send them in a new package, or contact the counteragent.",
    ),
    S.REFUSED_BY_OUR_SIGNER: Text(
        "Контрагент документов не получил. Исправьте их и отправьте новым пакетом.",
        "The counteragent did not receive the documents. Correct them and send them in a new package.",
    ),
    S.ROAMING_FAILED: Text(
        "Оператор контрагента не принял документы, они не доставлены. Проверьте настройку роуминга.",
        "The counteragent's operator did not take the documents, they were not delivered. Check the roaming set-up.",
    ),
    S.INVALID_SIGNATURE: Text(
        "Подпись неверна, документы не доставлены. Подпишите их в Диадоке заново.",
        "The signature is invalid, the documents were not delivered. Sign them in Diadoc again.",
    ),
    S.REVOKED: Text("Документы больше не действуют.", "The documents are no longer in force."),
    S.DELETED: Text("Документы удалены в Диадоке.", "The documents were deleted in Diadoc."),
}
_APPROVAL = Text(
    "Документы ждут согласования в Диадоке: до него их нельзя подписать.",
    "The documents wait for approval in Diadoc: they cannot be signed before it.",
)


def is_news(situation: Situation) -> bool:
    """Is it something to be told at once? Not what was thrown away before Diadoc had it."""
    if not situation.package.message_id or not situation.documents:
        return False
    return situation.waits_for_us or situation.outcome != Outcome.IN_PROGRESS


def news_of(situation: Situation, people: ItemPeople) -> Message:
    """The outcome with its reason, or what is to be done, and where."""
    language = situation.language
    reason = Text(f"Причина: {situation.refusal_reason}", f"Reason: {situation.refusal_reason}").of(language)
    lines = [reason if situation.refusal_reason else "", advice_of(situation)]
    return message_of(situation, people, lines)


def advice_of(situation: Situation) -> str:
    """What is to be done now, or what follows; "" where there is nothing to say."""
    if situation.who_must_act == "approver":
        return _APPROVAL.of(situation.language)
    if situation.is_final and revocation_of(situation.documents) == Revocation.REJECTED:
        return REVOCATION_REJECTED.of(situation.language)
    advice = _ADVICE.get(situation.state)
    return advice.of(situation.language) if advice else ""


def message_of(situation: Situation, people: ItemPeople, lines: list[str]) -> Message:
    """A message about a package: what it is, with whom, what is the matter, and where it opens."""
    language = situation.language
    counteragent = counteragent_of(situation.package, language)
    with_whom = Text(f"Контрагент: {counteragent}", f"Counteragent: {counteragent}").of(language)
    opened = Text("Открыть в Диадоке", "Open in Diadoc").of(language)
    told = [
        Line(situation.title, is_title=True),
        *(Line(one) for one in [with_whom if counteragent else "", *lines] if one),
        Line(people.title, people.address),
        *([Line(opened, situation.link)] if situation.link else []),
    ]
    return Message(tuple(told))
