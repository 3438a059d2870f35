"""The unverified in the form of JSON answers: empty strings and box ids, as the settings want them."""

from collections.abc import Mapping
from typing import Any

from sandbox.diadoc.ids import guid, long_box_id


def reshape(body: Any, settings: Mapping[str, Any]) -> Any:
    empty, boxes = settings["empty_fields"], settings["box_ids"]
    if (empty, boxes) == ("as_documented", "mixed"):
        return body
    return _reshaped(body, empty, boxes)


def _reshaped(value: Any, empty: str, boxes: str) -> Any:
    if isinstance(value, list):
        return [_reshaped(one, empty, boxes) for one in value]
    if not isinstance(value, dict):
        return value
    members = {name: _member(name, member, empty, boxes) for name, member in value.items()}
    return {name: member for name, member in members.items() if empty != "absent" or member != ""}


def _member(name: str, value: Any, empty: str, boxes: str) -> Any:
    if value == "":
        return None if empty == "null" else value
    if name.endswith("BoxId") and isinstance(value, str) and boxes != "mixed":
        return long_box_id(guid(value)) if boxes == "long" else guid(value)
    return _reshaped(value, empty, boxes)
