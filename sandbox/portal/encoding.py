"""Values on their way between a workflow and a handler: printed for the call, read back from the answer."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.portal.methods import as_list, is_yes, whole
from sandbox.portal.model import Portal
from sandbox.portal.values import site_date, site_time, to_moment, to_number

MISSING = object()  # an empty multiple value: it is not in the form at all


def externalised(description: dict[str, Any], value: Any, *, offset_suffix: bool = False) -> Any:
    """One property as the handler gets it: texts, "" for nothing, a list for a multiple one, MISSING for an empty."""
    kind = str(description.get("TYPE", "string")).lower()
    if is_yes(description.get("MULTIPLE")):
        shown = [_out(kind, part, offset_suffix) for part in as_list(value)]
        return [part for part in shown if part != ""] or MISSING
    return _out(kind, _first(value), offset_suffix)


def internalised(portal: Portal, description: dict[str, Any], value: Any) -> Any:
    """A returned value in the declared type. What PHP takes for false is kept as it came."""
    if value in (None, "", 0, "0", False, [], {}):
        return value
    kind = str(description.get("TYPE", "string")).lower()
    if is_yes(description.get("MULTIPLE")):
        return [_in(portal, kind, part) for part in as_list(value)]
    return _in(portal, kind, _first(value))


def printed(value: Any) -> str:
    """A value inside a longer text, and in the journal."""
    if isinstance(value, list):
        return ", ".join(printed(part) for part in value)
    if isinstance(value, datetime):
        return site_time(value)
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    return "" if value is None else str(value)


def _first(value: Any) -> Any:
    if isinstance(value, dict | list):
        return next(iter(as_list(value)), None)
    return value


def _out(kind: str, value: Any, offset_suffix: bool) -> str:
    if value is None or value == "":
        return ""
    if kind in ("date", "datetime"):
        moment = to_moment(value)
        if moment is None:
            return ""
        return site_date(moment) if kind == "date" else site_time(moment, offset_suffix=offset_suffix)
    if kind == "bool":
        return "Y" if is_yes(value) else "N"
    if kind == "int":
        number = to_number(value)
        return "" if number is None else str(int(number))
    if kind == "double":
        number = to_number(value)
        return "" if number is None else printed(number)
    if kind == "user":
        return f"user_{whole(value)}" if whole(value) else str(value)
    if kind == "file":
        return str(whole(value) or "")
    return printed(value).replace("\r\n", "\n")


def _in(portal: Portal, kind: str, value: Any) -> Any:
    if kind == "int":
        number = to_number(value)
        return None if number is None else int(number)
    if kind == "double":
        return to_number(value)
    if kind == "bool":
        return "Y" if is_yes(value) else "N"
    if kind in ("date", "datetime"):
        return to_moment(value)
    if kind == "user":
        return f"user_{whole(value)}" if whole(value) else str(value)
    if kind == "file":  # only an existing file survives, a new one cannot come this way
        return whole(value) if whole(value) in portal.files else None
    return value if isinstance(value, str) else printed(value)
