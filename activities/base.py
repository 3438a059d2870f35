"""What an activity is: its declaration, how its inputs are read and its outputs written.

An activity is one file with one subclass of `Activity`; see CONTRIBUTING.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError

from activities import values
from activities.fields import Flag, Line, Many, Moment, TextBlock, Whole, label
from activities.values import Text
from errors import AppError, InputInvalid, TimeIsUp

if TYPE_CHECKING:
    from activities.context import Context

SHOWN_VALUE = 100
DEADLINE_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Pending:
    """The activity waits; the status poll finishes it.

    wait_for: "sent", "delivered", "outcome", "revocation" of a package (or one document of it), or "invitation".
    deadline_days: how long, counted from the call; then the answer is `result = timeout`. since: a moment in ISO 8601;
    of a revocation, a rejection that is older answers another proposal. "" = every rejection counts.
    """

    wait_for: str
    package_id: int | None = None
    document_id: int | None = None
    invitation_id: int | None = None
    deadline_days: int = DEADLINE_DAYS
    since: str = ""


class CommonOutput(Schema):
    """What every activity returns."""

    result = Line(dump_default="ok", metadata=label(ru="Результат", en="Result"))
    error_code = Line(dump_default="", metadata=label(ru="Код ошибки", en="Error code"))
    error_text = TextBlock(dump_default="", metadata=label(ru="Текст ошибки", en="Error text"))
    retryable = Flag(dump_default=False, metadata=label(ru="Стоит повторить позже", en="Worth trying again later"))
    who_must_act = Line(dump_default="", metadata=label(ru="Кто должен действовать", en="Who must act"))
    operation_id = Line(metadata=label(ru="Номер операции", en="Operation number"))


class StatusOutput(Schema):
    """What every activity marked *+status* returns."""

    docflow_state = Line(metadata=label(ru="Состояние документооборота (код)", en="Docflow state (code)"))
    state_text = Line(metadata=label(ru="Состояние документооборота", en="Docflow state"))
    outcome = Line(metadata=label(ru="Исход", en="Outcome"))
    is_final = Flag(metadata=label(ru="Документооборот завершён", en="Docflow is final"))
    documents_count = Whole(metadata=label(ru="Всего документов", en="Documents"))
    signed_count = Whole(metadata=label(ru="Подписано контрагентом, документов", en="Documents signed"))
    refused_count = Whole(metadata=label(ru="Отказано, документов", en="Documents refused"))
    document_ids = Many(Whole(), metadata=label(ru="Номера документов", en="Document numbers"))
    document_states = Many(Line(), metadata=label(ru="Состояния документов", en="Document states"))
    refused_document_ids = Many(Whole(), metadata=label(ru="Номера отклонённых документов", en="Refused documents"))
    signed_by_us_at = Moment(metadata=label(ru="Когда подписали мы", en="Signed by us at"))
    sent_at = Moment(metadata=label(ru="Когда отправлено", en="Sent at"))
    delivered_at = Moment(metadata=label(ru="Когда доставлено", en="Delivered at"))
    signed_by_counteragent_at = Moment(metadata=label(ru="Когда подписал контрагент", en="Signed by counteragent at"))
    refusal_reason = TextBlock(metadata=label(ru="Причина отказа", en="Reason of refusal"))
    waiting_since = Moment(metadata=label(ru="Ожидание с", en="Waiting since"))
    link = Line(metadata=label(ru="Ссылка на документооборот", en="Link to the docflow"))


class Activity:
    """One step that a designer can put into a workflow. Subclasses declare it and write `run()`.

    code: equals the file's name, never changes. waits: `run()` may return `Pending`, then `finish()` gives the values.
    has_status: the *+status* outputs are added to `Output`. `inputs`, `outputs`: the schemas as the portal sees them,
    own outputs, then those of the status, then the common ones.
    """

    code: ClassVar[str] = ""
    name: ClassVar[Text]
    description: ClassVar[Text]
    waits: ClassVar[bool] = False
    has_status: ClassVar[bool] = False
    inputs: ClassVar[Schema]
    outputs: ClassVar[Schema]

    class Input(Schema):
        """Inputs, `PROPERTIES` on the portal."""

    class Output(Schema):
        """Outputs of this activity alone, `RETURN_PROPERTIES` on the portal together with the common ones."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # marshmallow takes the fields of the last base first
        parts = [CommonOutput, *([StatusOutput] if cls.has_status else []), cls.Output]
        cls.inputs = cls.Input(unknown=EXCLUDE)
        cls.outputs = type(f"{cls.__name__}Output", tuple(parts), {})()

    def run(self, context: "Context", *args: Any, **inputs: Any) -> "dict[str, Any] | Pending":
        """Do the work: return outputs, return `Pending` to wait, or raise an AppError. May be entered again."""
        raise NotImplementedError(f"{self.code} declares no run()")

    def finish(self, context: "Context", pending: Pending, *args: Any, **inputs: Any) -> dict[str, Any]:
        """The outputs once what was waited for has come. Given the inputs of the call."""
        raise NotImplementedError(f"{self.code} waits, but declares no finish()")

    @classmethod
    def load_inputs(cls, properties: object) -> dict[str, Any]:
        """Inputs for `run()` from what the portal sent, a value for every declared field.

        Raises errors.InputInvalid naming the first wrong field (a Text, see `tell`) and its value.
        """
        given = properties if isinstance(properties, dict) else {}
        filled = {name: value for name, value in given.items() if not values.is_empty(value)}
        try:
            return cls.inputs.load(filled)
        except ValidationError as error:
            raise _input_invalid(cls.inputs, filled, error) from error

    @classmethod
    def dump_outputs(cls, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """`return_values` for the portal: every declared output, "" or [] where nothing is known.

        Raises ValueError for an output that was not declared: a designer could never see it.
        """
        fields = cls.outputs.fields
        if unknown := set(outputs) - set(fields):
            raise ValueError(f"{cls.code} does not declare the outputs {sorted(unknown)}")
        blank = {name: [] if isinstance(field, Many) else "" for name, field in fields.items()}
        return {**blank, **cls.outputs.dump(outputs)}


def error_outputs(error: AppError, language: str) -> dict[str, Any]:
    """The common outputs that tell of a failure; `operation_id` is added by whoever knows it."""
    return {
        "result": "timeout" if isinstance(error, TimeIsUp) else "error",
        "error_code": error.code,
        "error_text": error.text(language),
        "retryable": error.temporary,
        "who_must_act": error.who_must_act,
    }


def tell(error: AppError, language: str) -> str:
    """The error's sentence."""
    return error.text(language)


def _input_invalid(schema: Schema, given: dict[str, Any], error: ValidationError) -> InputInvalid:
    messages = error.messages if isinstance(error.messages, dict) else {}
    name = next((name for name in schema.fields if name in messages), "")
    field = schema.fields.get(name)
    hint = next((text for text in _texts(messages.get(name)) if text), "")
    value = values.shorten(_shown(given.get(name)), SHOWN_VALUE)
    return InputInvalid(field=field.metadata["label"] if field else name, value=value, hint=hint)


def _texts(messages: Any) -> Iterator[Any]:
    if isinstance(messages, dict):
        messages = list(messages.values())
    if isinstance(messages, list):
        for message in messages:
            yield from _texts(message)
    else:
        yield messages


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return "" if value is None else values.read_line(values.as_text(value))
