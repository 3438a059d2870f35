"""The tab «Реестры»: two registries in the CRM, made or adopted there, and what a person has to mend in them."""

from typing import Any

from flask import Blueprint, Response, request

from activities.registries.preparing import BACKENDS, prepared_of
from activities.values import Text
from handlers.pages.app.tabs import Tab, chosen_number
from handlers.pages.app.working import begin, progress, work_of
from handlers.pages.visiting import Visitor, administrator_of, reading
from handlers.refusals import ChosenWrong
from handlers.services import Services

_BACKEND = Text("вид реестров", "kind of registries")
_LIST = Text("номер списка", "number of a list")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    prepared = prepared_of(reading(services, visitor))
    backends = {one.backend for one in prepared.registries.values()}
    return {
        "prepared": prepared.registries,
        "backend": next(iter(backends), "smart_process"),
        "backends": [(name, title.of(visitor.language)) for name, title in BACKENDS.items()],
        "work": work_of(services, visitor, "prepare"),
    }


TAB = Tab("registries", Text("Реестры", "Registries"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/registries")
    def prepare() -> Response:
        visitor = administrator_of(services)
        backend = request.form.get("backend", "")
        if backend not in BACKENDS:
            raise ChosenWrong(what=_BACKEND)
        chosen = {kind: chosen_number(f"list_{kind}", _LIST) for kind in ("documents", "packages")}
        list_ids = {kind: number for kind, number in chosen.items() if number} if backend == "list" else {}
        return begin(services, visitor, TAB, "prepare", backend=backend, list_ids=list_ids)

    @door.get("/bitrix24/pages/app/registries/progress")
    def progress_of_registries() -> Response:
        return progress(services, administrator_of(services), TAB, "prepare")
