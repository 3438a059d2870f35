"""The head of the application's page: is the portal's access alive, and how many calls are under way."""

from typing import Any

from handlers.pages.app.names import names_of
from handlers.pages.visiting import Visitor
from handlers.services import Services
from registry.overview import figures, token_state
from registry.portals import host_of


def values(services: Services, visitor: Visitor) -> dict[str, Any]:
    """What the head of the page shows."""
    return {
        "host": host_of(visitor.portal),
        "owner": ", ".join(names_of(services, visitor, [visitor.portal.installer_user_id]).values()),
        "token": token_state(services.database, visitor.portal.id),
        "figures": figures(services.database, visitor.portal.id),
        "inbox_files": len(services.inbox.waiting()),
    }


def whom_to_ask(services: Services, visitor: Visitor) -> dict[str, Any]:
    """For people who may not administer: who may."""
    user_ids = [visitor.portal.installer_user_id, *visitor.settings.administrators]
    return {"host": host_of(visitor.portal), "administrators": list(names_of(services, visitor, user_ids).values())}
