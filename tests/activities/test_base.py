"""The frame of an activity: its inputs, its outputs, its failures."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema

from activities.base import Activity, Pending, error_outputs, tell
from activities.fields import Choice, Flag, Line, Many, Moment, Money, Whole, label
from activities.values import Text
from errors import InputInvalid, MetadataMissing, RateLimited, TimeIsUp

COMMON = {"result", "error_code", "error_text", "retryable", "who_must_act", "operation_id"}


class Sample(Activity):
    code = "diadoc_sample"
    name = Text("Диадок: пример", "Diadoc: sample")
    description = Text("Пример.", "A sample.")

    class Input(Schema):
        number = Whole(required=True, metadata=label(ru="Номер", en="Number"))
        total = Money(metadata=label(ru="Сумма", en="Total"))
        kinds = Many(Choice({"a": Text("А", "A"), "b": Text("Б", "B")}), metadata=label(ru="Виды", en="Kinds"))
        sure = Flag(load_default=True, metadata=label(ru="Точно", en="Sure"))

    class Output(Schema):
        package_id = Whole(metadata=label(ru="Пакет", en="Package"))
        names = Many(Line(), metadata=label(ru="Имена", en="Names"))
        total_sum = Money(metadata=label(ru="Итого", en="Total"))
        seen_at = Moment(metadata=label(ru="Когда", en="When"))


class WithStatus(Sample):
    code = "diadoc_with_status"
    has_status = True
    waits = True


def test_every_declared_input_reaches_run_and_nothing_else_does():
    inputs = Sample.load_inputs({"number": "5", "kinds": {"0": "b"}, "total": "", "invented": "x"})

    assert inputs == {"number": 5, "total": None, "kinds": ["b"], "sure": True}


@pytest.mark.parametrize(
    ("properties", "field", "value"),
    [
        ({}, "Номер", ""),
        (None, "Номер", ""),
        ([], "Номер", ""),
        ({"number": ["", ""]}, "Номер", ""),
        ({"number": "five"}, "Номер", "five"),
        ({"number": "five", "total": "x"}, "Номер", "five"),
        ({"number": "5", "total": "1,234"}, "Сумма", "1,234"),
        ({"number": "5", "kinds": ["a", "z"]}, "Виды", "a, z"),
        ({"number": {"0": "1", "1": "2"}}, "Номер", "1, 2"),
        ({"number": "9" * 500}, "Номер", "9" * 99 + "…"),
    ],
)
def test_an_input_that_does_not_fit_is_named_with_its_value(properties, field, value):
    with pytest.raises(InputInvalid) as raised:
        Sample.load_inputs(properties)

    assert raised.value.facts["field"].ru == field
    assert raised.value.facts["value"] == value
    assert field in tell(raised.value, "ru")


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json | st.fixed_dictionaries({"number": json, "total": json, "kinds": json, "sure": json}))
def test_whatever_is_sent_is_read_or_refused_in_words(properties):
    try:
        told = str(Sample.load_inputs(properties)["number"])
    except InputInvalid as error:
        told = tell(error, "ru")

    assert told


def test_outputs_are_written_as_the_portal_takes_them():
    outputs = Sample.dump_outputs(
        {
            "package_id": 7,
            "names": ["a"],
            "total_sum": Decimal("1.50"),
            "seen_at": datetime(2026, 11, 20, 9, tzinfo=UTC),
            "operation_id": 1042,
        }
    )

    assert outputs == {
        "package_id": 7,
        "names": ["a"],
        "total_sum": "1.50",
        "seen_at": "2026-11-20T09:00:00+00:00",
        "result": "ok",
        "error_code": "",
        "error_text": "",
        "retryable": "N",
        "who_must_act": "",
        "operation_id": "1042",
    }


def test_what_is_not_known_is_written_as_nothing():
    outputs = Sample.dump_outputs({"package_id": None})

    assert outputs["package_id"] == outputs["seen_at"] == ""
    assert outputs["names"] == []


def test_an_undeclared_output_is_a_mistake_and_not_dropped():
    with pytest.raises(ValueError, match="invented"):
        Sample.dump_outputs({"invented": 1})


def test_every_activity_has_the_common_outputs_and_those_with_a_status_more():
    assert set(Sample.outputs.fields) >= COMMON
    assert "docflow_state" not in Sample.outputs.fields
    assert {"docflow_state", "outcome", "document_ids", "link", "package_id"} | COMMON <= set(WithStatus.outputs.fields)
    assert next(iter(Sample.outputs.fields)) == "package_id"


def test_an_error_becomes_outputs_in_the_portals_language():
    error = MetadataMissing(document="Счёт", fields=[Text("Номер", "Number"), Text("Дата", "Date")])

    outputs = error_outputs(error, "ru")

    assert outputs["result"] == "error"
    assert outputs["error_code"] == "METADATA_MISSING"
    assert "Номер, Дата" in outputs["error_text"]
    assert "Number, Date" in error_outputs(error, "en")["error_text"]
    assert Sample.dump_outputs(outputs)["retryable"] == "N"


def test_a_service_in_trouble_is_worth_trying_again():
    error = RateLimited(system="Диадок", method="PostMessage", status=429, detail="slow down", retry_after=3)

    outputs = error_outputs(error, "ru")

    assert (outputs["error_code"], outputs["retryable"], outputs["who_must_act"]) == ("RATE_LIMITED", True, "")
    assert "slow down" in outputs["error_text"]


def test_time_that_is_up_is_a_result_of_its_own():
    assert error_outputs(TimeIsUp(deadline="21.12.2026"), "ru")["result"] == "timeout"


def test_an_activity_that_waits_has_to_say_how_it_ends():
    with pytest.raises(NotImplementedError, match="diadoc_with_status"):
        WithStatus().finish(None, Pending(wait_for="outcome", package_id=1))
    with pytest.raises(NotImplementedError, match="diadoc_sample"):
        Sample().run(None)


def test_a_wait_lasts_thirty_days_unless_told_otherwise():
    assert Pending(wait_for="sent", package_id=1).deadline_days == 30
