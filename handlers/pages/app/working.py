"""Long work: begun by a button, done by the worker, shown until it has ended."""

from typing import Any

from flask import Response

from handlers.pages.app.tabs import Tab, audit, elsewhere, panel
from handlers.pages.showing import fragment
from handlers.pages.visiting import Visitor
from handlers.services import Services
from registry.tables import PortalWork
from registry.works import Works
from worker.enqueue import PEOPLE, enqueue

UNDER_WAY = ("queued", "running")


def begin(services: Services, visitor: Visitor, tab: Tab, name: str, **wanted: Any) -> Response:
    """Ask for a work, unless one of this name is under way, and show its progress in the tab."""
    with services.database.session() as session:
        run = Works(services.database, visitor.portal.id).ask(session, name, user_id=visitor.user_id)
        if run is not None:
            enqueue(session, "work", queue=PEOPLE, portal_id=visitor.portal.id, name=name, run=run, **wanted)
    if run is not None:
        audit(services, visitor, f"work asked: {name}", **wanted)
    return progress(services, visitor, tab, name)


def progress(services: Services, visitor: Visitor, tab: Tab, *names: str) -> Response:
    """How far these works are; when none is under way any more, the whole tab as it is then."""
    work = work_of(services, visitor, *names)
    if work is None or work.state not in UNDER_WAY:
        return elsewhere(panel(services, visitor, tab), "#panel", "innerHTML")
    return elsewhere(fragment("app/work_state.html", visitor, work=work, chosen=tab), "#work", "outerHTML")


def work_of(services: Services, visitor: Visitor, *names: str) -> PortalWork | None:
    """The newest of these works."""
    works = Works(services.database, visitor.portal.id)
    found = [work for name in names if (work := works.get(name)) is not None]
    return max(found, key=lambda work: work.asked_at, default=None)
