"""Tokens: handing them out, taking them back, and the block that goes with calls and events."""

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.portal.model import App, Grant, Portal, new_token
from sandbox.portal.world import World, now


def issue(world: World, portal: Portal, app: App, user_id: int) -> dict[str, Any]:
    """A fresh pair, described as the auth server's token endpoint does."""
    life = timedelta(seconds=world.settings["access_token_seconds"])
    grant = Grant(portal.name, app.client_id, user_id, list(app.scopes), now() + life)
    access, refresh = new_token(), new_token()
    world.access_tokens[access] = grant
    world.refresh_tokens[refresh] = replace(grant, expires=now() + _refresh_life(world))
    return {
        "access_token": access,
        "expires": int(grant.expires.timestamp()),
        "expires_in": int(life.total_seconds()),
        "scope": ",".join(grant.scopes),
        "domain": urlsplit(world.urls["auth"]).netloc,
        "server_endpoint": world.server_endpoint,
        "status": "L",
        "client_endpoint": world.client_endpoint(portal),
        "member_id": portal.member_id,
        "user_id": user_id,
        "refresh_token": refresh,
    }


def issue_code(world: World, portal: Portal, app: App, user_id: int) -> str:
    code = secrets.token_hex(20)
    life = timedelta(seconds=world.settings["code_seconds"])
    world.codes[code] = Grant(portal.name, app.client_id, user_id, list(app.scopes), now() + life)
    return code


def revoke(world: World, client_id: str) -> None:
    """Nothing that was given to this application opens anything any more."""
    for tokens in (world.access_tokens, world.refresh_tokens, world.codes):
        for token in [token for token, grant in tokens.items() if grant.client_id == client_id]:
            del tokens[token]


def bare_auth(world: World, portal: Portal, app: App) -> dict[str, Any]:
    """The block "auth" without tokens: of a removal, and of events nobody has caused."""
    return {
        "domain": world.domain_of(portal),
        "client_endpoint": world.client_endpoint(portal),
        "server_endpoint": world.server_endpoint,
        "member_id": portal.member_id,
        "application_token": app.application_token,
    }


def full_auth(world: World, portal: Portal, app: App, user_id: int, *, refresh: bool) -> dict[str, Any]:
    """The block "auth" with tokens of one user."""
    pair = issue(world, portal, app, user_id)
    auth = {**pair, "domain": world.domain_of(portal), "application_token": app.application_token}
    if not refresh:
        world.refresh_tokens.pop(auth.pop("refresh_token"))
    if world.settings["older_portal"]:
        auth.pop("user_id")
    return auth


def _refresh_life(world: World) -> timedelta:
    return timedelta(days=world.settings["refresh_token_days"])
