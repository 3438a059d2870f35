"""Who calls: by an application's token or by the address of an incoming webhook."""

from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Method
from sandbox.portal.model import App, Grant, Portal, User
from sandbox.portal.world import World, now


def by_token(world: World, portal: Portal, token: str, params: dict[str, Any]) -> Call:
    """Raises RestError of the OAuth kind (401, some 403)."""
    if not token:
        raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
    grant = world.access_tokens.get(token)
    if grant is None or grant.portal != portal.name:
        raise RestError("invalid_token", "Unable to get application by token", 401)
    if grant.expires <= now():
        raise RestError("expired_token", "The access token provided has expired", 401)
    app, user = _application(portal, grant), _active_user(portal, grant.user_id)
    if app.allowed_users and user.id not in app.allowed_users and not user.is_admin:
        raise RestError("user_access_error", "The user does not have access to the application.", 403)
    return Call(world, portal, user, app, grant.scopes, params, token)


def by_webhook(world: World, portal: Portal, user_id: int, code: str, params: dict[str, Any]) -> Call:
    scopes = portal.webhooks.get((user_id, code))
    if scopes is None:
        raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", world.settings["scope_error_status"])
    return Call(world, portal, _active_user(portal, user_id), None, scopes, params)


def check_portal(world: World, portal: Portal) -> None:
    """What stops every method. Raises RestError."""
    if portal.is_deleted:
        raise RestError("PORTAL_DELETED", "Portal was deleted", world.settings["portal_deleted_status"])
    if portal.is_overloaded:
        raise RestError("OVERLOAD_LIMIT", "REST API is blocked due to overload.", 503)


def check_right(call: Call, method: Method) -> None:
    """Plan, scope, context, rights of the caller to this method. Raises RestError."""
    if not call.portal.has_rest:
        raise RestError("ACCESS_DENIED", "REST API is available only on commercial plans", 403)
    if method.scopes and not set(method.scopes).intersection(call.scopes):
        text = "The request requires higher privileges than provided by the access token"
        raise RestError("insufficient_scope", text, call.world.settings["scope_error_status"])
    if method.app_only and call.app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required", 403)
    if method.admin_only and not call.user.is_admin:
        raise RestError("ACCESS_DENIED", "Access denied!", 403)
    _check_confirmation(call.portal, method.name)


def _check_confirmation(portal: Portal, name: str) -> None:
    state = portal.confirmations.get(name.lower())
    if state == "waiting":
        raise RestError("METHOD_CONFIRM_WAITING", "Waiting for confirmation", 401)
    if state == "denied":
        raise RestError("METHOD_CONFIRM_DENIED", "Method call denied", 403)


def _application(portal: Portal, grant: Grant) -> App:
    app = portal.apps.get(grant.client_id)
    if app is None or not app.is_present or not app.is_active:
        raise RestError("APPLICATION_NOT_FOUND", "Application not found", 401)
    if not app.is_paid:
        raise RestError("PAYMENT_REQUIRED", "Subscription has been ended", 401)
    return app


def _active_user(portal: Portal, user_id: int) -> User:
    user = portal.users.get(user_id)
    if user is None or not user.is_active:
        raise RestError("authorization_error", "Unable to authorize user", 401)
    if not user.is_intranet:
        raise RestError("allowed_only_intranet_user", "Only intranet users are allowed", 403)
    return user
