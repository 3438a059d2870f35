"""What a portal posts to us: calls of robots and activities, life-cycle events, pages.

Everything in here is a claim until application_token, or the auth server, has confirmed it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from clients.bitrix24.form import PayloadError, parse_form

__all__ = [
    "IncomingCall",
    "IncomingEvent",
    "PagePost",
    "PayloadError",
    "PostedAuth",
    "parse_form",
    "read_call",
    "read_event",
    "read_page",
]

DocumentId = tuple[str, str, str]
_ID_LENGTH = 255
_TOKEN_LENGTH = 2000
_URL_LENGTH = 1000


@dataclass(frozen=True)
class PostedAuth:
    """The `auth` block; what was not sent is "", (), 0 or None. expires_at: UTC."""

    member_id: str
    application_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None
    domain: str
    client_endpoint: str
    server_endpoint: str
    scope: tuple[str, ...]
    status: str
    user_id: int


@dataclass(frozen=True)
class IncomingCall:
    """A call of a robot or an activity.

    document_id, document_type: (module, entity, id), the type None when not sent; properties: {id: text or list of
    texts}; timeout_duration: seconds, 0 = no limit; ts: UTC, None when not sent.
    """

    code: str
    workflow_id: str
    event_token: str = field(repr=False)
    document_id: DocumentId
    document_type: DocumentId | None
    properties: Mapping[str, Any] = field(repr=False)
    use_subscription: bool
    timeout_duration: int
    ts: datetime | None
    auth: PostedAuth

    @property
    def member_id(self) -> str:
        return self.auth.member_id

    @property
    def application_token(self) -> str:
        return self.auth.application_token


@dataclass(frozen=True)
class IncomingEvent:
    """An event, of the application's life (ONAPPINSTALL, ONAPPUPDATE, ONAPPUNINSTALL, …) or of the CRM.

    event: upper case; data: as it came, nested.
    """

    event: str
    data: Mapping[str, Any] = field(repr=False)
    ts: datetime | None
    auth: PostedAuth

    @property
    def member_id(self) -> str:
        return self.auth.member_id

    @property
    def application_token(self) -> str:
        return self.auth.application_token

    @property
    def version(self) -> int:
        return _number(self.data.get("VERSION"))

    @property
    def language(self) -> str:
        return _optional(self.data, "LANGUAGE_ID", 10)

    @property
    def is_installed(self) -> bool:
        """False while the installer page has not finished."""
        return _optional(self.data, "INSTALLED", 10).upper() != "N"

    @property
    def wants_clean(self) -> bool:
        """ONAPPUNINSTALL: the administrator asked to wipe what we keep."""
        return _optional(self.data, "CLEAN", 10).upper() in ("1", "Y")


@dataclass(frozen=True)
class PagePost:
    """The POST that opens a page of ours in a frame, of the main page or a placement.

    expires_in: seconds; is_https: how the portal itself is reached; placement_options: parsed, {} when there are none.
    """

    member_id: str
    application_token: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    domain: str
    is_https: bool
    language: str
    app_sid: str
    server_endpoint: str
    scope: tuple[str, ...]
    status: str
    placement: str
    placement_options: Mapping[str, Any] = field(repr=False)


def read_call(form: Mapping[str, Any]) -> IncomingCall:
    """A call out of a parsed form. Raises PayloadError when it is no call or lacks what makes it one."""
    return IncomingCall(
        code=_required(form, "code", 128),
        workflow_id=_optional(form, "workflow_id", _ID_LENGTH),
        event_token=_required(form, "event_token", _TOKEN_LENGTH),
        document_id=_triple(form, "document_id"),
        document_type=_triple(form, "document_type") if form.get("document_type") else None,
        properties=_map(form.get("properties")),
        # our registrations say Y, so a call that does not say comes from a step that waits
        use_subscription=_optional(form, "use_subscription", 10).upper() not in ("N", "0"),
        timeout_duration=_number(form.get("timeout_duration")),
        ts=_moment(form.get("ts")),
        auth=_auth(form),
    )


def read_event(form: Mapping[str, Any]) -> IncomingEvent:
    """An event out of a parsed form. Raises PayloadError when it is none."""
    return IncomingEvent(
        event=_required(form, "event", _ID_LENGTH).upper(),
        data=_map(form.get("data")),
        ts=_moment(form.get("ts")),
        auth=_auth(form),
    )


def read_page(query: Mapping[str, str], form: Mapping[str, Any]) -> PagePost:
    """The opening of a page: part comes in the address, part in the body; the body wins.

    Raises PayloadError without member_id or AUTH_ID: no page opens without knowing for whom.
    """
    given = {**{name: query[name] for name in query}, **form}
    return PagePost(
        member_id=_required(given, "member_id", _ID_LENGTH),
        application_token=_optional(given, "APPLICATION_TOKEN", _TOKEN_LENGTH),
        access_token=_required(given, "AUTH_ID", _TOKEN_LENGTH),
        refresh_token=_optional(given, "REFRESH_ID", _TOKEN_LENGTH),
        expires_in=_number(given.get("AUTH_EXPIRES")),
        domain=_optional(given, "DOMAIN", _ID_LENGTH),
        is_https=_optional(given, "PROTOCOL", 10) != "0",
        language=_optional(given, "LANG", 10).lower(),
        app_sid=_optional(given, "APP_SID", _ID_LENGTH),
        server_endpoint=_optional(given, "SERVER_ENDPOINT", _URL_LENGTH),
        scope=_scope(given.get("APPLICATION_SCOPE")),
        status=_optional(given, "status", 10),
        placement=_optional(given, "PLACEMENT", _ID_LENGTH).upper() or "DEFAULT",
        placement_options=_options(given.get("PLACEMENT_OPTIONS")),
    )


def _auth(form: Mapping[str, Any]) -> PostedAuth:
    auth = form.get("auth")
    if not isinstance(auth, Mapping):
        raise PayloadError("auth is missing")
    return PostedAuth(
        member_id=_required(auth, "member_id", _ID_LENGTH),
        application_token=_optional(auth, "application_token", _TOKEN_LENGTH),
        access_token=_optional(auth, "access_token", _TOKEN_LENGTH),
        refresh_token=_optional(auth, "refresh_token", _TOKEN_LENGTH),
        expires_at=_moment(auth.get("expires")),
        domain=_optional(auth, "domain", _ID_LENGTH),
        client_endpoint=_optional(auth, "client_endpoint", _URL_LENGTH),
        server_endpoint=_optional(auth, "server_endpoint", _URL_LENGTH),
        scope=_scope(auth.get("scope")),
        status=_optional(auth, "status", 10),
        user_id=_number(auth.get("user_id")),
    )


def _required(form: Mapping[str, Any], name: str, length: int) -> str:
    value = _optional(form, name, length)
    if not value:
        raise PayloadError(f"{name} is missing")
    return value


def _optional(form: Mapping[str, Any], name: str, length: int) -> str:
    value = form.get(name, "")
    if not isinstance(value, str):
        raise PayloadError(f"{name} is not a text")
    if len(value) > length:
        raise PayloadError(f"{name} is longer than {length} characters")
    return value.strip()


def _triple(form: Mapping[str, Any], name: str) -> DocumentId:
    value = form.get(name)
    parts = value if isinstance(value, list) else []
    if len(parts) != 3 or not all(isinstance(part, str) and 0 < len(part) <= _ID_LENGTH for part in parts):
        raise PayloadError(f"{name} is not a triple of texts")
    return (parts[0], parts[1], parts[2])


def _map(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    # keys 0, 1, 2 in order look like a list
    return {str(number): item for number, item in enumerate(value)} if isinstance(value, list) else {}


def _number(value: Any) -> int:
    """A count or an id; what is unreadable counts as not sent."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else 0


def _moment(value: Any) -> datetime | None:
    seconds = _number(value)
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 32_503_680_000 else None  # the year 3000


def _scope(value: Any) -> tuple[str, ...]:
    """Separated by commas, in one event by spaces."""
    return tuple(str(value).replace(",", " ").split()) if isinstance(value, str) else ()


def _options(value: Any) -> dict[str, Any]:
    """A JSON text; an empty PHP map in it is []."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}
