"""Where a package or one document stands, asked of Diadoc now or told from what we know."""

from typing import Any

from marshmallow import Schema

from activities.base import Activity
from activities.context import Context
from activities.fields import Flag, Line, Whole, label
from activities.subjects import WhichDocument, find_subject, outputs_of, refreshed
from activities.values import Text


class DiadocGetStatus(Activity):
    code = "diadoc_get_status"
    name = Text(ru="Диадок: получить статус", en="Diadoc: get status")
    description = Text(
        ru="Говорит, где пакет или документ: кто подписал, кто отказал и почему, чьего действия ждут.",
        en="Tells where a package or a document stands: who signed, who refused and why, whose turn it is.",
    )
    has_status = True

    class Input(WhichDocument):
        refresh = Flag(
            load_default=True,
            metadata=label(
                ru="Спросить Диадок сейчас",
                en="Ask Diadoc now",
                help_ru="Нет — ответить тем, что уже известно",
                help_en="No: answer with what is known already",
            ),
        )

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Номер пакета", en="Package number"))
        counteragent_name = Line(metadata=label(ru="Контрагент", en="Counteragent"))
        revocation_state = Line(metadata=label(ru="Состояние аннулирования (код)", en="Revocation state (code)"))

    def run(self, context: Context, refresh: bool, **which: str) -> dict[str, Any]:
        subject = find_subject(context, **which)
        if refresh:
            subject = refreshed(context, subject)
        name = subject.package.counteragent.get("name", "")
        return {"counteragent_name": name, **outputs_of(context, subject)}
