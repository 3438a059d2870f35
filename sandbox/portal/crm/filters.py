"""Filters and orders of list methods: prefixes before field names, nested groups with OR."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.portal.crm.fields import Field, find_field
from sandbox.portal.methods import as_list, as_map, invalid_argument, is_yes
from sandbox.portal.model import Item
from sandbox.portal.values import to_moment, to_number

PREFIX = re.compile(r"^(!=%|!%=|!@|!=|!%|>=|<=|=%|%=|>|<|@|%|=|!)?(.+)$", re.DOTALL)


def filtered(rows: list[Item], rules: dict[str, Any], known: list[Field]) -> list[Item]:
    """Raises INVALID_ARG_VALUE for a field that does not exist."""

    def value_of(item: Item, name: str) -> Any:
        found = find_field(known, name)
        if found is None:
            raise invalid_argument(f"Invalid filter: field '{name}' is not allowed in filter")
        return item.values.get(found.upper)

    for name in _names(rules):
        if find_field(known, name) is None:
            raise invalid_argument(f"Invalid filter: field '{name}' is not allowed in filter")
    return [item for item in rows if fits(item, rules, value_of)]


def ordered(rows: list[Item], order: dict[str, Any], known: list[Field]) -> list[Item]:
    result = sorted(rows, key=lambda item: item.id)
    for name, direction in reversed(order.items()):
        found = find_field(known, name)
        if found is None:
            raise invalid_argument(f"Invalid order: field '{name}' is not allowed in order")
        upper = found.upper
        result.sort(key=lambda item: _sortable(item.values.get(upper)), reverse=str(direction).upper() == "DESC")
    return result


def filter_rows(rows: list[dict[str, Any]], rules: dict[str, Any]) -> list[dict[str, Any]]:
    """The same for rows that are maps with upper-case names; unknown names match nothing."""
    return [row for row in rows if fits(row, rules, lambda row, name: row.get(name))]


def order_rows(rows: list[dict[str, Any]], order: dict[str, Any]) -> list[dict[str, Any]]:
    result = list(rows)
    for name, direction in reversed(order.items()):
        result.sort(key=lambda row: _sortable(row.get(name)), reverse=str(direction).upper() == "DESC")
    return result


def fits(row: Any, rules: dict[str, Any], value_of: Callable[[Any, str], Any]) -> bool:
    logic = str(rules.get("logic", rules.get("LOGIC", "AND"))).upper()
    answers = [_fits_one(row, key, wanted, value_of) for key, wanted in rules.items() if key.lower() != "logic"]
    return any(answers) if logic == "OR" and answers else all(answers)


def _fits_one(row: Any, key: str, wanted: Any, value_of: Callable[[Any, str], Any]) -> bool:
    if key.isdigit():
        return fits(row, as_map(wanted), value_of)
    found = PREFIX.match(key)
    prefix, name = (found[1] or "", found[2]) if found else ("", key)
    return _compare(prefix, value_of(row, name), wanted)


def _names(rules: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for key, wanted in rules.items():
        if key.isdigit():
            names += _names(as_map(wanted))
        elif key.lower() != "logic" and (found := PREFIX.match(key)):
            names.append(found[2])
    return names


def _compare(prefix: str, value: Any, wanted: Any) -> bool:
    if prefix.startswith("!"):
        return not _compare(prefix[1:], value, wanted)
    if prefix in ("", "=", "@"):
        options = as_list(wanted) if isinstance(wanted, list | dict) else [wanted]
        present = as_list(value) or [None]
        return any(_same(part, option) for part in present for option in options)
    if "%" in prefix:
        return str(wanted).strip("%").lower() in str(value or "").lower()
    return _ranked(prefix, value, wanted)


def _ranked(prefix: str, value: Any, wanted: Any) -> bool:
    left, right = _comparable(value, wanted)
    if left is None or right is None:
        return False
    return {">": left > right, ">=": left >= right, "<": left < right, "<=": left <= right}[prefix]


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any]:
    if isinstance(value, datetime):
        return value, to_moment(wanted)
    numbers = to_number(value), to_number(wanted)
    return numbers if None not in numbers else (None if value is None else str(value), str(wanted))


def _same(value: Any, wanted: Any) -> bool:
    if wanted in (None, "", False) and value in (None, "", 0, "0"):
        return True
    if isinstance(value, datetime):
        return value == to_moment(wanted)
    if isinstance(value, bool):
        return value == is_yes(wanted)
    if isinstance(value, int | float):
        return to_number(wanted) == float(value)
    if value in ("Y", "N") and str(wanted) in ("0", "1"):
        return (value == "Y") == (str(wanted) == "1")
    return str(value or "").lower() == str("" if wanted is None else wanted).lower()


def _sortable(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, datetime):
        return (1, value.timestamp())
    number = to_number(value)
    return (1, number) if number is not None else (2, str(value).lower())
