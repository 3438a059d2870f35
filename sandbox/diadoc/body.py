"""JSON bodies as Diadoc reads them: unknown names ignored, wrong kinds refused, enums by name or number."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.diadoc.errors import Refused, bad


class Fields:
    """One structure of a body. Every reader raises 400 when the member is of a wrong kind."""

    def __init__(self, members: dict[str, Any], structure: str, settings: Mapping[str, Any]) -> None:
        self._structure, self._settings = structure, settings
        self._any_case = settings["json_names_any_case"]
        self._members = {self._key(name): value for name, value in members.items() if value is not None}

    @classmethod
    def parse(cls, raw: bytes, structure: str, content_type: str, settings: Mapping[str, Any]) -> "Fields":
        if not raw:
            raise bad("Request body cannot be empty")
        media_type = content_type.split(";")[0].strip().lower()
        if media_type not in ("", "application/json", "application/x-protobuf", "application/octet-stream"):
            raise Refused(415, f"Media type {media_type[:60]} is not supported")  # the text is invented
        if media_type != "application/json":  # then it would be protobuf, which JSON is not
            raise unreadable(structure)
        try:
            members = json.loads(raw)
        except ValueError:
            raise unreadable(structure) from None
        if not isinstance(members, dict):
            raise unreadable(structure)
        return cls(members, structure, settings)

    def _key(self, name: str) -> str:
        return name.lower() if self._any_case else name

    def has(self, name: str) -> bool:
        return self._key(name) in self._members

    def raw(self, name: str) -> Any:
        return self._members.get(self._key(name))

    def _typed(self, name: str, kind: type, default: Any) -> Any:
        value = self._members.get(self._key(name), default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise unreadable(self._structure)
        return value

    def text(self, name: str) -> str:
        return self._typed(name, str, "")

    def flag(self, name: str, default: bool = False) -> bool:
        return self._typed(name, bool, default)

    def number(self, name: str, default: int = 0) -> int:
        return self._typed(name, int, default)

    def blob(self, name: str) -> bytes:
        """Standard base64, padded, no line breaks."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            raise unreadable(self._structure) from None

    def enum(self, name: str, numbers: Mapping[str, int], default: str) -> str:
        value = self._members.get(self._key(name), default)
        if isinstance(value, int) and not isinstance(value, bool) and self._settings["numeric_enums"]:
            value = next((word for word, number in numbers.items() if number == value), None)
        if value not in numbers:
            raise unreadable(self._structure)
        return value

    def nested(self, name: str) -> "Fields":
        return Fields(self._typed(name, dict, {}), self._structure, self._settings)

    def items(self, name: str) -> "Iterator[Fields]":
        for member in self._typed(name, list, []):
            if not isinstance(member, dict):
                raise unreadable(self._structure)
            yield Fields(member, self._structure, self._settings)

    def texts(self, name: str) -> list[str]:
        values = self._typed(name, list, [])
        if not all(isinstance(value, str) for value in values):
            raise unreadable(self._structure)
        return values


def unreadable(structure: str) -> Refused:
    return bad(f"Can't deserialize request body into type: {structure}")
