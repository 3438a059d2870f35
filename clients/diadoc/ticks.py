"""Diadoc's clock: ticks of 100 ns counted from 0001-01-01T00:00:00 UTC, in exact integers.

Python's clock knows whole microseconds, so the last digit of a tick is cut off (never rounded up: a moment read
here is not later than the moment Diadoc meant). Going back gives ticks that end in 0.
"""

from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def from_ticks(ticks: int) -> datetime | None:
    """The moment in UTC, or None for 0, which means "has not happened". Raises ValueError outside the years 1-9999."""
    if ticks == 0:
        return None
    if ticks < 0:
        raise ValueError(f"ticks before the beginning: {ticks}")
    try:
        return _BEGINNING + timedelta(microseconds=ticks // 10)
    except OverflowError as error:
        raise ValueError(f"ticks after the year 9999: {ticks}") from error


def to_ticks(moment: datetime) -> int:
    """Ticks of an aware moment. Raises ValueError when it names no time zone."""
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone has no ticks")
    return (moment.astimezone(UTC) - _BEGINNING) // _MICROSECOND * 10
