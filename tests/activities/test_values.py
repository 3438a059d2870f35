"""Values as portals write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import values


@pytest.mark.parametrize(
    ("written", "value", "currency"),
    [
        ("100", "100.00", ""),
        ("100.5", "100.50", ""),
        ("100.50|RUB", "100.50", "RUB"),
        ("1 234,56", "1234.56", ""),
        ("1\u00a0234\u202f567,89 ₽", "1234567.89", "RUB"),
        ("1 234,56 руб.", "1234.56", "RUB"),
        ("1,234.56", "1234.56", ""),
        ("1.234.567,80", "1234567.80", ""),
        ("1'234.50", "1234.50", ""),
        ("99.90 usd", "99.90", "USD"),
        ("250 &#8381;", "250.00", "RUB"),
        ("100.5000", "100.50", ""),
        ("0", "0.00", ""),
    ],
)
def test_money_is_read_as_portals_and_people_write_it(written, value, currency):
    assert values.read_amount(written) == (Decimal(value), currency)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "1,234",
        "1.000",
        "10.005",
        "1 23",
        "12 34,5",
        "1,2,3",
        "1,234,56",
        "-5",
        "5 кг",
        "１００",
        "1e3",
        "NaN",
        "|RUB",
        "10 10",
    ],
)
def test_a_sum_that_is_none_or_could_be_two_is_refused(written):
    with pytest.raises(ValueError):  # noqa: PT011  # whatever the reason, the field's own hint is shown
        values.read_amount(written)


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_a_sum_survives_every_way_of_writing_it(value):
    russian = f"{value:,}".replace(",", "\u00a0").replace(".", ",")

    for written in (f"{value}", f"{value:,}", russian, f"{value}|EUR"):
        assert values.read_amount(written).value == value


@given(st.text())
def test_text_is_a_value_or_a_value_error(text):
    for read in (
        values.read_amount,
        values.read_day,
        values.read_moment,
        values.read_whole,
        values.read_user,
        values.read_id,
    ):
        try:
            read(text)
        except ValueError:
            continue
        assert any(sign.isdigit() for sign in text)


@pytest.mark.parametrize(("written", "number"), [("5", 5), (" 1\u00a0000 ", 1000), ("5.00", 5), ("-3", -3), ("+7", 7)])
def test_whole_numbers_may_be_grouped(written, number):
    assert values.read_whole(written) == number


@pytest.mark.parametrize("written", ["5.5", "5 6", "five", "", "９", "1_000", "9" * 30])
def test_what_is_no_whole_number_is_refused(written):
    with pytest.raises(ValueError, match="whole"):
        values.read_whole(written)


@pytest.mark.parametrize(
    "written",
    [
        "21.08.2026",
        "21.08.2026 23:30:00",
        "21.08.2026 23:30",
        "21.08.2026 23:30:00 [10800]",
        "2026-08-21",
        "2026-08-21T00:00:00+03:00",
        "2026-08-21T23:59:59-10:00",
    ],
)
def test_a_day_is_the_day_as_written(written):
    assert values.read_day(written) == date(2026, 8, 21)


@pytest.mark.parametrize(
    "written", ["", "31.02.2026", "21.08.26", "08/21/2026", "0001-01-01", "21.08.2026 25:00", "вчера", "2026"]
)
def test_what_is_no_day_is_refused(written):
    with pytest.raises(ValueError):  # noqa: PT011  # the reasons differ, the field's hint is one
        values.read_day(written)


@pytest.mark.parametrize(
    "written",
    ["21.08.2026 14:30:00", "21.08.2026 14:30:00 [10800]", "2026-08-21T14:30:00+03:00", "2026-08-21T11:30:00Z"],
)
def test_a_moment_is_aware_and_in_utc(written):
    assert values.read_moment(written) == datetime(2026, 8, 21, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "flag"), [("Y", True), ("1", True), ("true", True), ("ДА", True), ("N", False), ("0", False)]
)
def test_flags_are_understood(written, flag):
    assert values.read_flag(written) is flag


@pytest.mark.parametrize(
    ("written", "user"), [("user_1", 1), ("1", 1), ("U17", 17), ("[5]", 5), ("Иван Петров [12]", 12)]
)
def test_users_are_understood(written, user):
    assert values.read_user(written) == user


@pytest.mark.parametrize("written", ["group_5", "D4", "user_0", "Иван Петров", "user_1, user_2"])
def test_who_is_no_user_is_refused(written):
    with pytest.raises(ValueError, match="not a user"):
        values.read_user(written)


def test_ids_may_carry_the_prefix_of_their_kind_only():
    assert values.read_id("CO_5", "CO") == 5
    assert values.read_id("n123", "n") == 123
    assert values.read_id(" 123 ", "n") == 123
    assert values.read_id("7.0") == 7
    for wrong in ("C_7", "0", "-1", "5 6", "CO_", "x5"):
        with pytest.raises(ValueError, match="not an id"):
            values.read_id(wrong, "CO")


def test_currencies_are_known_by_letters_and_by_digits():
    assert values.okv("rub ") == values.okv("643") == "643"
    assert values.okv("36") == values.okv("AUD") == "036"
    assert values.iso_currency("643") == "RUB"
    assert values.iso_currency("999") == ""
    with pytest.raises(ValueError, match="currency"):
        values.okv("ХХХ")


@pytest.mark.parametrize("nothing", [None, "", "  \n", [], {}, [""], {"0": ""}, [[], {"1": None}]])
def test_blanks_and_lists_of_blanks_are_nothing(nothing):
    assert values.is_empty(nothing)


@pytest.mark.parametrize("something", ["0", 0, False, ["", "a"], {"0": "N"}])
def test_zero_and_no_are_something(something):
    assert not values.is_empty(something)


def test_text_loses_what_no_database_can_keep():
    assert values.as_text("a\x00b\r\nc\rd\x1f") == "ab\nc\nd"
    assert values.as_text("\ud800x") == "x"
    assert values.as_text(True) == "Y"
    assert values.as_text(5) == "5"
    with pytest.raises(ValueError, match="one value"):
        values.as_text(["a"])


def test_a_long_text_is_cut_visibly():
    assert values.shorten("абвг", 4) == "абвг"
    assert values.shorten("абвгд", 4) == "абв…"


def test_a_text_answers_in_two_languages():
    text = values.Text(ru="да", en="yes")

    assert [text.of("ru"), text.of("en"), text.of("de"), str(text)] == ["да", "yes", "yes", "yes"]
