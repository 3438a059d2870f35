"""When people of a portal are at work, as far as that is known: nine to six, and not at weekends where they said so."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from registry.settings import Settings

FIRST_HOUR, LAST_HOUR = 9, 18
SATURDAY = 5


def is_working_time(now: datetime, settings: Settings) -> bool:
    """May people be reminded of something now? Weekends count only where they did not ask for quiet."""
    there = now.astimezone(ZoneInfo(settings.time_zone))
    is_day_off = settings.is_quiet_on_holidays and there.weekday() >= SATURDAY
    return FIRST_HOUR <= there.hour < LAST_HOUR and not is_day_off


def days_since(since: datetime, now: datetime, time_zone: str) -> int:
    """Calendar days as people of the portal count them."""
    zone = ZoneInfo(time_zone)
    return (now.astimezone(zone).date() - since.astimezone(zone).date()).days


def end_of_next_working_day(now: datetime, time_zone: str) -> datetime:
    """Six in the evening, aware, in the portal's zone."""
    day = now.astimezone(ZoneInfo(time_zone)) + timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day.replace(hour=LAST_HOUR, minute=0, second=0, microsecond=0)
