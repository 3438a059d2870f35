"""Reading Diadoc's JSON without trusting it: absent, null and "" are alike, enums come as names or numbers."""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from clients.diadoc.ids import normal_box_id, normal_id
from clients.diadoc.states import Enum, read_enum
from clients.diadoc.ticks import from_ticks


class NotJson(ValueError):
    """The bytes are not the JSON object that was promised."""


class Item:
    """One JSON object. Every reader gives its own kind of nothing where the value is absent or of another kind."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __bool__(self) -> bool:
        return bool(self._values)

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""

    def flag(self, name: str) -> bool:
        value = self._values.get(name)
        return value is True or (isinstance(value, str) and value.lower() == "true")

    def number(self, name: str) -> int | None:
        value = self._values.get(name)
        if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 20:
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def id(self, name: str) -> str:
        """A message, entity, packet or event, lower-case."""
        return normal_id(self.text(name))

    def box_id(self, name: str) -> str:
        return normal_box_id(self.text(name))

    def enum(self, name: str, values: type[Enum]) -> str:
        return read_enum(values, self._values.get(name))

    def moment(self, name: str) -> datetime | None:
        """A bare tick number or a {"Ticks": number}; None for 0, for nothing and for what is no moment."""
        nested = self.item(name)
        ticks = nested.number("Ticks") if nested else self.number(name)
        try:
            return from_ticks(ticks or 0)
        except ValueError:
            return None

    def content(self, name: str) -> bytes:
        """Bytes sent as base64; b"" when they are not."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            return b""

    def item(self, name: str) -> "Item":
        """A nested object; an empty Item, which is false, when there is none."""
        value = self._values.get(name)
        return Item(value if isinstance(value, dict) else {})

    def items(self, name: str) -> Iterator["Item"]:
        value = self._values.get(name)
        return (Item(element) for element in (value if isinstance(value, list) else ()) if isinstance(element, dict))

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._values.get(name)
        return tuple(element for element in (value if isinstance(value, list) else ()) if isinstance(element, str))

    def ids(self, name: str) -> tuple[str, ...]:
        return tuple(normal_id(text) for text in self.texts(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        value = self._values.get(name)
        return tuple(element for element in (value if isinstance(value, list) else ()) if type(element) is int)

    def pairs(self, name: str) -> dict[str, str]:
        """[{"Key": …, "Value": …}] as a dict; the last of equal keys wins."""
        return {pair.text("Key"): pair.text("Value") for pair in self.items(name) if pair.text("Key")}


def read_json(body: bytes) -> Item:
    """The object in a body. Raises NotJson when it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)[:100]) from None
    if not isinstance(value, dict):
        raise NotJson(f"{type(value).__name__} instead of an object")
    return Item(value)
