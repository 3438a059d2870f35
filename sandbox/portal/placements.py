"""placement.*: where an application's pages open."""

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.portal.crm.types import all_kinds, kind_by
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, as_map, method
from sandbox.portal.model import App, Portal

GENERAL = ("DEFAULT", "LEFT_MENU", "REST_APP_URI", "TASK_VIEW_TAB", "PAGE_BACKGROUND_WORKER", "USER_PROFILE_MENU")
SPOTS = (
    "DETAIL_TAB",
    "DETAIL_TOOLBAR",
    "DETAIL_ACTIVITY",
    "LIST_MENU",
    "LIST_TOOLBAR",
    "ACTIVITY_TIMELINE_MENU",
    "DOCUMENTGENERATOR_BUTTON",
    "ROBOT_DESIGNER_TOOLBAR",
)
CRM_CODE = re.compile(rf"CRM_(.+)_({'|'.join(SPOTS)})")


@method("placement.bind", scope="placement")
def bind(call: Call) -> bool:
    app, placement, handler = _app(call), call.text("PLACEMENT").upper(), call.text("HANDLER")
    _check_code(call, placement)
    _check_handler(handler)
    if call.get("USER_ID") not in (None, "", 0, "0") and placement != "PAGE_BACKGROUND_WORKER":
        raise RestError("ERROR_PLACEMENT_USER_MODE", "User mode is not available for this placement")
    title = call.text("TITLE")
    both = [old for old in app.placements if (old["placement"], old["handler"]) == (placement, handler)]
    if both and not (call.world.settings["placement_title_in_key"] and all(old["title"] != title for old in both)):
        raise RestError("ERROR_CORE", "Unable to set placement handler: Handler already binded")
    if placement == "REST_APP_URI" and any(old["placement"] == placement for old in app.placements):
        raise RestError("ERROR_PLACEMENT_MAX_COUNT", "Placement max count was exceeded")
    app.placements.append(_row(call, placement, handler, title))
    return True


@method("placement.unbind", scope="placement")
def unbind(call: Call) -> dict[str, int]:
    app, placement, handler = _app(call), call.text("PLACEMENT").upper(), call.text("HANDLER")
    kept = [old for old in app.placements if old["placement"] != placement or (handler and old["handler"] != handler)]
    count = len(app.placements) - len(kept)
    app.placements = kept
    return {"count": count}


@method("placement.get", scope="placement")
def bound(call: Call) -> list[dict[str, Any]]:
    return [dict(row) for row in _app(call).placements]


@method("placement.list", scope="placement")
def codes(call: Call) -> list[str]:
    _app(call)
    return [*GENERAL, *(f"CRM_{kind}_{spot}" for kind in _kinds(call.portal) for spot in SPOTS)]


def visible(portal: Portal, placement: str) -> list[tuple[App, dict[str, Any]]]:
    """What is shown at a spot: nothing of applications whose installation is not finished."""
    apps = [app for app in portal.apps.values() if app.is_installed]
    return [(app, row) for app in apps for row in app.placements if row["placement"] == placement]


def handler_of(portal: Portal, app: App, placement: str, handler: str = "") -> str:
    """The page that an application shows at a spot, the wanted one of several. Raises LookupError when it has none."""
    bound = [row["handler"] for shown, row in visible(portal, placement) if shown is app]
    for found in bound:
        if handler in ("", found):
            return found
    raise LookupError(f"{app.client_id} has no page at {placement}")


def name_at(portal: Portal, app: App, placement: str, handler: str, language: str) -> str:
    """What the page of an application at a spot is called; its main page is called as the application."""
    rows = (row for shown, row in visible(portal, placement) if shown is app and row["handler"] == handler)
    return next((title_of(app, row, language) for row in rows), app.title)


def title_of(app: App, row: dict[str, Any], language: str) -> str:
    """What a tab or a button is called in this language."""
    named = as_map(row["langAll"].get(language) or row["langAll"].get(language.upper()))
    return str(named.get("TITLE") or row["title"] or app.title)


def _kinds(portal: Portal) -> list[str]:
    return [kind.name for kind in all_kinds(portal)]


def _app(call: Call) -> App:
    if call.app is None:
        raise RestError("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
    if not call.user.is_admin:
        raise access_denied()
    return call.app


def _check_code(call: Call, placement: str) -> None:
    if not placement:
        raise RestError("ERROR_ARGUMENT", "Argument 'PLACEMENT' is null or empty", argument="PLACEMENT")
    found = CRM_CODE.fullmatch(placement)
    if found and kind_by(call.portal, name=found[1]):
        if "crm" not in call.scopes:
            raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")
        return
    if placement not in GENERAL:
        raise RestError("ERROR_PLACEMENT_NOT_FOUND", "Placement not found")


def _check_handler(handler: str) -> None:
    if not handler:
        raise RestError("EMPTY_ERROR_HANDLER_URL", "Handler URL is empty")
    parts = urlsplit(handler)
    if parts.scheme and parts.scheme not in ("http", "https"):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")
    if not parts.scheme or not parts.hostname:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")


def _row(call: Call, placement: str, handler: str, title: str) -> dict[str, Any]:
    return {
        "placement": placement,
        "userId": 0,
        "handler": handler,
        "options": call.map("OPTIONS"),
        "title": title,
        "description": call.text("DESCRIPTION"),
        "langAll": as_map(call.get("LANG_ALL")),
    }
