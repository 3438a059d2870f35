"""The tab «Зависшие»: documents that are not finished, those that wait longest first, with who has to act."""

from itertools import islice
from typing import Any

from flask import Blueprint, Response, request

from activities.crm_ids import from_short
from activities.places import path_of
from activities.reporting import Paper, Reports, state_name
from activities.values import Text
from handlers.pages.app.checks import WHO
from handlers.pages.app.tabs import Tab
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor, administrator_of
from handlers.services import Services
from registry.portal_registry import PortalRegistry

PAGE = 50
FURTHEST = 100_000


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    given = request.args.get("offset", "")
    offset = min(int(given), FURTHEST) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    reports = Reports(PortalRegistry(services.database, visitor.portal.id), web_url=services.config.diadoc_web_url)
    found = list(islice(reports.stuck(reports.query(), limit=PAGE + 1, offset=offset), PAGE + 1))
    return {
        "papers": [_row(paper) for paper in found[:PAGE]],
        "further": offset + PAGE if len(found) > PAGE else 0,
        "nearer": max(offset - PAGE, 0) if offset else None,
        "remind_after_days": visitor.settings.remind_after_days,
    }


TAB = Tab("stuck", Text("Зависшие", "Stuck"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.get("/bitrix24/pages/app/stuck/list")
    def stuck_list() -> Response:
        visitor = administrator_of(services)
        return fragment("app/stuck_list.html", visitor, **_values(services, visitor))


def _row(paper: Paper) -> dict[str, Any]:
    return {
        "paper": paper,
        "state": state_name(paper.state),
        "who": WHO.get(paper.who_must_act, Text(paper.who_must_act, paper.who_must_act)),
        "path": _path(paper.crm_item),
    }


def _path(crm_item: str) -> str:
    try:
        return path_of(from_short(crm_item))
    except ValueError:
        return ""
