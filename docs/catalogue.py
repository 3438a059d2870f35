"""The page of all activities in one language, out of their declarations."""

from typing import Any

from marshmallow import Schema, fields, missing

from activities import catalog
from activities.base import Activity, CommonOutput, StatusOutput
from activities.fields import Many, PortalField, portal_type
from activities.states import DOCFLOW_STATES, OUTCOMES
from activities.values import Text
from docs.markdown import code, table

TITLE = Text("Роботы и действия", "Robots and activities")
ABOUT = Text(
    "Страница составлена из объявлений в `activities/` командой `python -m docs.generate`; руками её не правят.\n\n"
    "Каждая возможность регистрируется на портале дважды: роботом с указанным кодом и действием с тем же кодом и "
    "окончанием `_activity`. Входы и выходы у них одни и те же. Коды не меняются.",
    "This page is written by `python -m docs.generate` from the declarations in `activities/`; it is not edited by "
    "hand.\n\n"
    "Each one is registered on the portal twice: as a robot under the code shown, and as an activity under the same "
    "code with the suffix `_activity`. Both have the same inputs and outputs. Codes do not change.",
)
HEAD = {
    "ru": ("Код", "Название", "Тип", "Пусто значит", "Пояснение"),
    "en": ("Id", "Name", "Type", "When empty", "Explanation"),
}
OUT_HEAD = {"ru": ("Код", "Название", "Тип"), "en": ("Id", "Name", "Type")}
CODES_HEAD = {"ru": ("Код", "Что значит"), "en": ("Code", "Meaning")}
TYPES = {
    "bool": Text("да/нет", "yes/no"),
    "datetime": Text("дата и время", "date and time"),
    "int": Text("целое число", "whole number"),
    "select": Text("список", "list of options"),
    "string": Text("строка", "string"),
    "text": Text("текст", "text"),
    "user": Text("сотрудник", "user"),
}
COMMON = Text("Выходы, общие для всех", "Outputs of all activities")
STATUS = Text("Выходы состояния", "Status outputs")
INPUTS = Text("Входы", "Inputs")
OUTPUTS = Text("Выходы", "Outputs")
STATES = Text("Состояния (`docflow_state`)", "States (`docflow_state`)")
ENDS = Text("Исходы (`outcome`)", "Outcomes (`outcome`)")
RESULTS = Text(
    "`result`: `ok`, `error`, `timeout` или `cancelled`. При `error` и `timeout` причина стоит в `error_code`; "
    "коды ошибок перечислены в README. Отказ контрагента ошибкой не считается: `result` равен `ok`, а смотреть надо "
    "на `outcome`.",
    "`result`: `ok`, `error`, `timeout` or `cancelled`. With `error` and `timeout` the cause is in `error_code`; the "
    "README lists the codes. A refusal by the counteragent is no error: `result` is `ok`, and `outcome` tells of it.",
)
AND_STATUS = Text(
    "и [выходы состояния](#status), и [общие](#common)", "and the [status](#status) and [common](#common)"
)
AND_COMMON = Text("и [общие выходы](#common)", "and the [common outputs](#common)")
WAITS = Text("Умеет ждать исхода.", "Can wait for an outcome.")
AT_ONCE = Text("Отвечает сразу, не ждёт.", "Answers at once, does not wait.")
REQUIRED = Text("**обязательно**", "**required**")


def page(language: str) -> str:
    """The whole page, Markdown."""
    listed = [(f"[{code(one.code)}](#{one.code})", one.name.of(language)) for one in catalog().values()]
    parts = [
        f"# {TITLE.of(language)}\n",
        ABOUT.of(language) + "\n",
        table(CODES_HEAD[language], listed),
        *(_activity(one, language) for one in catalog().values()),
        _anchored("common", COMMON, language),
        RESULTS.of(language) + "\n",
        _outputs(CommonOutput(), language),
        _anchored("status", STATUS, language),
        _outputs(StatusOutput(), language),
        f"### {STATES.of(language)}\n",
        _codes(DOCFLOW_STATES, language),
        f"### {ENDS.of(language)}\n",
        _codes(OUTCOMES, language),
    ]
    return "\n".join(parts)


def _anchored(anchor: str, title: Text, language: str) -> str:
    return f'<a id="{anchor}"></a>\n\n## {title.of(language)}\n'


def _activity(activity: Activity, language: str) -> str:
    rest = AND_STATUS if activity.has_status else AND_COMMON
    kind = WAITS if activity.waits else AT_ONCE
    return "\n".join(
        [
            _anchored(activity.code, activity.name, language),
            f"{code(activity.code)}, {code(activity.code + '_activity')}. {activity.description.of(language)} "
            f"{kind.of(language)}\n",
            f"**{INPUTS.of(language)}**\n",
            table(HEAD[language], [_input(name, field, language) for name, field in activity.inputs.fields.items()]),
            f"**{OUTPUTS.of(language)}** ({rest.of(language)})\n",
            _outputs(activity.Output(), language),
        ]
    )


def _input(name: str, field: fields.Field, language: str) -> tuple[str, ...]:
    title = field.metadata["label"].of(language)
    return code(name), title, _type(field, language), _when_empty(field, language), _explained(field, language)


def _outputs(schema: Schema, language: str) -> str:
    rows = [
        (code(name), field.metadata["label"].of(language), _type(field, language))
        for name, field in schema.fields.items()
    ]
    return table(OUT_HEAD[language], rows)


def _type(field: fields.Field, language: str) -> str:
    kind = TYPES[portal_type(field)].of(language)
    many = {"ru": "несколько: ", "en": "several: "}[language] if isinstance(field, Many) else ""
    return many + kind


def _when_empty(field: fields.Field, language: str) -> str:
    if field.required:
        return REQUIRED.of(language)
    default = field.load_default() if callable(field.load_default) else field.load_default
    return ", ".join(code(one) for one in _written(field, default))


def _written(field: fields.Field, default: Any) -> list[str]:
    if default in (missing, None, "", []):
        return []
    items, one = (default, field.inner) if isinstance(field, Many) else ([default], field)
    return [str(one.write(item)) if isinstance(one, PortalField) else str(item) for item in items]


def _explained(field: fields.Field, language: str) -> str:
    options: dict[str, Text] = getattr(field, "options", {})
    keys = "; ".join(f"{code(key)} {title.of(language)}" for key, title in options.items())
    helps = field.metadata.get("help")
    return ". ".join(part for part in (helps.of(language) if helps else "", keys) if part)


def _codes(meant: dict[Any, Text], language: str) -> str:
    return table(CODES_HEAD[language], [(code(str(one)), text.of(language)) for one, text in meant.items()])
