"""The tab «Роботы и действия»: what of ours the portal has, and putting it there or taking it away."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from activities import catalog, placements, registering, triggers
from activities.crm_ids import SMART_INVOICE
from activities.registering import Registered
from activities.registration import catalog_code
from activities.values import Text
from errors import AppError
from handlers.pages.app.tabs import Tab, audit, chosen_numbers
from handlers.pages.app.working import begin, progress, work_of
from handlers.pages.visiting import Visitor, administrator_of, reading
from handlers.refusals import ChosenWrong
from handlers.services import Services
from registry.crm_registries import CrmRegistries
from registry.portals import Portals
from registry.settings import change_settings

KINDS = {
    "robot": Text("Роботы", "Robots"),
    "activity": Text("Действия бизнес-процессов", "Workflow activities"),
    "trigger": Text("Триггеры CRM", "CRM triggers"),
    "placement": Text("Вкладка и кнопка в карточках", "Tab and button in cards"),
}
_KIND = Text("вид", "kind")
_TYPES = Text("смарт-процессы", "smart processes")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    types, trouble = _types(services, visitor)
    return {
        "groups": _groups(services, visitor),
        "work": work_of(services, visitor, "register", "unregister"),
        "types": types,
        "types_trouble": trouble,
        "page_types": visitor.settings.page_types,
    }


TAB = Tab("registered", Text("Роботы и действия", "Robots and activities"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/registered/<any(register, unregister):action>")
    def change(action: str) -> Response:
        visitor = administrator_of(services)
        kinds = request.form.getlist("kind")
        if not kinds or not set(kinds) <= set(KINDS):
            raise ChosenWrong(what=_KIND)
        return begin(services, visitor, TAB, action, kinds=kinds)

    @door.post("/bitrix24/pages/app/registered/types")
    def choose_types() -> Response:
        visitor = administrator_of(services)
        chosen = chosen_numbers("page_types", _TYPES)
        portal_id = visitor.portal.id
        settings = change_settings(services.database, portal_id, user_id=visitor.user_id, page_types=chosen)
        audit(services, visitor, "settings changed", page_types=chosen)
        return begin(services, replace(visitor, settings=settings), TAB, "register", kinds=["placement"])

    @door.get("/bitrix24/pages/app/registered/progress")
    def progress_of_registering() -> Response:
        return progress(services, administrator_of(services), TAB, "register", "unregister")


def _groups(services: Services, visitor: Visitor) -> list[dict[str, Any]]:
    """By kind: what of it the portal has, or why that could not be asked."""
    client, public_url = reading(services, visitor).bitrix24, services.config.public_url
    portal, type_ids = Portals(services.database).get(visitor.portal.id), visitor.settings.page_types
    asked: dict[tuple[str, ...], Callable[[], list[Registered]]] = {
        registering.KINDS: lambda: registering.registrations(client, portal, public_url=public_url),
        ("trigger",): lambda: triggers.registrations(client, language=portal.language),
        ("placement",): lambda: placements.registrations(client, public_url=public_url, type_ids=type_ids),
    }
    return [group for kinds, ask in asked.items() for group in _asked(kinds, ask, visitor.language)]


def _asked(kinds: tuple[str, ...], ask: Callable[[], list[Registered]], language: str) -> list[dict[str, Any]]:
    try:
        found, trouble = ask(), ""
    except AppError as error:
        found, trouble = [], error.text(language)
    return [_group(kind, [one for one in found if one.kind == kind], trouble) for kind in kinds]


def _group(kind: str, found: list[Registered], trouble: str) -> dict[str, Any]:
    rows = [{"code": one.code, "name": _name(one), "state": one.state} for one in found]
    missing = sum(one.state != "registered" for one in found)
    return {"kind": kind, "title": KINDS[kind], "rows": rows, "missing": missing, "trouble": trouble}


def _name(one: Registered) -> Text:
    if one.kind == "trigger":
        return triggers.TRIGGERS[one.code]
    if one.kind == "placement":
        return next(title for name, title in placements.SPOTS.items() if one.code.endswith(name))
    activity = catalog().get(catalog_code(one.code))
    return activity.name if activity else Text(one.code, one.code)


def _types(services: Services, visitor: Visitor) -> tuple[list[tuple[int, str]], str]:
    """Smart processes whose cards may have our tab; our own registries are none of them."""
    own = {row.entity_type_id for row in CrmRegistries(services.database, visitor.portal.id).all().values()}
    try:
        found = reading(services, visitor).bitrix24.crm_type_list()
    except AppError as error:
        return [], error.text(visitor.language)
    listed = [(one.entity_type_id, one.title) for one in found if one.entity_type_id not in own]
    invoices = "Счета" if visitor.language == "ru" else "Invoices"
    return [(SMART_INVOICE, invoices), *listed], ""
