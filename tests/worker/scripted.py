"""Activities that do what a test tells them, in place of the catalogue's."""

from collections.abc import Callable
from typing import Any

from marshmallow import Schema

from activities.base import Activity, Pending
from activities.context import Context
from activities.fields import Line, label
from activities.values import Text

Run = Callable[[Context], dict[str, Any] | Pending]


class Scripted(Activity):
    """`script`: what each run does, one after the other, the last for ever. `runs`: how often it was entered."""

    code = "diadoc_check_requisites"
    name = Text(ru="По сценарию", en="Scripted")
    description = Text(ru="По сценарию", en="Scripted")

    class Input(Schema):
        for_inn = Line(load_default="", metadata=label(ru="ИНН", en="INN"))

    class Output(Activity.Output):
        inn = Line(metadata=label(ru="ИНН", en="INN"))

    def __init__(self) -> None:
        self.script: list[Run] = [lambda context: {"inn": "7707083893"}]
        self.endings: list[Run] = [lambda context: {"inn": "finished"}]
        self.runs = 0

    def run(self, context: Context, **inputs: Any) -> dict[str, Any] | Pending:
        self.runs += 1
        return self.script[min(self.runs, len(self.script)) - 1](context)

    def finish(self, context: Context, pending: Pending, **inputs: Any) -> dict[str, Any]:
        found = self.endings[0](context)
        assert isinstance(found, dict)
        return found

    def does(self, *script: Run) -> None:
        self.script = list(script)

    def ends(self, ending: Run) -> None:
        self.endings = [ending]


def failing(error: Exception) -> Run:
    """A run that raises."""

    def run(context: Context) -> dict[str, Any]:
        raise error

    return run
