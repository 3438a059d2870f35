"""Tokens: who a caller is. OIDC (`Bearer`) and the older `DiadocAuth` with a developer key.

Forms of tokens, lifetimes, texts of refusals and the value of WWW-Authenticate are invented.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Request

from sandbox.diadoc import seed
from sandbox.diadoc.api import Answer, Call, api
from sandbox.diadoc.errors import bad, unauthorized
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World

SCOPES = ("Diadoc.PublicAPI", "Diadoc.PublicAPI.Staging")
_DIADOC_AUTH = re.compile(r"\s*(ddauth_[a-z_]+)=([^,\s]+)\s*(?:,|$)")


@dataclass
class Issued:
    """A token given out. kind: code, access, refresh or diadoc; redirect_uri and challenge belong to codes."""

    kind: str
    user_id: str
    expires: datetime
    scope: str = ""
    redirect_uri: str = ""
    challenge: str = ""
    is_used: bool = False


def issue(world: World, kind: str, user: User, seconds: float, **members: Any) -> str:
    """A new token. members: scope, redirect_uri, challenge."""
    token = f"{kind}-{secrets.token_urlsafe(32)}"
    world.tokens[token] = Issued(kind, user.id, world.clock.now() + timedelta(seconds=seconds), **members)
    return token


def seed_tokens(world: World) -> None:
    """Every user starts with a refresh token, as if he had consented before."""
    scope = f"openid profile email offline_access {SCOPES[0]}"
    expires = world.clock.now() + timedelta(seconds=world.settings["refresh_token_seconds"])
    for user in seed.USERS:
        world.tokens[seed.first_refresh_token(user)] = Issued("refresh", user.id, expires, scope)


def valid(world: World, token: str, kind: str) -> Issued | None:
    issued = world.tokens.get(token)
    if issued is None or issued.kind != kind or issued.expires <= world.clock.now():
        return None
    return issued


def authenticate(world: World, request: Request, needs_user: bool) -> User | None:
    """The caller; None where a developer key alone is enough. Raises 401."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        issued = valid(world, rest.strip(), "access")
        if issued is None or not set(SCOPES) & set(issued.scope.split()):
            raise unauthorized("Token is invalid or expired")
        return world.users[issued.user_id]
    if scheme.lower() == "diadocauth" and world.settings["diadoc_auth"]:
        return _by_developer_key(world, rest, needs_user)
    raise unauthorized("Authorization header is missing or has unknown scheme")


def _by_developer_key(world: World, header: str, needs_user: bool) -> User | None:
    parameters = dict(_DIADOC_AUTH.findall(header))
    if parameters.get("ddauth_api_client_id") != seed.DEVELOPER_KEY:
        raise unauthorized("Unknown client id")
    issued = valid(world, parameters.get("ddauth_token", ""), "diadoc")
    if issued is None and needs_user:
        raise unauthorized("Token is invalid or expired")
    return world.users[issued.user_id] if issued else None


@api.post("/V3/Authenticate", "/V2/Authenticate", "/Authenticate", needs_user=False)
def authenticate_by_password(call: Call) -> Answer:
    """Only `type=password`: the sandbox has no certificates to log in by."""
    if call.get("type", "password").lower() != "password":
        raise bad("Only type=password is supported here")
    body = call.body("LoginPassword")
    login, password = body.text("login"), body.text("password")
    user = next((user for user in seed.USERS if user.login == login.lower()), None)
    if user is None or not secrets.compare_digest(user.password, password):
        raise unauthorized("Invalid login or password")
    return Answer(issue(call.world, "diadoc", user, call.world.settings["diadoc_token_seconds"]))
