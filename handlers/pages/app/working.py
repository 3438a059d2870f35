"""Long work: begun by a button, done by the worker, shown until it has ended."""

from typing import Any

from flask import Response

from handlers.pages.app.tabs import Tab, audit, panel
from handlers.pages.visiting import Visitor
from handlers.services import Services
from registry.tables import PortalWork
from registry.works import Works
from worker.enqueue import PEOPLE, enqueue


def begin(services: Services, visitor: Visitor, tab: Tab, name: str, **wanted: Any) -> Response:
    """Ask for a work, unless one of this name is under way, and show the tab with its progress."""
    with services.database.session() as session:
        run = Works(services.database, visitor.portal.id).ask(session, name, user_id=visitor.user_id)
        if run is not None:
            enqueue(session, "work", queue=PEOPLE, portal_id=visitor.portal.id, name=name, run=run, **wanted)
    if run is not None:
        audit(services, visitor, f"work asked: {name}", **wanted)
    return panel(services, visitor, tab)


def work_of(services: Services, visitor: Visitor, *names: str) -> PortalWork | None:
    """The newest of these works."""
    works = Works(services.database, visitor.portal.id)
    found = [work for name in names if (work := works.get(name)) is not None]
    return max(found, key=lambda work: work.asked_at, default=None)
