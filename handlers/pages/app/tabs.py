"""What the tabs of the application's page have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from activities.values import Text
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor
from handlers.refusals import ChosenWrong
from handlers.services import Services
from registry.portal_registry import PortalRegistry


@dataclass(frozen=True)
class Tab:
    """One tab. name: in its address and of its template, app/<name>.html; values: what that template shows."""

    name: str
    title: Text
    values: Callable[[Services, Visitor], dict[str, Any]]


def panel(services: Services, visitor: Visitor, tab: Tab, *, done: Text | None = None, **more: Any) -> Response:
    """The whole tab as it stands now. done: what was just achieved; more: what its template shows besides."""
    values = {**tab.values(services, visitor), **more}
    shown = done.of(visitor.language) if done else ""
    return fragment(f"app/{tab.name}.html", visitor, chosen=tab, done=shown, **values)


def elsewhere(answer: Response, target: str, swap: str) -> Response:
    """The answer, shown in another place than its sender named."""
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = target, swap
    return answer


def audit(services: Services, visitor: Visitor, action: str, subject: str = "", **facts: Any) -> None:
    """Who changed what; facts hold no secret."""
    registry = PortalRegistry(services.database, visitor.portal.id)
    registry.audit(actor=visitor.actor, action=action, subject=subject, **facts)


def chosen_number(name: str, what: Text, *, least: int = 0, most: int = 2**53) -> int:
    """A whole number of the form, empty = 0. Raises ChosenWrong naming `what`."""
    text = request.form.get(name, "").strip() or "0"
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1
    if not least <= number <= most:
        raise ChosenWrong(what=what)
    return number


def chosen_numbers(name: str, what: Text, *, most: int = 200) -> tuple[int, ...]:
    """Ids of the form, each once, in their order. Raises ChosenWrong."""
    texts = request.form.getlist(name)
    if len(texts) > most or not all(text.isascii() and text.isdigit() and 0 < len(text) < 18 for text in texts):
        raise ChosenWrong(what=what)
    return tuple(dict.fromkeys(map(int, texts)))


def is_chosen(name: str) -> bool:
    """Whether a checkbox is ticked."""
    return request.form.get(name) == "Y"
