"""`$result[name][path]` between the commands of a batch: who needs whom, and what stands for it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$result\[([^\[\]]+)\]((?:\[[^\[\]]*\])*)")


class BrokenReference(Exception):
    """It refers to a command that gave no result, or to something that its result does not hold."""


def defused(text: str) -> str:
    """A text from outside that must not be read as a reference: a zero-width space goes in."""
    return text.replace("$result[", "$\u200bresult[")


def needed_by(value: Any) -> set[str]:
    """The names of the commands that a value refers to."""
    return {match[1] for text in _texts(value) for match in _REFERENCE.finditer(text)}


def ordered(needs: Mapping[str, set[str]]) -> list[str]:
    """Names so that everybody comes after all he needs, otherwise in the given order.

    Raises ValueError when a name is unknown or names need each other in a circle.
    """
    unknown = {name for needed in needs.values() for name in needed} - needs.keys()
    if unknown:
        raise ValueError(f"a command refers to {sorted(unknown)}, which the batch does not have")
    done: dict[str, None] = {}
    for name in needs:
        _place(name, needs, done)
    return list(done)


def _place(name: str, needs: Mapping[str, set[str]], done: dict[str, None]) -> None:
    """Put the name behind everything it needs. A stack of its own: chains may be longer than Python's."""
    path = {} if name in done else {name: None}
    while path:
        last = next(reversed(path))
        missing = sorted(needs[last] - done.keys())
        if not missing:
            done[last] = None
            del path[last]
        elif missing[0] in path:
            raise ValueError(f"the commands {list(path)} refer to each other in a circle")
        else:
            path[missing[0]] = None


def replaced(value: Any, known: Mapping[str, Any]) -> Any:
    """The value with references to `known` results replaced: by the result itself where the reference is all of a
    text, by its text inside a longer one. Raises BrokenReference."""
    if isinstance(value, str):
        return _replaced_text(value, known)
    if isinstance(value, Mapping):
        return {key: replaced(item, known) for key, item in value.items()}
    return [replaced(item, known) for item in value] if isinstance(value, (list, tuple)) else value


def _replaced_text(text: str, known: Mapping[str, Any]) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole:
        return _found(whole, known) if whole[1] in known else text
    return _REFERENCE.sub(lambda match: str(_found(match, known)) if match[1] in known else match[0], text)


def _found(match: re.Match[str], known: Mapping[str, Any]) -> Any:
    value = known[match[1]]
    for key in re.findall(r"\[([^\[\]]*)\]", match[2]):
        try:
            value = value[int(key)] if isinstance(value, list) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise BrokenReference(match[0]) from None
    if value is None:
        raise BrokenReference(match[0])
    return value


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
