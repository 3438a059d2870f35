"""Control operations on applications, people, portals and tokens."""

from datetime import timedelta
from typing import Any

from sandbox.portal import apps, tokens
from sandbox.portal.model import App, Portal, User
from sandbox.portal.operations import operation
from sandbox.portal.placements import handler_of, visible
from sandbox.portal.templates import find_registration
from sandbox.portal.world import World, now

SWITCHES = ("has_rest", "is_deleted", "is_overloaded", "is_in_maintenance", "language", "confirmations")


@operation
def add_local_app(world: World, portal: Portal, **card: Any) -> dict[str, Any]:
    return describe_app(apps.add_local_app(world, portal, **card))


@operation
def list_apps(world: World, portal: Portal) -> list[dict[str, Any]]:
    return [describe_app(app) for app in portal.apps.values()]


@operation
def change_app(world: World, portal: Portal, client_id: str, **values: Any) -> dict[str, Any]:
    """Switch is_paid, is_active, scopes, allowed_users, handler_url, install_url, api_only."""
    app = portal.apps[client_id]
    for name, value in values.items():
        if name not in ("is_paid", "is_active", "scopes", "allowed_users", "handler_url", "install_url", "api_only"):
            raise ValueError(f"{name} cannot be changed")
        setattr(app, name, value)
    return describe_app(app)


@operation
def open_page(
    world: World,
    portal: Portal,
    client_id: str,
    user_id: int = 1,
    placement: str = "DEFAULT",
    options: Any = None,
    url: str = "",
) -> dict[str, Any]:
    """What a browser would post into the frame."""
    app, user = portal.apps[client_id], portal.users[user_id]
    if not app.is_installed and not user.is_admin:
        raise ValueError("the application is not installed completely, only an administrator may open it")
    if placement != "DEFAULT" and not app.is_installed:
        raise ValueError("placements are not shown before the installation is finished")
    if not url and visible(portal, placement):
        url = handler_of(portal, app, placement)
    return apps.frame(world, portal, app, user_id, placement, options, url)


@operation
def install_finish(world: World, portal: Portal, client_id: str) -> dict[str, Any]:
    apps.finish_installation(world, portal, portal.apps[client_id])
    return describe_app(portal.apps[client_id])


@operation
def install_api_only(world: World, portal: Portal, client_id: str, user_id: int = 1) -> dict[str, Any]:
    return apps.install_without_ui(world, portal, portal.apps[client_id], user_id)


@operation
def update_app(world: World, portal: Portal, client_id: str, new_token: bool = False) -> dict[str, Any]:
    apps.update(world, portal, portal.apps[client_id], new_token=new_token)
    return describe_app(portal.apps[client_id])


@operation
def uninstall_app(world: World, portal: Portal, client_id: str, clean: bool = True) -> bool:
    apps.uninstall(world, portal, portal.apps[client_id], clean=clean)
    return True


@operation
def issue_tokens(world: World, portal: Portal, client_id: str, user_id: int = 1) -> dict[str, Any]:
    """A pair of tokens as if the user had opened the application."""
    return tokens.issue(world, portal, portal.apps[client_id], user_id)


@operation
def issue_code(world: World, portal: Portal, client_id: str, user_id: int = 1) -> str:
    return tokens.issue_code(world, portal, portal.apps[client_id], user_id)


@operation
def expire_access_tokens(world: World, portal: Portal) -> int:
    return _expire(world.access_tokens, portal)


@operation
def expire_refresh_tokens(world: World, portal: Portal) -> int:
    return _expire(world.refresh_tokens, portal)


@operation
def change_user(world: World, portal: Portal, user_id: int, **values: Any) -> bool:
    """Switch is_admin, is_active, is_intranet, has_crm, may_see_deals of a user; an unknown id makes a new one."""
    user = portal.users.setdefault(user_id, User(user_id, f"User {user_id}", "", f"user{user_id}@example.ru"))
    for name, value in values.items():
        if not hasattr(user, name):
            raise ValueError(f"a user has no {name}")
        setattr(user, name, value)
    return True


@operation
def change_portal(world: World, portal: Portal, **values: Any) -> bool:
    """Switch has_rest, is_deleted, is_overloaded, is_in_maintenance, language, confirmations, features."""
    for name, value in values.items():
        if name == "features":
            portal.features = set(value)
        elif name in SWITCHES:
            setattr(portal, name, value)
        else:
            raise ValueError(f"a portal has no {name}")
    return True


@operation
def rename_portal(world: World, portal: Portal, to: str = "spare") -> str:
    """Move the portal to another of our addresses; the old one answers 302 from now on."""
    if to not in world.urls or to == "auth":
        raise ValueError(f"no address {to}")
    world.places[to] = portal.name
    portal.place = to
    return world.url_of(portal)


@operation
def describe_portal(world: World, portal: Portal) -> dict[str, Any]:
    return {
        "name": portal.name,
        "member_id": portal.member_id,
        "url": world.url_of(portal),
        "domain": world.domain_of(portal),
        "client_endpoint": world.client_endpoint(portal),
        "server_endpoint": world.server_endpoint,
        "users": {str(user.id): vars(user) for user in portal.users.values()},
        "webhooks": [f"{world.client_endpoint(portal)}{user_id}/{code}/" for user_id, code in portal.webhooks],
    }


@operation
def add_webhook(world: World, portal: Portal, user_id: int, code: str, scopes: list[str]) -> str:
    portal.webhooks[user_id, code] = scopes
    return f"{world.client_endpoint(portal)}{user_id}/{code}/"


@operation
def registrations(world: World, portal: Portal, client_id: str) -> list[dict[str, Any]]:
    return [vars(registration) for registration in portal.apps[client_id].activities.values()]


@operation
def registration(world: World, portal: Portal, code: str) -> dict[str, Any] | None:
    found = find_registration(portal, code)
    return vars(found[1]) if found else None


def describe_app(app: App) -> dict[str, Any]:
    return {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "application_token": app.application_token,
        "title": app.title,
        "handler_url": app.handler_url,
        "install_url": app.install_url,
        "api_only": app.api_only,
        "scopes": app.scopes,
        "version": app.version,
        "is_present": app.is_present,
        "is_installed": app.is_installed,
        "handlers": app.handlers,
        "placements": app.placements,
        "activities": {found.code: found.kind for found in app.activities.values()},
        "triggers": app.triggers,
    }


def _expire(grants: dict[str, Any], portal: Portal) -> int:
    found = [grant for grant in grants.values() if grant.portal == portal.name]
    for grant in found:
        grant.expires = now() - timedelta(seconds=1)
    return len(found)
