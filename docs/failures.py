"""The tables of error codes and of refused requests, out of the classes that make them."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

import errors
from activities.values import Text
from docs.markdown import code, table
from handlers import refusals

HEAD = {
    "ru": ("Код ошибки", "Повтор поможет", "Кто действует", "Что сказано человеку"),
    "en": ("Error code", "Worth repeating", "Who must act", "What a person is told"),
}
REFUSED_HEAD = {"ru": ("HTTP", "Код отказа", "Что это значит"), "en": ("HTTP", "Refusal", "Meaning")}
ACTORS = {
    "": Text("никто, повторяем сами", "nobody, we repeat"),
    "operator": Text("сотрудник, который ведёт сделку или процесс", "whoever runs the deal or the workflow"),
    "administrator": Text("администратор", "administrator"),
    "our_signer": Text("наш подписант", "our signer"),
    "counteragent": Text("контрагент", "counteragent"),
}
Kind = TypeVar("Kind", bound=errors.AppError)
SERVICES = Text("Битрикс24 или Диадок", "Bitrix24 or Diadoc")
_BASES = (errors.AppError, errors.ActivityError, errors.ServiceError, errors.AuthLost)


def codes(language: str) -> str:
    """Every error code that a workflow may see, in the order of errors.py."""
    by_code: dict[str, list[type[errors.AppError]]] = {}
    for kind in classes(errors, errors.AppError):
        if kind not in _BASES:
            by_code.setdefault(kind.code, []).append(kind)
    return table(HEAD[language], [_row(name, kinds, language) for name, kinds in by_code.items()])


def refused(language: str) -> str:
    """What the HTTP door says to requests that it does not serve."""
    kinds = [kind for kind in classes(refusals, refusals.Refused) if kind is not refusals.Refused]
    rows = [(str(kind.status), code(kind.code), _said(kind, language)) for kind in kinds]
    return table(REFUSED_HEAD[language], rows)


def classes(module: ModuleType, base: type[Kind]) -> Iterator[type[Kind]]:
    """The classes that a module defines, in its order."""
    found = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, base)]
    own = [kind for kind in found if kind.__module__ == module.__name__]
    yield from sorted(own, key=lambda kind: inspect.getsourcelines(kind)[1])


def _row(name: str, kinds: list[type[errors.AppError]], language: str) -> tuple[str, ...]:
    yes = {"ru": "да", "en": "yes"}[language] if any(kind.temporary for kind in kinds) else ""
    actors = dict.fromkeys(ACTORS[kind.who_must_act].of(language) for kind in kinds)
    told = dict.fromkeys(_said(kind, language) for kind in kinds)
    return code(name), yes, "; ".join(actors), " / ".join(told)


def _said(kind: type[errors.AppError], language: str) -> str:
    """The sentence with its facts left out."""
    pattern = (kind.ru if language == "ru" else kind.en).replace("{system}", SERVICES.of(language))
    return re.sub(r"{\w+}", "…", pattern)
