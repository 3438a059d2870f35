"""The tab «Журнал»: the portal's calls, found by what people know of them, each with its steps, and run again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from activities import catalog, crm_ids
from activities.values import Text
from handlers.pages.app.hiding import shown
from handlers.pages.app.tabs import Tab
from handlers.pages.asking import new_nonce
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor, administrator_of
from handlers.refusals import ChosenWrong, NotThere
from handlers.services import Services
from registry.call_search import Found, Wanted, find, search
from registry.tables import Step
from worker.enqueue import PAGE_LANGUAGE, PEOPLE, enqueue

PAGE = 25
STATES = {
    "new": Text("ждёт очереди", "queued"),
    "running": Text("выполняется", "running"),
    "waiting": Text("ждёт исхода", "waits for an outcome"),
    "answering": Text("отправляет ответ", "being answered"),
    "answered": Text("отвечен", "answered"),
    "undeliverable": Text("ответ не доставлен", "undeliverable"),
    "closed": Text("завершён", "ended"),
}
ORIGINS = {
    "workflow": Text("бизнес-процесс", "workflow"),
    "page": Text("страница", "page"),
    "api": Text("программа", "program"),
    "replay": Text("повтор", "replay"),
}
_NUMBER = Text("номер операции", "operation number")
_ITEM = Text("элемент CRM: D_17 или DEAL_17", "CRM item: D_17 or DEAL_17")
_DAY = Text("дата", "date")


@dataclass(frozen=True)
class Row:
    """A call as the list shows it."""

    found: Found
    name: Text
    item: str
    state: Text
    origin: Text


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    wanted = _wanted(visitor) if request.method == "GET" else Wanted()
    found = search(services.database, visitor.portal.id, wanted, limit=PAGE + 1)
    return {
        "rows": [_row(one) for one in found[:PAGE]],
        "older": found[PAGE - 1].call.id if len(found) > PAGE else 0,
        "asked": {name: request.args.get(name, "") for name in _FIELDS},
        "codes": [("", "—"), *((code, one.name.of(visitor.language)) for code, one in catalog().items())],
        "states": [("", "—"), *((state, title.of(visitor.language)) for state, title in STATES.items())],
    }


TAB = Tab("journal", Text("Журнал", "Journal"), _values)
_FIELDS = ("number", "code", "item", "error_code", "state", "since", "until", "before")


def routes(door: Blueprint, services: Services) -> None:
    @door.get("/bitrix24/pages/app/journal/list")
    def listed() -> Response:
        visitor = administrator_of(services)
        return fragment("app/journal_list.html", visitor, **_values(services, visitor))

    @door.get("/bitrix24/pages/app/journal/<int:call_id>")
    def one(call_id: int) -> Response:
        return _one(services, administrator_of(services), call_id)

    @door.post("/bitrix24/pages/app/journal/<int:call_id>/replay")
    def replay(call_id: int) -> Response:
        visitor = administrator_of(services)
        if find(services.database, visitor.portal.id, call_id) is None:
            raise NotThere
        key = request.form.get("nonce", "")[:64]
        with services.database.session() as session:
            args: dict[str, Any] = {"portal_id": visitor.portal.id, "call_id": call_id, "user_id": visitor.user_id}
            enqueue(session, "replay", queue=PEOPLE, key=key, **args)
        return _one(services, visitor, call_id, is_asked=True)


def _one(services: Services, visitor: Visitor, call_id: int, *, is_asked: bool = False) -> Response:
    known = find(services.database, visitor.portal.id, call_id)
    if known is None:
        raise NotThere
    found, steps, again = known
    return fragment(
        "app/journal_call.html",
        visitor,
        row=_row(found),
        call=found.call,
        answer=found.answer,
        properties=_pairs(found.call.properties),
        outputs=_pairs(found.answer.values if found.answer else {}),
        steps=[_step(step) for step in steps],
        again=again,
        is_asked=is_asked,
        nonce=new_nonce(),
    )


def _row(found: Found) -> Row:
    call, activity = found.call, catalog().get(found.call.code)
    item = crm_ids.from_document_id(call.workflow_document_id)
    return Row(
        found=found,
        name=activity.name if activity else Text(call.code, call.code),
        item=item.short if item else str(call.workflow_document_id[-1] if call.workflow_document_id else ""),
        state=STATES.get(call.state, Text(call.state, call.state)),
        origin=ORIGINS.get(call.origin, Text(call.origin, call.origin)),
    )


def _pairs(values: dict[str, Any]) -> list[tuple[str, str]]:
    told = {name: value for name, value in values.items() if name != PAGE_LANGUAGE}
    return [(name, text) for name, value in told.items() if (text := shown(value, name))]


def _step(step: Step) -> dict[str, Any]:
    result = (step.result or {}).get("value")
    return {"step": step, "result": shown(result, step.name)}


def _wanted(visitor: Visitor) -> Wanted:
    """What the form of the search says. Raises ChosenWrong."""
    given = {name: request.args.get(name, "").strip() for name in _FIELDS}
    until = _day(given["until"], visitor)
    return Wanted(
        number=_number(given["number"]),
        code=given["code"] if given["code"] in catalog() else "",
        item=_item(given["item"]),
        error_code=given["error_code"].upper()[:60],
        state=given["state"] if given["state"] in STATES else "",
        since=_day(given["since"], visitor),
        until=until + timedelta(days=1) if until else None,
        before=_number(given["before"]),
    )


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) < 18):
        raise ChosenWrong(what=_NUMBER)
    return int(text or 0)


def _item(text: str) -> str:
    """As workflows name it: DEAL_17."""
    if not text:
        return ""
    try:
        item = crm_ids.from_short(text)
    except ValueError:
        raise ChosenWrong(what=_ITEM) from None
    return f"{item.type_name}_{item.item_id}"


def _day(text: str, visitor: Visitor) -> datetime | None:
    """A day in the portal's time zone begins at its midnight."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(visitor.settings.time_zone))
    except ValueError:
        raise ChosenWrong(what=_DAY) from None
