"""The usual form of a call at a tenth of the cost: plain names, few values, sound UTF-8. Others take the long way."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from clients.bitrix24.form import parse_form

_MOST_BYTES, _MOST_VALUES = 32 * 1024, 200
_FORM = ("", "application/x-www-form-urlencoded")
_NAME = re.compile(r"\w+(?:\[\w+\]){0,4}", re.ASCII)


def parse_usual_form(raw: bytes, *, content_type: str = "") -> dict[str, Any]:
    """The same as parse_form(), and as strict; only faster for what a portal usually sends. Raises PayloadError."""
    found = _quickly(raw) if content_type in _FORM and len(raw) <= _MOST_BYTES else None
    return parse_form(raw, content_type=content_type) if found is None else found


def _quickly(raw: bytes) -> dict[str, Any] | None:
    """The form, or None when it is not of the usual kind."""
    pairs = raw.split(b"&")
    if len(pairs) > _MOST_VALUES or raw[:1] in b" \t\r\n{" or raw[-1:].isspace() or b"\x00" in raw:
        return None
    root: dict[str, Any] = {}
    try:
        for pair in pairs:
            name, equals, value = pair.partition(b"=")
            path = _path(name)
            if not (path and equals and _put(root, path, _text(value))):
                return None
    except UnicodeDecodeError:
        return None
    return {name: _lists(value) if type(value) is dict else value for name, value in root.items()}


@lru_cache(maxsize=512)
def _path(name: bytes) -> tuple[str, ...]:
    """auth%5Bmember_id%5D to ("auth", "member_id"); () for a name that is not plain."""
    text = _text(name)
    return tuple(text.replace("]", "").split("[")) if _NAME.fullmatch(text) else ()


def _put(root: dict[str, Any], path: tuple[str, ...], value: str) -> bool:
    target = root
    for step in path[:-1]:
        target = target.setdefault(step, {})
        if type(target) is not dict:
            return False  # a text and a map under one name
    if type(target.get(path[-1])) is dict:
        return False
    target[path[-1]] = value
    return True


def _text(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
        if b"\x00" in raw:
            raw = raw.replace(b"\x00", b"")
    return raw.decode()


def _lists(fields: dict[str, Any]) -> Any:
    """A map with the keys 0, 1, 2 in order was a list."""
    items = {name: _lists(item) if type(item) is dict else item for name, item in fields.items()}
    is_list = "0" in items and list(items) == [str(number) for number in range(len(items))]
    return list(items.values()) if is_list else items
