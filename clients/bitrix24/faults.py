"""What a portal or its auth server calls an error, as our own tree.

Decided by the code and never by the status alone: crm.item.* denies with 400, some errors come with 200, and codes
may be empty or numbers. Source: reference of system errors in the vendor's documentation, error-codes.
"""

import re
from typing import Any

import requests

from clients.bitrix24 import wire
from errors import (
    Conflict,
    NoAccess,
    NotFoundThere,
    PortalAuthLost,
    RateLimited,
    RequestRejected,
    ServiceError,
    SubscriptionEnded,
    Unavailable,
)

TOKEN_IS_STALE = ("expired_token", "invalid_token", "no_auth_found")
QUERY_LIMIT_SECONDS = 1.0  # the bucket leaks two a second: room for two
OVERLOAD_SECONDS = 60.0  # blocked by hand; the vendor names no time
OPERATING_SECONDS = 60.0  # one bucket of the method's ten minutes, when the answer names no time

_BY_CODE: dict[str, type[ServiceError]] = {
    **dict.fromkeys(("query_limit_exceeded", "overload_limit", "operation_time_limit"), RateLimited),
    **dict.fromkeys(
        (
            "internal_server_error",
            "error_unexpected_answer",
            "connection_error",
            "expired_token",  # right after a renewal: clocks over there differ
            "423",
        ),
        Unavailable,
    ),
    **dict.fromkeys(
        (
            "invalid_token",
            "no_auth_found",
            "authorization_error",
            "application_not_found",
            "portal_deleted",
            "invalid_grant",
            "not_installed",
            "error_oauth",
            "bad_verification_code",
        ),
        PortalAuthLost,
    ),
    **dict.fromkeys(
        (
            "payment_required",
            "docgen_limit_error",
            "create_dynamic_item_restricted",
            "update_dynamic_item_restricted",
            "create_dynamic_type_restricted",
        ),
        SubscriptionEnded,
    ),
    **dict.fromkeys(
        (
            "access_denied",
            "accessexception",
            "docgen_access_error",
            "invalid_credentials",
            "insufficient_scope",
            "invalid_scope",
            "user_access_error",
            "allowed_only_intranet_user",
            "wrong_auth_type",
            "method_confirm_waiting",
            "method_confirm_denied",
            "error_method_not_found",  # the plan lacks the feature, or the application the scope
            "error_manifest_is_not_available",
            "error_wrong_context",
            # our own key is wrong: no token is dead because of that
            "invalid_client",
            "wrong_client",
        ),
        NoAccess,
    ),
    **dict.fromkeys(
        (
            "not_found",
            "404",
            "owner_not_found",
            "error_not_found",
            "error_activity_not_found",
            "error_template_not_found",
            "error_element_not_found",
            "error_iblock_not_found",
            "error_placement_not_found",
        ),
        NotFoundThere,
    ),
    **dict.fromkeys(
        (
            "error_activity_already_installed",
            "disk_obj_22000",
            "error_element_already_exists",
            "error_iblock_already_exists",
        ),
        Conflict,
    ),
}
_ABOUT_PLANS = re.compile(r"(?i)commercial plan|subscription|licen[sc]e|\btariff|тариф|подписк|лицензи")
_VAGUE = ("", "0", "100", "error_core", "error_argument", "error_activity_add_failure")
_BY_TEXT = (
    (re.compile(r"(?i)access denied|доступ запрещ"), NoAccess),
    (re.compile(r"(?i)not found|не найден"), NotFoundThere),
    (re.compile(r"(?i)already (added|binded|bound|installed|exists)"), Conflict),
)


def is_about_plans(text: str) -> bool:
    """Does an ACCESS_DENIED speak of the portal's plan, which a payment cures, and not of rights?"""
    return bool(_ABOUT_PLANS.search(text))


def read(response: requests.Response, *, method: str, secrets: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body of an answer that is no error, else raises what it is."""
    body = wire.load(response.content)
    if not isinstance(body, dict):
        # a proxy, a protection or a maintenance page stands in between
        raise Unavailable(system=wire.SYSTEM, method=method, status=response.status_code, detail="no JSON")
    if "error" in body:
        raise fault(body, method=method, status=response.status_code, secrets=secrets, headers=response.headers)
    if response.status_code >= 500:
        raise Unavailable(system=wire.SYSTEM, method=method, status=response.status_code, detail="no result")
    return body


def fault(
    body: dict[str, Any], *, method: str, status: int = 0, secrets: tuple[str, ...] = (), headers: Any = None
) -> ServiceError:
    """The error that an answer (or one command of a batch) holds."""
    code = "" if body["error"] is None else wire.as_text(body["error"])
    text = wire.plain(body.get("error_description"), *secrets)
    kind = _kind(code.lower(), status, text)
    return kind(
        system=wire.SYSTEM,
        method=method,
        status=status,
        vendor_code=code,
        detail=text or wire.plain(code),
        retry_after=_retry_after(code.upper(), body, headers or {}) if kind is RateLimited else None,
    )


def _kind(code: str, status: int, text: str) -> type[ServiceError]:
    if code == "access_denied" and is_about_plans(text):
        return SubscriptionEnded
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code in _VAGUE:
        for pattern, kind in _BY_TEXT:
            if pattern.search(text):
                return kind
    if status == 429:
        return RateLimited
    return Unavailable if status >= 500 else RequestRejected


def _retry_after(code: str, body: dict[str, Any], headers: Any) -> float:
    told = wire.as_int(headers.get("Retry-After"))
    if code == "QUERY_LIMIT_EXCEEDED":
        return max(QUERY_LIMIT_SECONDS, told)
    if code == "OVERLOAD_LIMIT":
        return max(OVERLOAD_SECONDS, told)
    return told or _until_reset(body)


def _until_reset(body: dict[str, Any]) -> float:
    spent = wire.as_map(body.get("time"))
    reset_at, now = wire.as_int(spent.get("operating_reset_at")), wire.as_int(spent.get("finish"))
    if not (reset_at and now):  # both by the portal's own clock
        return OPERATING_SECONDS
    return min(max(1.0, float(reset_at - now)), 600.0)
