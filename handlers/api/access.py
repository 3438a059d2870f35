"""Who asks: a token of ours, so often and no more; and never so many at once that calls of workflows had to wait."""

import math
import threading
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from handlers import failures
from handlers.api.refusals import InputsWrong, OperatorNeeded, TokenInvalid, TooOften
from handlers.languages import asked_language
from handlers.refusals import Busy, Malformed, Refused
from handlers.services import Services
from registry.api_tokens import Bearer, find, take_turn
from registry.portal_registry import PortalRegistry

RETRY_SECONDS = 2


def bearer() -> Bearer:
    """Whose request this is."""
    found: Bearer = g.bearer
    return found


def registry_of(services: Services) -> PortalRegistry:
    """The registry of the token's portal; nothing else is ever asked."""
    return PortalRegistry(services.database, bearer().portal.id)


def ensure_operator() -> None:
    """Raises OperatorNeeded."""
    if not bearer().is_operator:
        raise OperatorNeeded


class Guard:
    """Stands before every route of the API. A quarter of the process's threads may serve programs at once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._places = threading.BoundedSemaphore(max(1, services.config.web_threads // 4))

    def mount(self, door: Any) -> None:
        """On a blueprint: before its requests, after its answers, and for what goes wrong in it."""
        door.before_request(self._enter)
        door.after_request(self._leave)
        door.register_error_handler(Refused, _refused)
        door.register_error_handler(400, _unfit)
        door.register_error_handler(422, _unfit)

    def _enter(self) -> None:
        if not self._places.acquire(blocking=False):
            raise Busy
        g.place = self._places
        g.bearer = self._known()
        wait = take_turn(self._services.database, g.bearer)
        if wait is not None:
            raise TooOften(retry_after=math.ceil(wait))
        _ensure_readable()

    def _known(self) -> Bearer:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        found = find(self._services.database, token.strip()) if kind.lower() == "bearer" and token.strip() else None
        if found is None:
            raise TokenInvalid
        return found

    @staticmethod
    def _leave(answer: Response) -> Response:
        """The place is free at once, or when the last byte of a file has gone."""
        place = g.pop("place", None)
        if place is not None and answer.is_streamed:
            answer.call_on_close(place.release)
        elif place is not None:
            place.release()
        answer.headers.setdefault("Cache-Control", "no-store")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer


def install(app: Flask) -> None:
    """A place that no answer took with it is given back."""

    @app.teardown_request
    def give_back(_error: BaseException | None) -> None:
        place = g.pop("place", None)
        if place is not None:
            place.release()


def _ensure_readable() -> None:
    """Raises Malformed for JSON that no parser survives."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    try:
        request.get_json(cache=True, silent=False)
    except (RecursionError, ValueError):
        raise Malformed(detail="JSON") from None


def _refused(error: Refused) -> Response:
    answer = failures.foreseen(error)
    if isinstance(error, TokenInvalid):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooOften):
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
    if isinstance(error, Busy):
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, InputsWrong):
        answer = _with_fields(error.text(asked_language()), error.code, error.facts["faults"], error.status)
    return answer


def _unfit(error: HTTPException) -> Response | Any:
    """What a schema says of a query, a header or a body, field by field."""
    messages = getattr(error, "data", {}).get("messages")
    if not messages:
        return failures.refused_by_flask(error)
    faults = {name: found for place in messages.values() if isinstance(place, dict) for name, found in place.items()}
    return _refused(InputsWrong(names=", ".join(map(str, faults)) or "JSON", faults=faults))


def _with_fields(text: str, code: str, faults: dict[str, Any], status: int) -> Response:
    answer = jsonify({"error": {"code": code, "text": text, "fields": faults}})
    answer.status_code = status
    return current_app.make_response(answer)
