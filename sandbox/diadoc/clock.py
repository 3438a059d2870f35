"""Time in ticks (100 ns since 0001-01-01 UTC), never twice the same, and movable: seven days pass in one call."""

from datetime import UTC, datetime, timedelta

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
TICKS_PER_SECOND = 10_000_000


def to_ticks(moment: datetime) -> int:
    passed = moment - _BEGINNING
    return (passed.days * 86_400 + passed.seconds) * TICKS_PER_SECOND + passed.microseconds * 10


def from_ticks(ticks: int) -> datetime:
    return _BEGINNING + timedelta(microseconds=ticks // 10)


class Clock:
    """What time it is in the sandbox. Not safe for threads: used under the world's lock."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._last = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def tick(self) -> int:
        self._last = max(self._last + 1, to_ticks(self.now()))
        return self._last

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
