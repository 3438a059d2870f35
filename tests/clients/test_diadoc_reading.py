"""Ticks, ids, enums and untrusted JSON."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.diadoc.ids import box_id_on_the_wire, normal_box_id, normal_id
from clients.diadoc.reading import Item, NotJson, read_json
from clients.diadoc.states import (
    AttachmentType,
    CounteragentStatus,
    DocumentAccess,
    ResolutionStatus,
    RevocationStatus,
    SenderSignatureStatus,
    read_enum,
)
from clients.diadoc.ticks import from_ticks, to_ticks

LAST_TICKS = to_ticks(datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC))


def test_ticks_of_a_known_moment_are_that_moment():
    moment = from_ticks(637499297294566056)

    assert moment == datetime(2021, 2, 26, 9, 48, 49, 456605, tzinfo=UTC)


def test_zero_ticks_mean_not_yet():
    assert from_ticks(0) is None


@pytest.mark.parametrize("ticks", [-1, LAST_TICKS + 10, 10**30])
def test_ticks_outside_the_calendar_are_refused(ticks):
    with pytest.raises(ValueError, match="ticks"):
        from_ticks(ticks)


def test_a_moment_without_a_time_zone_has_no_ticks():
    with pytest.raises(ValueError, match="time zone"):
        to_ticks(datetime(2026, 11, 1))


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-11))])))
def test_a_moment_survives_the_way_to_ticks_and_back(moment):
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        return
    if in_utc == datetime(1, 1, 1, tzinfo=UTC):
        return

    assert from_ticks(to_ticks(moment)) == in_utc


@given(st.integers(min_value=10, max_value=LAST_TICKS))
def test_ticks_are_cut_to_microseconds_and_never_moved_forward(ticks):
    assert ticks - to_ticks(from_ticks(ticks)) == ticks % 10


@given(st.uuids(), st.booleans(), st.sampled_from(["{0}", "{0.hex}", "{0.hex}@diadoc.ru", " {0} "]))
def test_a_box_has_one_normal_form_whatever_form_it_came_in(box: UUID, upper, form):
    text = form.format(box)

    normal = normal_box_id(text.upper() if upper else text)

    assert normal == box.hex
    assert box_id_on_the_wire(text) == str(box)


@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    once = normal_id(text)

    assert normal_id(once) == once


def test_what_is_no_box_id_is_left_for_diadoc_to_refuse():
    assert box_id_on_the_wire("") == ""
    assert box_id_on_the_wire("Box 1") == "Box 1"


@pytest.mark.parametrize(
    ("values", "raw", "expected"),
    [
        (RevocationStatus, "RevocationAccepted", RevocationStatus.ACCEPTED),
        (RevocationStatus, 4, RevocationStatus.ACCEPTED),
        (RevocationStatus, "4", RevocationStatus.ACCEPTED),
        (SenderSignatureStatus, "waitingForSenderSignature", SenderSignatureStatus.WAITING),
        (ResolutionStatus, -1, ResolutionStatus.UNKNOWN),
        (ResolutionStatus, 5, ResolutionStatus.SIGNATURE_DENIED),
        (CounteragentStatus, 5, CounteragentStatus.REJECTS_ME),
        (DocumentAccess, 2, DocumentAccess.ALL),
        (AttachmentType, 29, AttachmentType.REVOCATION_REQUEST),
        (AttachmentType, 41, "41"),
        (RevocationStatus, "RevocationOfTomorrow", "RevocationOfTomorrow"),
        (RevocationStatus, 77, "77"),
        (RevocationStatus, None, ""),
        (RevocationStatus, True, ""),
        (RevocationStatus, {}, ""),
    ],
)
def test_an_enum_is_read_by_name_or_number_and_survives_the_unknown(values, raw, expected):
    assert read_enum(values, raw) == expected


@pytest.mark.parametrize("values", [{}, {"Name": None}, {"Name": ""}, {"Name": []}, {"Name": {"Ticks": "x"}}])
def test_absent_null_empty_and_misshapen_are_alike(values):
    item = Item(values)

    assert item.text("Name") == ""
    assert item.id("Name") == ""
    assert item.box_id("Name") == ""
    assert item.flag("Name") is False
    assert item.number("Name") is None
    assert item.moment("Name") is None
    assert item.content("Name") == b""
    assert list(item.items("Name")) == []
    assert item.texts("Name") == ()
    assert item.pairs("Name") == {}


def test_ticks_are_read_bare_wrapped_and_as_digits():
    item = Item({"A": 637499297294566056, "B": {"Ticks": 637499297294566056}, "C": "637499297294566056"})

    assert item.moment("A") == item.moment("B") == item.moment("C") == from_ticks(637499297294566056)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_any_kind_makes_a_reader_fail(value):
    item = Item({"Name": value})

    assert isinstance(item.text("Name"), str)
    assert isinstance(item.flag("Name"), bool)
    assert item.moment("Name") is None or item.moment("Name").tzinfo is UTC
    assert isinstance(item.content("Name"), bytes)
    assert isinstance(list(item.items("Name")), list)
    assert isinstance(item.enum("Name", RevocationStatus), str)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_what_is_no_object_is_said_to_be_none(body):
    with pytest.raises(NotJson):
        read_json(body)
