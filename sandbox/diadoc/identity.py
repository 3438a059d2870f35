"""The identity provider: authorization code and refresh token flows, and the page where a person consents."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.diadoc import seed
from sandbox.diadoc.auth import SCOPES, Issued, issue, valid
from sandbox.diadoc.pages.texts import texts
from sandbox.diadoc.state import World

CODE_SECONDS = 300
KNOWN_SCOPES = {"openid", "profile", "email", "offline_access", *SCOPES}


class OAuthError(Exception):
    """An answer of the token endpoint, by the code of RFC 6749."""


def identity_provider(world: World) -> Blueprint:
    routes = Blueprint("identity", __name__)

    @routes.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        base = request.host_url.rstrip("/")
        return jsonify(
            issuer=base,
            authorization_endpoint=f"{base}/connect/authorize",
            token_endpoint=f"{base}/connect/token",
            scopes_supported=sorted(KNOWN_SCOPES),
            response_types_supported=["code"],
            grant_types_supported=["authorization_code", "refresh_token"],
            token_endpoint_auth_methods_supported=["client_secret_post"],
            code_challenge_methods_supported=["S256"],
        )

    @routes.get("/connect/authorize")
    def consent_page() -> ResponseReturnValue:
        error = _check_authorize(request.args)
        if error:
            return error, 400
        language = "en" if request.args.get("lang") == "en" else "ru"
        shown = {"t": texts(language), "lang": language, "users": seed.USERS, "query": request.args}
        return Response(render_template("consent.html", **shown))

    @routes.post("/connect/authorize")
    def consent() -> ResponseReturnValue:
        error = _check_authorize(request.form)
        if error:
            return error, 400
        with world.lock:
            return redirect(_consented(world, request.form), 302)

    @routes.post("/connect/token")
    def token() -> tuple[Response, int]:
        with world.lock:
            world.settle()
            try:
                return jsonify(_token(world, request.form)), 200
            except OAuthError as error:
                return jsonify(error=str(error)), 400

    return routes


def _check_authorize(query: Any) -> str:
    """Faults that are shown to the person and never sent to a redirect address."""
    if query.get("client_id") != seed.CLIENT_ID:
        return "unauthorized_client"
    if not query.get("redirect_uri", "").startswith(("http://", "https://")):
        return "invalid redirect_uri"
    return ""


def _consented(world: World, form: Any) -> str:
    back = {"state": form["state"]} if form.get("state") else {}
    user = world.users.get(form.get("user", ""))
    scopes = set(form.get("scope", "").split())
    if form.get("response_type") != "code":
        back["error"] = "unsupported_response_type"
    elif not scopes <= KNOWN_SCOPES or not scopes & set(SCOPES):
        back["error"] = "invalid_scope"
    elif form.get("decision") != "allow" or user is None:
        back["error"] = "access_denied"
    else:
        challenge = form.get("code_challenge", "")
        members = {"scope": form["scope"], "redirect_uri": form["redirect_uri"], "challenge": challenge}
        back["code"] = issue(world, "code", user, CODE_SECONDS, **members)
    separator = "&" if "?" in form["redirect_uri"] else "?"
    return f"{form['redirect_uri']}{separator}{urlencode(back)}"


def _token(world: World, form: Any) -> dict[str, Any]:
    secret = form.get("client_secret", "")
    if form.get("client_id") != seed.CLIENT_ID or not secrets.compare_digest(secret, seed.CLIENT_SECRET):
        raise OAuthError("invalid_client")
    if form.get("grant_type") == "authorization_code":
        return _by_code(world, form)
    if form.get("grant_type") == "refresh_token":
        return _by_refresh_token(world, form)
    raise OAuthError("unsupported_grant_type")


def _by_code(world: World, form: Any) -> dict[str, Any]:
    code = valid(world, form.get("code", ""), "code")
    if code is None or code.is_used or code.redirect_uri != form.get("redirect_uri"):
        raise OAuthError("invalid_grant")
    if code.challenge and code.challenge != _s256(form.get("code_verifier", "")):
        raise OAuthError("invalid_grant")
    code.is_used = True
    return _tokens(world, code, rotate=True)


def _by_refresh_token(world: World, form: Any) -> dict[str, Any]:
    refresh = valid(world, form.get("refresh_token", ""), "refresh")
    rotation = world.settings["refresh_rotation"]
    if refresh is None or (refresh.is_used and rotation == "strict"):
        raise OAuthError("invalid_grant")
    refresh.is_used = rotation == "strict"
    return _tokens(world, refresh, rotate=rotation != "none")


def _tokens(world: World, grant: Issued, *, rotate: bool) -> dict[str, Any]:
    settings, user = world.settings, world.users[grant.user_id]
    lifetime = settings["access_token_seconds"]
    answer = {
        "access_token": issue(world, "access", user, lifetime, scope=grant.scope),
        "token_type": "Bearer",
        "expires_in": int(lifetime),
        "scope": grant.scope,
    }
    if rotate and "offline_access" in grant.scope.split():
        refresh = issue(world, "refresh", user, settings["refresh_token_seconds"], scope=grant.scope)
        answer["refresh_token"] = refresh
    return answer


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
