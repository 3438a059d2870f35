"""Values of CRM fields: as they are kept, as REST gives them, as workflows see them."""

import base64
import binascii
import math
import re
from datetime import date, datetime
from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.world import MOSCOW

SITE_DATE, SITE_TIME = "%d.%m.%Y", "%d.%m.%Y %H:%M:%S"
_FORMATS = ("%Y-%m-%d", SITE_DATE, SITE_TIME, "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S")
_OFFSET = re.compile(r"\s*\[(-?\d+)\]$")  # newer portals append the offset in seconds


def to_moment(value: Any) -> datetime | None:
    """ISO 8601 or the site's format, without an offset in the portal's time; None when it is neither."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=MOSCOW)
    text = _OFFSET.sub("", str(value).strip())
    moment = _iso(text) or _known_format(text)
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=MOSCOW)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _known_format(text: str) -> datetime | None:
    for pattern in _FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=MOSCOW)
        except ValueError:
            continue
    return None


def to_number(value: Any) -> float | None:
    try:
        number = float(str(value).strip().replace(" ", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def site_date(moment: datetime) -> str:
    return moment.astimezone(MOSCOW).strftime(SITE_DATE)


def site_time(moment: datetime, *, offset_suffix: bool = False) -> str:
    seconds = int(MOSCOW.utcoffset(None).total_seconds())
    return moment.astimezone(MOSCOW).strftime(SITE_TIME) + (f" [{seconds}]" if offset_suffix else "")


def decode_file(value: Any) -> tuple[str, bytes]:
    """["name", "base64"] to name and bytes. Raises RestError when it is not that."""
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(part, str) for part in value):
        raise RestError("INVALID_ARG_VALUE", "File must be an array of a name and a base64 content")
    try:
        return value[0], base64.b64decode(value[1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise RestError("INVALID_ARG_VALUE", "File content is not base64") from error
