from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import catalog, deadlines

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def due(code: str, properties: dict[str, str], limit: datetime | None = None) -> timedelta:
    return deadlines.deadline(catalog()[code], properties, received_at=NOW, limit=limit) - NOW


def test_an_activity_that_does_not_wait_has_an_hour() -> None:
    assert due("diadoc_check_requisites", {}) == timedelta(hours=1)


@pytest.mark.parametrize("properties", [{}, {"wait_for": ""}, {"wait_for": "nothing", "deadline_days": "9"}])
def test_a_sending_that_waits_for_nothing_has_an_hour_too(properties: dict[str, str]) -> None:
    assert due("diadoc_send_package", properties) == timedelta(hours=1)


def test_a_wait_has_the_days_of_its_settings() -> None:
    assert due("diadoc_send_package", {"wait_for": "outcome", "deadline_days": "9"}) == timedelta(days=9)
    assert due("diadoc_wait", {}) == timedelta(days=30)
    assert due("diadoc_wait", {"deadline_days": "5000"}) == timedelta(days=365)


def test_a_step_told_not_to_wait_has_an_hour() -> None:
    assert due("diadoc_invite", {"wait": "N"}) == timedelta(hours=1)
    assert due("diadoc_invite", {"wait": "Y"}) == timedelta(days=30)


def test_what_cannot_be_read_counts_as_waiting() -> None:
    assert due("diadoc_send_package", {"wait_for": "?", "deadline_days": "x"}) == timedelta(days=30)


def test_the_limit_of_the_step_wins_when_it_is_earlier() -> None:
    limit = deadlines.step_limit(sent_at=NOW, timeout_seconds=600)

    assert due("diadoc_wait", {}, limit) == timedelta(seconds=540)


@given(st.integers(1, 10**8))
def test_the_answer_always_comes_before_the_step_gives_up_but_not_in_its_first_half(seconds: int) -> None:
    limit = deadlines.step_limit(sent_at=NOW, timeout_seconds=seconds)

    assert limit is not None
    assert NOW + timedelta(seconds=seconds / 2) <= limit < NOW + timedelta(seconds=seconds)


def test_no_limit_is_no_limit() -> None:
    assert deadlines.step_limit(sent_at=NOW, timeout_seconds=0) is None


@pytest.mark.parametrize("stamp", ["", "x", "99999999999999999999", str(int(NOW.timestamp()) + 3600), "0"])
def test_a_senseless_time_of_sending_counts_as_now(stamp: str) -> None:
    assert deadlines.sent_at(stamp, now=NOW) == NOW
