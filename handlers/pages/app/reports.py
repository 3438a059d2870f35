"""The tab «Отчёты»: where documents stand, where time goes, who works and what goes wrong; as tables, chart and CSV."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request

from activities.document_types import OPTIONS
from activities.report_tables import SECTIONS, all_rows, csv_lines
from activities.reporting import Report, Reports
from activities.states import DocflowState
from activities.values import Text
from handlers.failures import NO_STORE
from handlers.pages.app.names import names_of
from handlers.pages.app.tabs import Tab
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import ChosenWrong, NotThere
from handlers.services import Services
from registry.boxes import Boxes
from registry.portal_registry import PortalRegistry
from registry.reports import Query, QueryWrong

AT = "/bitrix24/pages/app/reports"
INN_LENGTH = 12
_PERIOD = Text("период: не больше трёх лет, начало раньше конца", "period: at most three years, its start first")
_BOX = Text("ящик", "box")
_PERSON = Text("сотрудник", "person")
_FIELDS = ("since", "until", "box", "inn", "document_type", "user", "state")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    asked = _reports(services, visitor)
    query = _query(asked)
    report = asked.report(query, limit=0)
    boxes = Boxes(services.database, visitor.portal.id).all()
    people = names_of(services, visitor, [one.user_id for one in report.people if one.user_id])
    language = visitor.language
    return {
        "report": report,
        "people": people,
        "given": {name: request.args.get(name, "") for name in _FIELDS}
        | {"since": query.since.isoformat(), "until": query.until.isoformat()},
        "boxes": [("", "—"), *((box.id, f"{box.name}, {box.inn}/{box.kpp}".rstrip("/")) for box in boxes)],
        "types": [("", "—"), *((code, name.of(language)) for code, name in OPTIONS.items())],
        "states": [("", "—"), *((state.value, state.text.of(language)) for state in DocflowState)],
        "points": _points(report),
        "at": AT,
    }


TAB = Tab("reports", Text("Отчёты", "Reports"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.get(f"{AT}/view")
    def view() -> Response:
        visitor = administrator_of(services)
        return fragment("app/reports_view.html", visitor, **_values(services, visitor))

    @door.get(f"{AT}/csv/<section>")
    def table(section: str) -> Response:
        visitor = administrator_of(services)
        if section not in SECTIONS:
            raise NotThere
        asked = _reports(services, visitor)
        query = _query(asked)
        rows = all_rows(section, asked, query)
        lines = csv_lines(section, rows, language=visitor.language, time_zone=query.time_zone)
        # a byte order mark, by which spreadsheets know that it is UTF-8
        answer = Response((line.encode() for line in _marked(lines)), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{section}-{query.since}-{query.until}.csv"'
        answer.headers.update(NO_STORE)
        return answer


def _marked(lines: Any) -> Any:
    yield "\ufeff"
    yield from lines


def _reports(services: Services, visitor: Visitor) -> Reports:
    registry = PortalRegistry(services.database, visitor.portal.id)
    return Reports(registry, web_url=services.config.diadoc_web_url)


def _query(asked: Reports) -> Query:
    """What the form says. Raises ChosenWrong."""
    state, document_type = request.args.get("state", ""), request.args.get("document_type", "")
    try:
        return asked.query(
            since=_day("since"),
            until=_day("until"),
            box_pk=_number("box", _BOX),
            inn=request.args.get("inn", "").strip()[:INN_LENGTH],
            document_type=document_type if document_type in OPTIONS else "",
            user_id=_number("user", _PERSON),
            state=state if state in set(DocflowState) else "",
        )
    except QueryWrong:
        raise ChosenWrong(what=_PERIOD) from None


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ChosenWrong(what=_PERIOD) from None


def _number(name: str, what: Text) -> int | None:
    text = request.args.get(name, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 18):
        raise ChosenWrong(what=what)
    return int(text) if text else None


def _points(report: Report) -> list[list[Any]]:
    """Columns of the chart: the day, and how many documents were added, sent and signed on it."""
    days = report.days
    return [
        [one.day.isoformat() for one in days],
        [one.added for one in days],
        [one.sent for one in days],
        [one.signed for one in days],
    ]
