"""Inputs of a new call, checked by the activity's own schema before anything is remembered."""

import math
from typing import Any

from marshmallow import ValidationError

from activities import values
from activities.base import Activity
from activities.values import Text
from handlers.api.refusals import InputsWrong
from handlers.languages import asked_language

MOST_ITEMS, LONGEST = 200, 100_000


def checked(activity: Activity, given: dict[str, Any]) -> dict[str, Any]:
    """The inputs as they are remembered. Raises InputsWrong naming every field that does not fit."""
    faults = {name: _fault(name, value, activity) for name, value in given.items()}
    faults = {name: found for name, found in faults.items() if found}
    if not faults:
        faults = _by_schema(activity, given)
    if faults:
        raise InputsWrong(names=", ".join(sorted(faults)), faults=faults)
    return given


def _fault(name: str, value: Any, activity: Activity) -> list[str]:
    """What no schema looks at: a name that nobody declared, and values that no workflow could send."""
    if name not in activity.inputs.fields:
        return ["The activity has no such input."]
    several = value if isinstance(value, list) else [value]
    if len(several) > MOST_ITEMS or not all(map(_is_plain, several)):
        return ["A text, a number, true, false, null, or a list of these is expected."]
    return []


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST and "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and abs(value) < 10**18)


def _by_schema(activity: Activity, given: dict[str, Any]) -> dict[str, Any]:
    filled = {name: value for name, value in given.items() if not values.is_empty(value)}
    try:
        activity.inputs.load(filled)
    except ValidationError as error:
        return {str(name): _texts(found) for name, found in error.normalized_messages().items()}
    return {}


def _texts(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for one in found.values() for text in _texts(one)]
    if isinstance(found, list):
        return [text for one in found for text in _texts(one)]
    return [found.of(asked_language()) if isinstance(found, Text) else str(found)]
