"""What a self-check says, and how one check that breaks spoils none of the others."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from activities.values import Text
from errors import AppError

log = logging.getLogger(__name__)

Level = Literal["ok", "warn", "bad"]
WORST: tuple[Level, ...] = ("bad", "warn", "ok")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at. code: stable, for programs; text: how it is, what to do and who does it;
    who_must_act: "" where nobody has to."""

    code: str
    name: Text
    level: Level
    text: Text
    who_must_act: str = ""


class Said(NamedTuple):
    """What one check found out."""

    level: Level
    text: Text
    who_must_act: str = ""


class Check(NamedTuple):
    """look: says how it is, or raises; None = there is nothing to say."""

    code: str
    name: Text
    look: Callable[[], Said | None]


def fine(ru: str, en: str) -> Said:
    return Said("ok", Text(ru, en))


def warn(ru: str, en: str, *, who: str = "administrator") -> Said:
    return Said("warn", Text(ru, en), who)


def bad(ru: str, en: str, *, who: str = "administrator") -> Said:
    return Said("bad", Text(ru, en), who)


def looked(check: Check) -> Finding | None:
    """What a check says, whatever happens to it."""
    try:
        said = check.look()
    except AppError as error:
        said = of_error(error)
    except Exception as error:  # a check is run because something is broken: what breaks it is told like the rest
        log.exception("self-check broke", extra={"check": check.code})
        kind = type(error).__name__
        said = bad(
            f"Проверить не удалось ({kind}). Причина в журнале службы; администратору нужно её посмотреть.",
            f"This could not be checked ({kind}). The cause is in the service's log for the administrator.",
        )
    return Finding(code=check.code, name=check.name, **said._asdict()) if said else None


def of_error(error: AppError) -> Said:
    """An error as it is told everywhere; what passes by itself is only worth a warning."""
    text = Text(error.text("ru"), error.text("en"))
    return Said("warn" if error.temporary else "bad", text, error.who_must_act)


def age(since: datetime | None) -> float:
    """Seconds since a moment; 0 for one that is not known or not yet over."""
    return max((datetime.now(UTC) - since).total_seconds(), 0.0) if since else 0.0


def ago(seconds: float) -> Text:
    """A length of time as people say it."""
    for ru, en, size in (("дн.", "days", 86_400), ("ч", "h", 3600), ("мин", "min", 60)):
        if seconds >= 2 * size:
            return Text(f"{seconds / size:.0f} {ru}", f"{seconds / size:.0f} {en}")
    return Text(f"{seconds:.0f} с", f"{seconds:.0f} s")


def day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d.%m.%Y %H:%M UTC")
