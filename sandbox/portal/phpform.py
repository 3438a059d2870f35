"""PHP's bracket nesting: how forms and query strings become maps and lists, and back."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode


def parse(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """`a[b][0]=x` to {"a": {"b": ["x"]}}; a repeated name overwrites, `a[]` appends, as in PHP."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        _put(root, _path(name), value)
    return {key: _lists(value) for key, value in root.items()}


def parse_query(text: str) -> dict[str, Any]:
    return parse(parse_qsl(text, keep_blank_values=True))


def build(value: dict[str, Any]) -> str:
    """A body of application/x-www-form-urlencoded. Empty lists and maps vanish, None is an empty string."""
    return urlencode([(name, text) for key, item in value.items() for name, text in _flat(str(key), item)])


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket or not head or not rest.endswith("]"):
        return [name]
    return [head, *rest[:-1].split("][")]


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    *way, last = path
    for step in way:
        child = target.setdefault(_key(target, step), {})
        if not isinstance(child, dict):
            child = target[step] = {}
        target = child
    target[_key(target, last)] = value


def _key(target: dict[str, Any], step: str) -> str:
    if step:
        return step
    numbers = [int(key) for key in target if key.isdigit()]
    return str(max(numbers) + 1) if numbers else "0"


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if list(value) == [str(number) for number in range(len(value))]:
        return [_lists(item) for item in value.values()]
    return {key: _lists(item) for key, item in value.items()}


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        children: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        children = enumerate(value)
    else:
        yield name, "" if value is None else str(value)
        return
    for key, child in children:
        yield from _flat(f"{name}[{key}]", child)
