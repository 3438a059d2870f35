"""What a report is about: one portal, a period of days in its own time zone, and which documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

USUAL_DAYS, MOST_DAYS = 30, 1100


class QueryWrong(ValueError):
    """A period that cannot be. field: from or to."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Query:
    """since, until: days, both included; now: the moment of asking, aware. What is empty or None filters nothing:

    box_pk: of ours; inn: the counteragent's; document_type: Diadoc's code; user_id: who had us work on the package;
    state: where documents stand (of lengths: the stage).
    """

    portal_id: int
    since: date
    until: date
    time_zone: str
    now: datetime
    box_pk: int | None = None
    inn: str = ""
    document_type: str = ""
    user_id: int | None = None
    state: str = ""

    @classmethod
    def of(
        cls, *, portal_id: int, since: date | None, until: date | None, time_zone: str, now: datetime, **filters: Any
    ) -> "Query":
        """With the last thirty days where no period is named. Raises QueryWrong."""
        last = until or (now.astimezone(ZoneInfo(time_zone)).date() if since is None else _today(since, time_zone, now))
        first = since or _days_before(last, USUAL_DAYS - 1)
        if not 1970 <= first.year <= 9000:
            raise QueryWrong("from")
        if last < first or (last - first).days >= MOST_DAYS or last.year > 9000:
            raise QueryWrong("to")
        return cls(portal_id=portal_id, since=first, until=last, time_zone=time_zone, now=now, **filters)

    @property
    def begins_at(self) -> datetime:
        return self._midnight(self.since)

    @property
    def ends_at(self) -> datetime:
        """When the period is over, or now while it goes on."""
        return min(self._midnight(self.until + timedelta(days=1)), self.now)

    def values(self) -> dict[str, Any]:
        """For the statements of this package."""
        return {
            "portal_id": self.portal_id,
            "begins_at": self.begins_at,
            "ends_at": self.ends_at,
            "now": self.now,
            "box_pk": self.box_pk,
            "inn": self.inn,
            "document_type": self.document_type,
            "user_id": self.user_id,
            "state": self.state,
            "first_day": self.since,
            "last_day": self.until,
            "zone": self.time_zone,
        }

    @property
    def names_documents(self) -> bool:
        """Is it about some documents only, so that calls without any say nothing?"""
        return bool(self.box_pk or self.inn or self.document_type or self.state)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the statements have to know of states and cannot reckon themselves.

    actors: "<state>/<needs reply: true, false>/<is approval asked: true, false>" → who has to act then, "" = nobody of
    ours or theirs; what is not there is an end and waits for nothing. approval: the resolution status that asks for an
    approval; sends: the code of the activity that sends; remind_after, escalate_after: days, 0 = never.
    """

    actors: Mapping[str, str]
    approval: str
    sends: str
    remind_after: int
    escalate_after: int


def _today(since: date, time_zone: str, now: datetime) -> date:
    return max(now.astimezone(ZoneInfo(time_zone)).date(), since)


def _days_before(day: date, days: int) -> date:
    try:
        return day - timedelta(days=days)
    except OverflowError:
        raise QueryWrong("to") from None
