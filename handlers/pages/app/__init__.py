"""The application's own page: how everything stands, and what administrators set; its parts are tabs of one window."""

from flask import Blueprint, Response

from handlers.pages.app import (
    boxes,
    checks,
    journal,
    overview,
    people,
    programs,
    registered,
    registries,
    reports,
    stuck,
    timing,
)
from handlers.pages.app.tabs import panel
from handlers.pages.deal_tab import page_of_item
from handlers.pages.opening import opened
from handlers.pages.showing import show
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import NotThere
from handlers.rendering import page
from handlers.services import Services

TABS = {
    tab.name: tab
    for tab in (
        boxes.TAB,
        registries.TAB,
        registered.TAB,
        people.TAB,
        timing.TAB,
        checks.TAB,
        journal.TAB,
        stuck.TAB,
        reports.TAB,
        programs.TAB,
    )
}


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("application", __name__, template_folder="../../templates")

    @door.post("/bitrix24/pages/app")
    def app() -> Response:
        return opened(services, "app", lambda visitor: _shown(services, visitor))

    @door.get("/bitrix24/pages/app")
    def look() -> Response:
        return page("open_in_portal.html")

    @door.get("/bitrix24/pages/app/<name>")
    def tab(name: str) -> Response:
        visitor = administrator_of(services)
        if name not in TABS:
            raise NotThere
        return panel(services, visitor, TABS[name])

    for module in (boxes, checks, journal, people, programs, registered, registries, reports, stuck, timing):
        module.routes(door, services)
    return door


def _shown(services: Services, visitor: Visitor) -> Response:
    if visitor.item is not None:  # the button of an entry in the item's timeline leads here
        return page_of_item(services, visitor)
    if not visitor.may_administer:
        return show("app/short.html", visitor, services, **overview.whom_to_ask(services, visitor))
    tab = TABS.get(str(visitor.options.get("tab", "")), boxes.TAB)
    values = {**overview.values(services, visitor), **tab.values(services, visitor)}
    return show("app/page.html", visitor, services, tabs=TABS.values(), chosen=tab, done="", **values)
