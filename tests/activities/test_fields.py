"""Fields: what a portal sends, what a designer reads when it does not fit, what goes back."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from marshmallow import Schema, ValidationError, fields

from activities.fields import (
    LINE_LIMIT,
    Choice,
    Day,
    Flag,
    Inn,
    Kpp,
    Line,
    Many,
    Moment,
    Money,
    TextBlock,
    User,
    Whole,
    label,
    portal_type,
)
from activities.values import Amount, Text

OPTIONS = {"pdf": Text("PDF", "PDF"), "docx": Text("Word", "Word")}


@pytest.mark.parametrize(
    ("field", "sent", "value"),
    [
        (Line(), "  ООО\n«Ромашка» ", "ООО «Ромашка»"),
        (Line(), 5, "5"),
        (Line(), ["one"], "one"),
        (TextBlock(), "a\r\nb", "a\nb"),
        (Whole(), "1 000", 1000),
        (Money(), "1 234,56", Decimal("1234.56")),
        (Money(with_currency=True), "100.50|USD", Amount(Decimal("100.50"), "USD")),
        (Day(), "21.08.2026 14:30:00", date(2026, 8, 21)),
        (Moment(), "21.08.2026 14:30:00", datetime(2026, 8, 21, 11, 30, tzinfo=UTC)),
        (Flag(), "Y", True),
        (Flag(), False, False),
        (Choice(OPTIONS), "PDF", "pdf"),
        (User(), "user_1", 1),
        (User(), {"0": "user_1"}, 1),
        (Inn(), "ИНН 7707083893.0", "7707083893"),
        (Kpp(), "7736 01 001", "773601001"),
        (Many(Whole()), {"1": "2", "0": "1", "2": ""}, [1, 2]),
        (Many(Whole()), "5", [5]),
        (Many(User()), ["user_1", "user_2"], [1, 2]),
        (Many(Choice(OPTIONS)), ["docx", "pdf"], ["docx", "pdf"]),
    ],
)
def test_a_field_reads_what_a_portal_sends(field, sent, value):
    assert field.deserialize(sent) == value


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        (Line(), ["one", "two"]),
        (Whole(), "x"),
        (Whole(at_most=365), "366"),
        (Whole(at_least=1), "0"),
        (Money(), "1,234"),
        (Day(), "08/21/2026"),
        (Moment(), "soon"),
        (Flag(), "perhaps"),
        (Choice(OPTIONS), "rtf"),
        (User(), "group_1"),
        (Many(Whole()), ["1", "x"]),
        (Many(Whole()), {"a": "1"}),
    ],
)
def test_what_does_not_fit_is_refused_with_a_hint_in_both_languages(field, sent):
    with pytest.raises(ValidationError) as raised:
        field.deserialize(sent)

    messages = raised.value.messages
    hint = messages[0] if isinstance(messages, list) else messages[1][0]
    assert hint.ru != hint.en


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        (Line(), "a\nb", "a b"),
        (Line(), "x" * 2 * LINE_LIMIT, "x" * (LINE_LIMIT - 1) + "…"),
        (TextBlock(), "a\nb", "a\nb"),
        (Whole(), 5, 5),
        (Money(), Decimal("1E+3"), "1000"),
        (Day(), date(2026, 8, 21), "2026-08-21"),
        (Moment(), datetime(2026, 8, 21, 14, 30, tzinfo=timezone(timedelta(hours=3))), "2026-08-21T11:30:00+00:00"),
        (Flag(), True, "Y"),
        (Flag(), False, "N"),
        (User(), 1, "user_1"),
        (Many(Line()), ("a", None, "b"), ["a", "b"]),
        (Many(Line()), None, []),
        (Whole(), None, ""),
        (Moment(), None, ""),
    ],
)
def test_a_field_writes_what_the_portal_takes(field, value, wire):
    assert field.serialize("x", {"x": value}) == wire


def test_a_moment_without_a_zone_is_never_written():
    with pytest.raises(ValueError, match="zone"):
        Moment().serialize("x", {"x": datetime(2026, 8, 21)})  # naive on purpose


@pytest.mark.parametrize(
    ("field", "nothing"),
    [
        (Line(), ""),
        (Choice(OPTIONS), ""),
        (Choice(OPTIONS, load_default="pdf"), "pdf"),
        (Whole(), None),
        (Whole(load_default=30), 30),
        (Day(), None),
        (Flag(), False),
        (Flag(load_default=True), True),
        (Many(Line()), []),
        (Many(Line(), load_default=["a"]), ["a"]),
    ],
)
def test_an_absent_field_has_its_default(field, nothing):
    schema = Schema.from_dict({"x": field})()

    assert schema.load({}) == {"x": nothing}


def test_lists_by_default_are_not_shared():
    schema = Schema.from_dict({"x": Many(Line())})()

    schema.load({})["x"].append("a")

    assert schema.load({}) == {"x": []}


def test_the_portals_type_comes_from_the_field():
    assert portal_type(Many(User())) == "user"
    assert portal_type(Choice(OPTIONS)) == "select"
    with pytest.raises(TypeError, match="no field"):
        portal_type(fields.String())


def test_a_label_speaks_both_languages():
    assert label("Номер", "Number") == {"label": Text("Номер", "Number"), "help": None}
    assert label("Номер", "Number", "Подсказка", "Hint")["help"] == Text("Подсказка", "Hint")
