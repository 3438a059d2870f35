"""Wait until a package or one document has come to an end, however many weeks that takes."""

from typing import Any

import structlog
from marshmallow import Schema

from activities.base import DEADLINE_DAYS, Activity, Pending
from activities.context import Context
from activities.deadlines import LONGEST_DAYS
from activities.fields import Choice, Line, Whole, label
from activities.subjects import Subject, WhichDocument, find_subject, outputs_of, refreshed, subject_of
from activities.values import Text
from activities.waits import is_over
from errors import Unavailable

log = structlog.get_logger()


class DiadocWait(Activity):
    code = "diadoc_wait"
    name = Text(ru="Диадок: дождаться исхода", en="Diadoc: wait for outcome")
    description = Text(
        ru="Ждёт подписи, доставки, исхода или аннулирования; отказ, ошибка и удаление заканчивают ожидание.",
        en="Waits for signing, delivery, the outcome or a revocation; a refusal, failure or deletion ends the wait.",
    )
    waits = True
    has_status = True

    class Input(WhichDocument):
        wait_for = Choice(
            {
                "sent": Text("Подписи с нашей стороны и отправки", "Our signature and sending"),
                "delivered": Text("Доставки", "Delivery"),
                "outcome": Text("Завершения", "The outcome"),
                "revocation": Text("Аннулирования", "A revocation"),
            },
            load_default="outcome",
            metadata=label(ru="Чего ждать", en="Wait for"),
        )
        deadline_days = Whole(
            at_least=1,
            at_most=LONGEST_DAYS,
            load_default=DEADLINE_DAYS,
            metadata=label(ru="Сколько дней ждать", en="Days to wait"),
        )

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        revocation_state = Line(metadata=label(ru="Состояние аннулирования (код)", en="Revocation state (code)"))

    def run(self, context: Context, wait_for: str, deadline_days: int, **which: str) -> dict[str, Any] | Pending:
        subject = _as_of_now(context, find_subject(context, **which))
        pending = Pending(
            wait_for=wait_for,
            package_id=subject.package.id,
            document_id=subject.document.id if subject.document else None,
            deadline_days=deadline_days,
        )
        return outputs_of(context, subject) if is_over(context.registry, pending) else pending

    def finish(self, context: Context, pending: Pending, **inputs: Any) -> dict[str, Any]:
        return outputs_of(context, subject_of(context, pending))


def _as_of_now(context: Context, subject: Subject) -> Subject:
    """What has passed already is not waited for. A Diadoc that is away is no reason to fail: the feed will tell."""
    try:
        return refreshed(context, subject)
    except Unavailable as error:
        log.info("waits without asking first", package_id=subject.package.id, detail=str(error))
        return subject
