"""A form with PHP's nested brackets (or JSON) as nested dicts and lists of texts."""

import json
from typing import Any

from qs_codec import DecodeOptions, Duplicates, decode

# qs-codec's own lists come out wrong when nested and beyond 20 items, its other defaults drop input without a word
_OPTIONS = DecodeOptions(
    parse_lists=False,
    depth=16,
    strict_depth=True,
    parameter_limit=5000,
    raise_on_limit_exceeded=True,
    duplicates=Duplicates.LAST,
)
MAX_DEPTH = 16
MAX_VALUES = 5000


class PayloadError(ValueError):
    """What was posted cannot be used; the text says why and repeats nothing of it."""


def parse_form(raw: bytes, *, content_type: str = "") -> dict[str, Any]:
    """The body of a POST as nested dicts and lists; every value is a text (JSON: true is "Y", null is "").

    Characters that a database does not take are dropped. Raises PayloadError over 5000 values or 16 levels, and for
    what is neither a form nor a JSON object.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded", "application/json", "text/json", "text/plain"):
        raise PayloadError("the body is neither a form nor JSON")
    if "json" in kind or raw.lstrip().startswith(b"{"):
        return _from_json(raw)
    return _from_form(raw)


def _from_form(raw: bytes) -> dict[str, Any]:
    try:
        # spaces and line breaks around a form come from tools that add them
        found = decode(raw.decode("utf-8", "replace").strip(), _OPTIONS)
    except (ValueError, IndexError, TypeError, RecursionError):
        raise PayloadError(f"the form has over {MAX_VALUES} values or {MAX_DEPTH} levels, or is malformed") from None
    return {_clean(name): _nested(value) for name, value in found.items()}


def _nested(value: Any) -> Any:
    if isinstance(value, dict):
        fields = {_clean(str(name)): _nested(item) for name, item in value.items()}
        # PHP writes the indices of a list
        return list(fields.values()) if list(fields) == [str(number) for number in range(len(fields))] else fields
    if isinstance(value, list):
        return [_nested(item) for item in value]
    return _clean("" if value is None else str(value))


def _from_json(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise PayloadError("the body says it is JSON and is not") from None
    if not isinstance(found, dict):
        raise PayloadError("the JSON is no object")
    budget = [MAX_VALUES]
    return {_clean(name): _texts(value, 1, budget) for name, value in found.items()}


def _texts(value: Any, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise PayloadError(f"the JSON has over {MAX_VALUES} values or {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {_clean(name): _texts(item, depth + 1, budget) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item, depth + 1, budget) for item in value]
    if isinstance(value, bool):
        return "Y" if value else "N"
    return _clean(value or "")


def _clean(text: str) -> str:
    """Without NUL and halves of surrogate pairs: neither can be stored or sent on."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
