"""The tab «Самопроверка»: everything that may be wrong, looked at when asked, with who has to do what about it."""

from typing import Any

from flask import Blueprint, Response

from activities.values import Text
from handlers.pages.app.tabs import Tab
from handlers.pages.app.working import begin, progress, work_of
from handlers.pages.visiting import Visitor, administrator_of
from handlers.services import Services

WHO = {
    "administrator": Text("администратор", "administrator"),
    "operator": Text("специалист, который обслуживает приложение", "whoever runs the application"),
    "our_signer": Text("наш подписант", "our signer"),
    "counteragent": Text("контрагент", "counteragent"),
    "approver": Text("согласующий", "approver"),
}
LEVELS = {"ok": Text("в порядке", "fine"), "warn": Text("внимание", "attention"), "bad": Text("неисправно", "broken")}
_WORST = ("bad", "warn", "ok")


def _values(services: Services, visitor: Visitor) -> dict[str, Any]:
    work = work_of(services, visitor, "check")
    found = list(work.result.get("findings", ())) if work else []
    return {
        "work": work,
        "findings": sorted(found, key=lambda one: _WORST.index(one["level"])),
        "who": WHO,
        "levels": LEVELS,
    }


TAB = Tab("checks", Text("Самопроверка", "Self-check"), _values)


def routes(door: Blueprint, services: Services) -> None:
    @door.post("/bitrix24/pages/app/checks")
    def check() -> Response:
        visitor = administrator_of(services)
        return begin(services, visitor, TAB, "check", inbox_files=len(services.inbox.waiting()))

    @door.get("/bitrix24/pages/app/checks/progress")
    def progress_of_check() -> Response:
        return progress(services, administrator_of(services), TAB, "check")
