"""Fields of activities: declared once, they read what a portal sends, write what it takes, and register themselves.

A field reads text (a portal casts before we see it) and raises marshmallow's ValidationError with a `Text` as hint;
`Activity.load_inputs` turns that into `errors.InputInvalid` naming the field and the value. Empty means absent: an
optional field left empty gives `load_default`, or without one "" (text), None (number, date, user), [] (`Many`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, missing

from activities import requisites, values
from activities.values import Text

LINE_LIMIT = 1_000
TEXT_LIMIT = 10_000


def label(ru: str, en: str, help_ru: str = "", help_en: str = "") -> dict[str, Text | None]:
    """Metadata of a field: its name, and a hint for the designer, in both languages."""
    return {"label": Text(ru, en), "help": Text(help_ru, help_en) if help_ru or help_en else None}


def invalid(ru: str, en: str) -> ValidationError:
    """What a field or validator raises: the sentence after "the value … does not fit"."""
    return ValidationError([Text(ru, en)])  # marshmallow keeps any message as it is


class PortalField(fields.Field):
    """The base: one value, text on the wire. `portal_type` is one of Bitrix24's ten."""

    portal_type: ClassVar[str] = "string"
    nothing: ClassVar[Any] = ""
    hint: ClassVar[Text] = Text("Значение непонятно.", "The value cannot be read.")
    default_error_messages = {
        "required": [Text("Поле обязательно, заполните его.", "The field is required, fill it in.")],
    }

    def __init__(self, **options: Any) -> None:
        if not options.get("required") and "load_default" not in options:
            options["load_default"] = self.nothing
        super().__init__(**options)

    def read(self, text: str) -> Any:
        """The value of a text that is not empty. Raises ValueError (then `hint` is shown) or ValidationError."""
        return text

    def write(self, value: Any) -> Any:
        """The wire form of a value that is not None."""
        return str(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return self.read(values.as_text(_the_only(value)))
        except ValueError as error:
            if isinstance(error, ValidationError):
                raise
            raise ValidationError([self.hint]) from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return "" if value is None else self.write(value)


def _the_only(value: Any) -> Any:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


class Line(PortalField):
    """A line of text."""

    def read(self, text: str) -> str:
        return values.read_line(text)

    def write(self, value: Any) -> str:
        return values.shorten(values.read_line(values.as_text(value)), LINE_LIMIT)


class TextBlock(PortalField):
    """A text of several lines."""

    portal_type = "text"

    def write(self, value: Any) -> str:
        return values.shorten(values.as_text(value), TEXT_LIMIT)


class Whole(PortalField):
    """A whole number, int; `at_least` and `at_most` are limits of an input."""

    portal_type = "int"
    nothing = None
    hint = Text("Нужно целое число, например 5.", "A whole number is needed, for example 5.")

    def __init__(self, *, at_least: int | None = None, at_most: int | None = None, **options: Any) -> None:
        self.at_least, self.at_most = at_least, at_most
        super().__init__(**options)

    def read(self, text: str) -> int:
        number = values.read_whole(text)
        if self.at_least is not None and number < self.at_least:
            raise invalid(f"Нужно не меньше {self.at_least}.", f"At least {self.at_least} is needed.")
        if self.at_most is not None and number > self.at_most:
            raise invalid(f"Нужно не больше {self.at_most}.", f"At most {self.at_most} is allowed.")
        return number

    def write(self, value: Any) -> int:
        return int(value)


class Money(PortalField):
    """A sum, Decimal with two places. `with_currency=True` gives `values.Amount`, for "100.50|USD"."""

    nothing = None
    hint = Text(
        "Нужна сумма, например 1234,56 или 1234.56, не больше двух знаков после запятой.",
        "A sum is needed, for example 1234.56, with at most two decimal places.",
    )

    def __init__(self, *, with_currency: bool = False, **options: Any) -> None:
        self.with_currency = with_currency
        super().__init__(**options)

    def read(self, text: str) -> Decimal | values.Amount:
        amount = values.read_amount(text)
        return amount if self.with_currency else amount.value

    def write(self, value: Any) -> str:
        return f"{value:f}"


class Day(PortalField):
    """A date, `datetime.date`, as written (never shifted by an offset)."""

    nothing = None
    hint = Text("Нужна дата, например 21.08.2026.", "A date is needed, for example 21.08.2026 or 2026-08-21.")

    def read(self, text: str) -> date:
        return values.read_day(text)

    def write(self, value: Any) -> str:
        return value.isoformat()


class Moment(PortalField):
    """A moment, aware, in UTC; ISO 8601 with offset on the wire. Writing a naive one raises ValueError."""

    portal_type = "datetime"
    nothing = None
    hint = Text("Нужны дата и время, например 21.08.2026 14:30.", "A date and time is needed: 2026-08-21T14:30+03:00.")

    def read(self, text: str) -> datetime:
        return values.read_moment(text)

    def write(self, value: Any) -> str:
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).isoformat(timespec="seconds")


class Flag(PortalField):
    """Yes or no, bool; Y and N on the wire. Left empty it is `load_default`, or False."""

    portal_type = "bool"
    nothing = False
    hint = Text("Нужно Y (да) или N (нет).", "Y (yes) or N (no) is needed.")

    def read(self, text: str) -> bool:
        return values.read_flag(text)

    def write(self, value: Any) -> str:
        return "Y" if value else "N"


class Choice(PortalField):
    """One of several keys, str. `options` maps each key to its title; titles of keys compare without case."""

    portal_type = "select"

    def __init__(self, options: Mapping[str, Text], **field_options: Any) -> None:
        self.options = dict(options)
        super().__init__(**field_options)

    def read(self, text: str) -> str:
        for key in self.options:
            if key.lower() == text.lower():
                return key
        keys = ", ".join(self.options)
        raise invalid(f"Можно: {keys}.", f"Possible: {keys}.")


class User(PortalField):
    """A user of the portal, int; "user_1" on the wire."""

    portal_type = "user"
    nothing = None
    hint = Text("Нужен один сотрудник, не группа и не отдел.", "One employee is needed, no group or department.")

    def read(self, text: str) -> int:
        return values.read_user(text)

    def write(self, value: Any) -> str:
        return f"user_{value}"


class Inn(PortalField):
    """An INN in its normal form, str. Whether it is right is `requisites.check`'s to say: a wrong one is a finding."""

    def read(self, text: str) -> str:
        return requisites.normal_inn(text)


class Kpp(PortalField):
    """A KPP in its normal form, str; checked by `requisites.check`."""

    def read(self, text: str) -> str:
        return requisites.normal_kpp(text)


class Many(PortalField):
    """A Multiple field: a list of what `inner` reads. Takes one value, a list, or a map with numbered keys."""

    def __init__(self, inner: PortalField, **options: Any) -> None:
        self.inner = inner
        options.setdefault("load_default", missing if options.get("required") else list)
        super().__init__(**options)

    @property
    def options(self) -> dict[str, Text]:
        """The options of a choice, {} of anything else."""
        return getattr(self.inner, "options", {})

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        items = [item for item in _items(value) if not values.is_empty(item)]
        return [self.inner.deserialize(item, attr, data, **kwargs) for item in items]

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[Any]:
        write: Callable[[Any], Any] = self.inner.write
        return [write(item) for item in value or [] if item is not None]


def _items(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    if not all(str(key).isdecimal() for key in value):
        raise invalid("Нужен список значений.", "A list of values is needed.")
    return [value[key] for key in sorted(value, key=int)]


def portal_type(field: fields.Field) -> str:
    """The Bitrix24 type of a declared field; of a `Many`, that of its items."""
    if isinstance(field, Many):
        return field.inner.portal_type
    if not isinstance(field, PortalField):
        raise TypeError(f"{field!r} is no field of activities.fields")
    return field.portal_type
