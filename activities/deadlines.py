"""By when a call must be answered: the earlier of Bitrix24's own limit and ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from activities import values
from activities.base import DEADLINE_DAYS, Activity

AT_ONCE = timedelta(hours=1)  # for activities that do not wait
LONGEST_DAYS = 365
MARGIN_SECONDS = 60  # the answer must arrive before Bitrix24 stops waiting by itself


def step_limit(*, sent_at: datetime, timeout_seconds: int) -> datetime | None:
    """When we must have answered because the step's own limit ends: a minute before, but after half of it at least."""
    if timeout_seconds <= 0:
        return None
    return sent_at + timedelta(seconds=timeout_seconds - min(MARGIN_SECONDS, timeout_seconds / 2))


def deadline(
    activity: Activity | None, properties: dict[str, Any], *, received_at: datetime, limit: datetime | None
) -> datetime:
    """The call's deadline, aware, UTC; an unreadable number of days counts as the default."""
    is_long = activity is not None and _will_wait(activity, properties)
    ours = received_at + (timedelta(days=_days(properties)) if is_long else AT_ONCE)
    return min(ours, limit) if limit else ours


def _will_wait(activity: Activity, properties: dict[str, Any]) -> bool:
    """Does this call ask for waiting, as far as its inputs can be read without complaint?"""
    fields = activity.inputs.fields
    if not activity.waits:
        return False
    if "wait_for" in fields and _given(fields["wait_for"], properties.get("wait_for")) == "nothing":
        return False
    return not ("wait" in fields and _given(fields["wait"], properties.get("wait")) is False)


def _given(field: Field, value: Any) -> Any:
    if values.is_empty(value):
        return field.load_default
    try:
        return field.deserialize(value)
    except ValidationError:
        return None  # the worker will say so


def _days(properties: dict[str, Any]) -> int:
    try:
        days = int(str(properties.get("deadline_days") or DEADLINE_DAYS))
    except ValueError:
        return DEADLINE_DAYS
    return min(max(days, 1), LONGEST_DAYS)


def sent_at(timestamp: str, *, now: datetime) -> datetime:
    """When the portal says it sent the call, never later than now and never absurdly long ago."""
    try:
        said = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return said if now - timedelta(days=2) < said <= now else now
