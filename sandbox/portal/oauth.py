"""The auth server: tokens for codes and refresh tokens, and what is true about a token."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request

from sandbox.portal import tokens
from sandbox.portal.model import App, Grant, Portal
from sandbox.portal.rest import for_application, html, times, to_json
from sandbox.portal.world import World, iso, now


class OAuthError(Exception):
    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.text, self.status = code, text, status


def blueprint(world: World) -> Blueprint:
    door = Blueprint("oauth", __name__)

    @door.route("/oauth/token/", methods=["GET", "POST"])
    def token() -> Response:
        if not _at_auth_server(world):  # the portal's own address answers with a page, whatever is asked
            return html("<html><body>404 Not Found</body></html>", 404)
        given = request.args.to_dict()
        if request.method == "POST" and world.settings["token_form_post"]:
            given |= request.form.to_dict()
        return _guarded(world, lambda: exchange(world, given))

    @door.route("/rest/app.info", methods=["GET", "POST"])
    @door.route("/rest/app.info.json", methods=["GET", "POST"])
    def app_info() -> Response:
        if not _at_auth_server(world):  # a portal has a method of this name, which tells less
            return for_application(world, "app.info")
        token = request.values.get("auth") or request.values.get("access_token") or ""
        started = time.time()
        return _guarded(world, lambda: {"result": describe(world, token), "time": times(started, 0.0)})

    @door.get("/oauth/authorize/")
    def authorize() -> Response:
        with world.lock:
            return _authorize(world, request.args.get("client_id", ""), request.args.get("state", ""))

    return door


def exchange(world: World, given: dict[str, str]) -> dict[str, Any]:
    """The token endpoint. Raises OAuthError."""
    kind = given.get("grant_type", "")
    source = {"authorization_code": "code", "refresh_token": "refresh_token"}.get(kind)
    if source is None or not given.get(source):
        raise OAuthError("invalid_request", "The request is missing a required parameter")
    portal, app = _client(world, given)
    if source == "code":
        grant = _take_code(world, given["code"], app)
    else:
        grant = _take_refresh_token(world, given["refresh_token"], app)
    user = portal.users.get(grant.user_id)
    if user is None or not user.is_active:
        raise OAuthError("invalid_grant", "The user is not active any more")
    _check_scope(given.get("scope", ""), app)
    return tokens.issue(world, portal, app, grant.user_id)


def describe(world: World, token: str) -> dict[str, Any]:
    """app.info of the auth server: the trusted word about a token. Raises OAuthError."""
    if not token:
        raise OAuthError("NO_AUTH_FOUND", "Wrong authorization data", 401)
    grant = world.access_tokens.get(token)
    known = world.app_of(grant.client_id) if grant else None
    if grant is None or known is None:
        raise OAuthError("invalid_token", "The access token provided is invalid", 401)
    if grant.expires <= now():
        raise OAuthError("expired_token", "The access token provided has expired", 401)
    portal, app = known
    return {
        "client_id": app.client_id,
        "scope": ",".join(grant.scopes),
        "expires": iso(grant.expires),
        "user_id": grant.user_id,
        "install": {
            "installed": app.is_installed,
            "version": app.version,
            "status": "L",
            "scope": ",".join(app.scopes),
            "domain": world.domain_of(portal),
            "uri": world.url_of(portal),
            "client_endpoint": world.client_endpoint(portal),
            "member_id": portal.member_id,
            "member_type": "",
        },
    }


def _client(world: World, given: dict[str, str]) -> tuple[Portal, App]:
    known = world.app_of(given.get("client_id", ""))
    if known is None or known[1].client_secret != given.get("client_secret"):
        if world.settings["wrong_secret_answer"] == "wrong_client":
            raise OAuthError("wrong_client", "Wrong client", 200)
        raise OAuthError("invalid_client", "Invalid client")
    portal, app = known
    if portal.is_deleted or not app.is_present:
        raise OAuthError("invalid_client", "Application is not installed on the portal")
    if not app.is_paid:
        raise OAuthError("PAYMENT_REQUIRED", "Payment required", world.settings["payment_required_status"])
    return portal, app


def _take_code(world: World, code: str, app: App) -> Grant:
    grant = world.codes.pop(code, None)
    if grant is None or grant.client_id != app.client_id or grant.expires <= now():
        raise OAuthError("invalid_grant", "Code is not valid or has expired")
    return grant


def _take_refresh_token(world: World, token: str, app: App) -> Grant:
    """Each refresh token is good for one use; the switch gives the used one a short second life."""
    grant = world.refresh_tokens.get(token)
    if grant is None or grant.client_id != app.client_id or grant.expires <= now():
        raise OAuthError("invalid_grant", "Refresh token is not valid or has expired")
    grace = timedelta(seconds=world.settings["refresh_grace_seconds"])
    if grant.used_at is not None and now() - grant.used_at >= grace:
        raise OAuthError("invalid_grant", "Refresh token has already been used")
    grant.used_at = grant.used_at or now()
    return grant


def _check_scope(asked: str, app: App) -> None:
    if asked and not set(asked.replace(" ", ",").split(",")) <= set(app.scopes):
        raise OAuthError("invalid_scope", "The requested scope is wider than the application's", 403)


def _authorize(world: World, client_id: str, state: str) -> Response:
    portal = world.portal_at(_role(world))
    app = portal.apps.get(client_id) if portal else None
    user_id = world.settings["browser_user_id"]
    user = portal.users.get(user_id) if portal else None
    if portal is None or app is None or not app.is_present:
        return html("<h1>Приложение не установлено · Application not installed</h1>", 404)
    if world.settings["login_refused"] or user is None or not user.is_active:
        return html("<h1>Вход не выполнен · You are not logged in</h1>", 403)
    answer = {
        "code": tokens.issue_code(world, portal, app, user_id),
        "state": state,
        "domain": world.domain_of(portal),
        "member_id": portal.member_id,
        "scope": ",".join(app.scopes),
        "server_domain": world.urls["auth"].split("//")[1],
    }
    joint = "&" if "?" in app.handler_url else "?"
    return redirect(app.handler_url + joint + urlencode(answer), 302)  # type: ignore[return-value]


def _guarded(world: World, action: Any) -> Response:
    with world.lock:
        try:
            return to_json(action())
        except OAuthError as error:
            return to_json({"error": error.code, "error_description": error.text}, error.status)


def _role(world: World) -> str:
    return world.role_at(request.environ["SERVER_NAME"], request.environ["SERVER_PORT"])


def _at_auth_server(world: World) -> bool:
    return _role(world) == "auth"
