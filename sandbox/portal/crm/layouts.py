"""Layouts of configurable activities: which parts they have, and which mistakes they are refused for.

Each part of a layout is described by a shape: what it must have, what it may have besides, and how those are checked.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.methods import as_map, whole

ICONS = (
    *("arrow-down", "attention", "call", "call-completed", "call-incoming", "camera", "check", "clock", "comment"),
    *("complete", "document", "document-print", "IM", "info", "mail-outcome", "notification", "robot", "task"),
)
LOGOS = (
    *("bank-card", "call", "call-incoming", "call-outgoing", "calendar", "check", "comment", "document"),
    *("document-print", "info", "list-check", "mail-outcome", "notification", "robot", "shop-cart"),
)
KEY = re.compile(r"[A-Za-z0-9_-]+")
TAGS = ("warning", "success", "failure", "primary", "secondary")
BUTTONS = ("primary", "secondary")
SCOPES = ("", "web", "mobile")
SIZES, COLORS = ("xs", "sm", "md"), ("base_50", "base_60", "base_70", "base_90")
ANIMATIONS = ("disable", "loader")

Check = Callable[["Checker", Any, str], None]


def check(layout: dict[str, Any], languages: Sequence[str]) -> None:
    """Raises RestError for the first mistake. languages: those that the portal has."""
    if not layout:
        raise RestError("ERROR_EMPTY_LAYOUT", "Layout is empty")
    Checker(languages).shape(layout, "layout", _LAYOUT)


class Checker:
    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = languages

    def shape(self, value: Any, path: str, parts: dict[str, Check]) -> None:
        """A map with just these parts; a name that ends in * must be there."""
        given = as_map(value)
        for name in parts:
            if name.endswith("*") and given.get(name[:-1]) in (None, "", {}, []):
                raise RestError("FIELD_IS_REQUIRED", f"Field {path}.{name[:-1]} is required")
        for name, part in given.items():
            checker = parts.get(name) or parts.get(f"{name}*")
            if checker is None:
                raise RestError("FIELD_IS_REDUNDANT", f"Field {path}.{name} is redundant")
            checker(self, part, f"{path}.{name}")

    def items(self, value: Any, path: str, one: Check, limit: int) -> None:
        """An associative array: keys of the application's choice, not too many."""
        given = as_map(value)
        if len(given) > limit:
            raise RestError("TOO_MANY_ITEMS", f"Too many items in {path}, {limit} are allowed")
        for key, item in given.items():
            if not KEY.fullmatch(key):
                raise RestError("KEY_CONTAIN_WRONG_SYMBOLS", f"Key {path}.{key} contains wrong symbols")
            one(self, item, f"{path}.{key}")

    def text(self, value: Any, path: str) -> None:
        """A text, or texts by language."""
        if isinstance(value, dict):
            unknown = [language for language in value if language not in self._languages]
            if unknown:
                raise RestError("WRONG_LANG", f"Language {unknown[0]} of {path} is not installed")
        elif not isinstance(value, str | int | float):
            raise RestError("WRONG_FIELD_VALUE", f"Wrong value of the field {path}")


def _text(checker: Checker, value: Any, path: str) -> None:
    checker.text(value, path)


def _flag(checker: Checker, value: Any, path: str) -> None:
    if str(value).upper() not in ("Y", "N", "1", "0", "TRUE", "FALSE"):
        raise RestError("WRONG_FIELD_VALUE", f"Wrong value of the field {path}")


def _number(checker: Checker, value: Any, path: str) -> None:
    if whole(value) is None:
        raise RestError("WRONG_FIELD_VALUE", f"Wrong value of the field {path}")


def _string(checker: Checker, value: Any, path: str) -> None:
    if not isinstance(value, str | int):
        raise RestError("WRONG_FIELD_VALUE", f"Wrong value of the field {path}")


def _anything(checker: Checker, value: Any, path: str) -> None:
    return


def _one_of(*allowed: str) -> Check:
    def one(checker: Checker, value: Any, path: str) -> None:
        if value not in allowed:
            raise RestError("ENUM_FIELD", f"Field {path} must be one of {', '.join(allowed)}")

    return one


def _shape(parts: dict[str, Check]) -> Check:
    return lambda checker, value, path: checker.shape(value, path, parts)


def _items(one: Check, limit: int) -> Check:
    return lambda checker, value, path: checker.items(value, path, one, limit)


def _by_type(kinds: dict[str, Check]) -> Check:
    def by_type(checker: Checker, value: Any, path: str) -> None:
        kind = as_map(value).get("type")
        if not kind:
            raise RestError("FIELD_IS_REQUIRED", f"Field {path}.type is required")
        if kind not in kinds:
            raise RestError("ENUM_FIELD", f"Field {path}.type must be one of {', '.join(kinds)}")
        kinds[str(kind)](checker, value, path)

    return by_type


def _slider(checker: Checker, value: Any, path: str) -> None:
    checker.shape(value, path, {"width": _number, "leftBoundary": _number, "title": _text})
    if {"width", "leftBoundary"} <= set(as_map(value)):
        raise RestError("FIELD_IS_REDUNDANT", f"Field {path}.leftBoundary is redundant beside width")


_ACTION = _by_type(
    {
        "redirect": _shape({"type*": _string, "uri*": _string}),
        "openRestApp": _shape({"type*": _string, "actionParams": _anything, "sliderParams": _slider}),
        "restEvent": _shape(
            {"type*": _string, "id*": _string, "actionParams": _anything, "animationType": _one_of(*ANIMATIONS)}
        ),
    }
)
_SCOPE: dict[str, Check] = {"scope": _one_of(*SCOPES)}
_CLICKED: dict[str, Check] = {**_SCOPE, "hideIfReadonly": _flag}


def _block(properties: dict[str, Check], *, required: bool = True) -> Check:
    name = "properties*" if required else "properties"
    return _shape({"type*": _string, name: _shape({**properties, **_SCOPE})})


_FORMAT: dict[str, Check] = {"size": _one_of(*SIZES), "color": _one_of(*COLORS)}
_SIMPLE: dict[str, Check] = {
    "text": _block({"value*": _text, "multiline": _flag, "title": _text, "bold": _flag, **_FORMAT}),
    "link": _block({"text*": _text, "action*": _ACTION, "bold": _flag}),
    "deadline": _block({"readonly": _flag}, required=False),
}
_INNER = _by_type(_SIMPLE)
_BLOCK = _by_type(
    {
        **_SIMPLE,
        "largeText": _block({"value*": _text}),
        "withTitle": _block({"title*": _text, "block*": _INNER, "inline": _flag}),
        "lineOfBlocks": _block({"blocks*": _items(_INNER, 20)}),
    }
)
_TAG = _shape({"title*": _text, "type*": _one_of(*TAGS), "action": _ACTION, **_CLICKED})
_BUTTON = _shape({"title*": _text, "type*": _one_of(*BUTTONS), "action*": _ACTION, **_CLICKED})
_MENU_ITEM = _shape({"title*": _text, "action*": _ACTION, **_CLICKED})
_SWITCHES: dict[str, Check] = {"showPinItem": _flag, "showPostponeItem": _flag, "showDeleteItem": _flag}
_LOGO = _shape({"code*": _one_of(*LOGOS), "action": _ACTION})
_LAYOUT: dict[str, Check] = {
    "icon*": _shape({"code*": _one_of(*ICONS)}),
    "header*": _shape({"title*": _text, "titleAction": _ACTION, "tags": _items(_TAG, 2)}),
    "body*": _shape({"logo*": _LOGO, "blocks*": _items(_BLOCK, 20)}),
    "footer": _shape({"buttons": _items(_BUTTON, 2), "menu": _shape({**_SWITCHES, "items": _items(_MENU_ITEM, 20)})}),
}
