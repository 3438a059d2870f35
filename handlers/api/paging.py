"""One page of a list."""

from collections.abc import Callable
from typing import Any


def page(name: str, listed: Callable[..., list[Any]], asked: dict[str, Any]) -> dict[str, Any]:
    """The rows that were asked for, and below which id the next page goes on (None = there is none)."""
    limit = asked.pop("limit")
    rows = listed(limit=limit + 1, **asked)
    return {name: rows[:limit], "next": rows[limit - 1].id if len(rows) > limit else None}
