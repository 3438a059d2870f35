"""The registry of REST methods and what a method is given when it is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.portal.errors import RestError, access_denied, method_not_found, missing
from sandbox.portal.model import App, Portal, User
from sandbox.portal.world import World

PAGE = 50


@dataclass
class Method:
    name: str
    function: Callable[["Call"], Any]
    scopes: tuple[str, ...] = ()  # one of them is enough
    features: tuple[str, ...] = ()  # any of them makes the method exist
    app_only: bool = False
    admin_only: bool = False
    in_batch: bool = True


REGISTRY: dict[str, Method] = {}


def method(name: str, scope: str | tuple[str, ...] = (), **flags: Any) -> Callable[[Callable], Callable]:
    """Register a REST method. scope: needed scope or any of several; flags: fields of Method."""

    def register(function: Callable[["Call"], Any]) -> Callable[["Call"], Any]:
        scopes = (scope,) if isinstance(scope, str) else scope
        REGISTRY[name.lower()] = Method(name, function, scopes, **flags)
        return function

    return register


@dataclass
class Page:
    """The result of a list method: one page, and what stands beside it in the envelope."""

    rows: Any
    total: int | None = None
    next: int | None = None


@dataclass
class Call:
    """One call of a method: by whom, of what, with what."""

    world: World
    portal: Portal
    user: User
    app: App | None  # None: through an incoming webhook
    scopes: list[str]
    params: dict[str, Any]
    token: str = ""

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter of an older method: its name in any case."""
        if name in self.params:
            return self.params[name]
        return next((value for key, value in self.params.items() if key.lower() == name.lower()), default)

    def text(self, name: str) -> str:
        value = self.get(name)
        return "" if value is None or isinstance(value, dict | list) else str(value)

    def map(self, name: str) -> dict[str, Any]:
        return as_map(self.get(name))

    def number(self, name: str) -> int:
        """A required whole number of a controller method. Raises error 100 when absent."""
        if name not in self.params:
            raise missing(name)
        return whole(self.params[name]) or 0

    def required(self, name: str) -> Any:
        if name not in self.params:
            raise missing(name)
        return self.params[name]

    def need_app(self) -> App:
        if self.app is None:
            raise access_denied("Application context required")
        return self.app


def find_method(name: str, portal: Portal) -> Method:
    """Raises 404 also for what the portal's plan lacks: such methods are not registered at all."""
    found = REGISTRY.get(name.lower())
    if found is None or (found.features and not portal.features.intersection(found.features)):
        raise method_not_found()
    return found


def as_map(value: Any) -> dict[str, Any]:
    """PHP knows one kind of array: a list is a map with numbers for keys."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    return {}


def as_list(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def whole(value: Any) -> int | None:
    """PHP's (int) for what looks like a number, else None."""
    if isinstance(value, bool):
        return int(value)
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def is_yes(value: Any) -> bool:
    return value is True or str(value).upper() in ("Y", "1", "TRUE")


def page_of(rows: list[Any], start: Any, wrap: Callable[[list[Any]], Any] = list) -> Page:
    """One page of fifty. start -1 switches counting off: total is 0 and there is no next."""
    first = whole(start) or 0
    if first < 0:
        return Page(wrap(rows[:PAGE]), 0)
    shown = rows[first : first + PAGE]
    more = first + PAGE if first + PAGE < len(rows) else None
    return Page(wrap(shown), len(rows), more)


def invalid_argument(text: str) -> RestError:
    return RestError("INVALID_ARG_VALUE", text, 400)
