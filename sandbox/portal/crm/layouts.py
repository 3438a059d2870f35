"""What a configurable activity may look like: fields that must, may and may not be there.

Source: crm/timeline/activities/configurable/structure of the vendor's documentation.
"""

import re
from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.methods import as_map

KEY = re.compile(r"[A-Za-z0-9_-]+")
TAG_TYPES = ("warning", "success", "failure", "primary", "secondary")
BUTTON_TYPES = ("primary", "secondary")
SIZES, COLOURS = ("xs", "sm", "md"), ("base_50", "base_60", "base_70", "base_90")
ACTIONS = {  # type → what it needs, what it may have besides
    "redirect": ({"uri"}, set()),
    "restEvent": ({"id"}, {"actionParams", "animationType"}),
    "openRestApp": (set(), {"actionParams", "sliderParams"}),
}
BLOCKS = {
    "text": ({"value"}, {"multiline", "title", "bold", "size", "color", "scope"}),
    "largeText": ({"value"}, {"scope"}),
    "link": ({"text", "action"}, {"bold", "scope"}),
    "withTitle": ({"title", "block"}, {"inline", "scope"}),
    "lineOfBlocks": ({"blocks"}, {"scope"}),
    "deadline": (set(), {"readonly", "scope"}),
}
INNER = ("text", "link", "deadline")  # what a line and a titled block may hold


def check_layout(layout: dict[str, Any]) -> None:
    """Raises the errors of crm.activity.configurable.add."""
    if not layout:
        raise RestError("ERROR_EMPTY_LAYOUT", "Layout is empty")
    _fields("layout", layout, {"icon", "header", "body"}, {"footer"})
    _fields("icon", as_map(layout["icon"]), {"code"})
    _header(as_map(layout["header"]))
    _body(as_map(layout["body"]))
    _footer(as_map(layout.get("footer")))


def _header(header: dict[str, Any]) -> None:
    _fields("header", header, {"title"}, {"titleAction", "tags"})
    _action("header.titleAction", header.get("titleAction"))
    for tag in _named("header.tags", header.get("tags"), 2):
        _fields("tag", tag, {"title", "type"}, {"action", "scope", "hideIfReadonly"})
        _one_of("tag.type", tag["type"], TAG_TYPES)
        _action("tag.action", tag.get("action"))


def _body(body: dict[str, Any]) -> None:
    _fields("body", body, {"logo", "blocks"})
    _fields("logo", as_map(body["logo"]), {"code"}, {"action"})
    for block in _named("body.blocks", body["blocks"], 20):
        _block(block, tuple(BLOCKS))


def _block(block: dict[str, Any], kinds: tuple[str, ...]) -> None:
    _fields("block", block, {"type"}, {"properties"})
    _one_of("block.type", block["type"], kinds)
    properties = as_map(block.get("properties"))
    needed, more = BLOCKS[block["type"]]
    _fields(block["type"], properties, needed, more)
    _one_of("text.size", properties.get("size", "md"), SIZES)
    _one_of("text.color", properties.get("color", "base_90"), COLOURS)
    _action("link.action", properties.get("action"))
    inner = [as_map(properties["block"])] if "block" in properties else _named("blocks", properties.get("blocks"), 20)
    for one in inner:
        _block(one, INNER)


def _footer(footer: dict[str, Any]) -> None:
    _fields("footer", footer, set(), {"buttons", "menu"})
    for button in _named("footer.buttons", footer.get("buttons"), 2):
        _fields("button", button, {"title", "type", "action"}, {"scope", "hideIfReadonly"})
        _one_of("button.type", button["type"], BUTTON_TYPES)
        _action("button.action", button["action"])
    menu = as_map(footer.get("menu"))
    _fields("menu", menu, set(), {"showPinItem", "showPostponeItem", "showDeleteItem", "items"})


def _action(path: str, action: Any) -> None:
    if action is None:
        return
    given = as_map(action)
    _one_of(f"{path}.type", given.get("type"), tuple(ACTIONS))
    needed, more = ACTIONS[given["type"]]
    _fields(path, given, {"type", *needed}, more)
    slider = as_map(given.get("sliderParams"))
    if {"width", "leftBoundary"} <= slider.keys():
        raise RestError("FIELD_IS_REDUNDANT", f"Field {path}.sliderParams.leftBoundary is redundant")


def _fields(path: str, given: dict[str, Any], needed: set[str], more: set[str] | frozenset[str] = frozenset()) -> None:
    for name in sorted(needed):
        if given.get(name) in (None, "", [], {}):
            raise RestError("FIELD_IS_REQUIRED", f"Field {path}.{name} is required")
    if unknown := sorted(given.keys() - needed - more):
        raise RestError("FIELD_IS_REDUNDANT", f"Field {path}.{unknown[0]} is redundant")


def _one_of(path: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RestError("ENUM_FIELD", f"Field {path} must be one of: {', '.join(allowed)}")


def _named(path: str, found: Any, limit: int) -> list[dict[str, Any]]:
    """The members of an associative array."""
    named = as_map(found)
    if len(named) > limit:
        raise RestError("TOO_MANY_ITEMS", f"Too many items in {path}, {limit} are allowed")
    if not all(KEY.fullmatch(key) for key in named):
        raise RestError("KEY_CONTAIN_WRONG_SYMBOLS", f"A key of {path} contains wrong symbols")
    return [as_map(one) for one in named.values()]
