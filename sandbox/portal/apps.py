"""Local applications: their card, installation, new versions, removal, and the page POST into a frame."""

import json
import secrets
import time
from hashlib import md5
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.portal import outbox, tokens
from sandbox.portal.model import ALL_SCOPES, App, Portal
from sandbox.portal.world import World


def add_local_app(
    world: World,
    portal: Portal,
    *,
    handler_url: str,
    install_url: str = "",
    api_only: bool = False,
    scopes: list[str] | None = None,
    title: str = "b24-edo",
) -> App:
    """Save the card of a local application; it is not installed yet."""
    client_id = f"local.{secrets.token_hex(7)}.{secrets.randbelow(10**8):08d}"
    secret = secrets.token_urlsafe(38)[:50]
    # stable for a portal and an application, whatever happens to its versions
    token = md5(f"{portal.member_id}|{client_id}|{secret}".encode(), usedforsecurity=False).hexdigest()
    app = App(client_id, secret, title, handler_url, install_url, api_only, list(scopes or ALL_SCOPES), token)
    portal.apps[client_id] = app
    return app


def install_without_ui(world: World, portal: Portal, app: App, user_id: int) -> dict[str, Any]:
    """An API-only application counts as installed at once; the event goes to its installation path."""
    app.is_present = app.is_installed = True
    app.installed_by = user_id
    return _life_event(world, portal, app, "ONAPPINSTALL", _install_data(portal, app), app.install_url)


def finish_installation(world: World, portal: Portal, app: App) -> None:
    """BX24.installFinish: from now on events are delivered and placements shown."""
    if app.is_installed:
        return
    app.is_installed = True
    for url in _bound(app, "ONAPPINSTALL"):
        _life_event(world, portal, app, "ONAPPINSTALL", _install_data(portal, app), url)


def update(world: World, portal: Portal, app: App, *, new_token: bool = False) -> None:
    """A new version: everything bound is dropped, the handlers of the old one are told."""
    data = {"VERSION": app.version + 1, "PREVIOUS_VERSION": app.version, "LANGUAGE_ID": portal.language}
    listeners = _bound(app, "ONAPPUPDATE") or ([app.install_url] if app.api_only and app.install_url else [])
    app.version += 1
    app.forget_registrations()
    if new_token:
        app.application_token = secrets.token_hex(16)
    for url in listeners:
        _life_event(world, portal, app, "ONAPPUPDATE", data, url)


def uninstall(world: World, portal: Portal, app: App, *, clean: bool = True) -> None:
    """Access is revoked first, then whoever listened is told; the block "auth" has no tokens."""
    listeners = _bound(app, "ONAPPUNINSTALL")
    app.is_present = app.is_installed = False
    app.forget_registrations()
    tokens.revoke(world, app.client_id)
    body = {
        "event": "ONAPPUNINSTALL",
        "data": {"LANGUAGE_ID": portal.language, "CLEAN": int(clean)},
        "ts": int(time.time()),
        "auth": tokens.bare_auth(world, portal, app),
    }
    for url in listeners:
        outbox.send(world, portal=portal.name, kind="event", name="ONAPPUNINSTALL", url=url, body=body)


def frame(
    world: World,
    portal: Portal,
    app: App,
    user_id: int,
    placement: str = "DEFAULT",
    options: Any = None,
    url: str = "",
    language: str = "",
) -> dict[str, Any]:
    """What a browser posts into the frame: {"url", "fields", "name", "sid"}. Opening it first begins installation.

    url: the handler, by default the application's own page; language: of the person, by default the portal's.
    """
    target = url or (app.handler_url if app.is_installed else app.install_url or app.handler_url)
    if not app.is_present:
        app.is_present, app.installed_by = True, user_id
    sid = secrets.token_hex(16)
    portal.frames[sid] = {"client_id": app.client_id, "user_id": user_id}
    proto = "1" if world.url_of(portal).startswith("https") else "0"
    domain = world.domain_of(portal)
    query = urlencode({"DOMAIN": domain, "PROTOCOL": proto, "LANG": language or portal.language, "APP_SID": sid})
    joint = "&" if urlsplit(target).query else "?"
    fields = _frame_fields(world, portal, app, user_id, placement, options)
    return {"url": f"{target}{joint}{query}", "fields": fields, "name": f"{domain}|{proto}|{sid}", "sid": sid}


def _frame_fields(world: World, portal: Portal, app: App, user_id: int, placement: str, options: Any) -> dict[str, str]:
    pair = tokens.issue(world, portal, app, user_id)
    recent = {
        "SERVER_ENDPOINT": world.server_endpoint,
        "APPLICATION_TOKEN": app.application_token,
        "APPLICATION_SCOPE": ",".join(app.scopes),
    }
    return {
        "AUTH_ID": pair["access_token"],
        "AUTH_EXPIRES": str(pair["expires_in"]),
        "REFRESH_ID": pair["refresh_token"],
        **({} if world.settings["older_portal"] else recent),
        "member_id": portal.member_id,
        "status": "L",
        "PLACEMENT": placement,
        "PLACEMENT_OPTIONS": json.dumps(options or [], ensure_ascii=False),
    }


def _life_event(world: World, portal: Portal, app: App, name: str, data: dict[str, Any], url: str) -> dict[str, Any]:
    auth = tokens.full_auth(world, portal, app, app.installed_by, refresh=True)
    auth["scope"] = world.settings["install_scope_separator"].join(app.scopes)
    body = {"event": name, "data": data, "ts": int(time.time()), "auth": auth}
    return outbox.send(world, portal=portal.name, kind="event", name=name, url=url, body=body)


def _install_data(portal: Portal, app: App) -> dict[str, Any]:
    return {
        "VERSION": app.version,
        "ACTIVE": "Y" if app.is_active else "N",
        "INSTALLED": "Y" if app.is_installed else "N",
        "LANGUAGE_ID": portal.language,
    }


def _bound(app: App, event: str) -> list[str]:
    return list(dict.fromkeys(handler["handler"] for handler in app.handlers if handler["event"] == event))
