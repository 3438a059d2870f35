"""The door of the API: paths in any case, verbs, tokens, media types, limits. Methods register themselves here.

    @api.get("/V3/GetDocument")
    def get_document(call: Call) -> dict: ...

A method runs under the world's lock and returns what `Answer` can carry; it raises `Refused`.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response

from sandbox.diadoc.body import Fields
from sandbox.diadoc.errors import Refused, bad, unauthorized
from sandbox.diadoc.render.reshape import reshape
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World

MAX_BODY_BYTES = 70 * 1024 * 1024
JSON = "application/json; charset=utf-8"
# No structure of Diadoc reads like this: a client that forgot its Accept header gets bytes, not JSON
PROTOBUF_BYTES = b"\x0a\x10sandbox-protobuf\x12\x02\x08\x01"


@dataclass
class Answer:
    """body: a structure (JSON), text or bytes (as they are)."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""


@dataclass
class Call:
    """One call of a method: who asks and what he says."""

    world: World
    request: Request
    user: User | None
    raw: bytes
    query: dict[str, str]

    @property
    def caller(self) -> User:
        if self.user is None:
            raise unauthorized("Token is required")
        return self.user

    def get(self, name: str, default: str = "") -> str:
        return self.query.get(name.lower(), default)

    def need(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise bad(f"{name} must be specified")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.get(name).lower()
        if value not in ("", "true", "false", "1", "0"):
            raise bad(f"{name} must have valid value")
        return default if not value else value in ("true", "1")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.get(name)
        if not value:
            return default
        if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
            raise bad(f"{name} must have valid value")
        return int(value)

    def box(self, name: str = "boxId") -> str:
        return self.world.own_box(self.caller, self.get(name), name)

    def body(self, structure: str) -> Fields:
        """The JSON body. Raises 400 as Diadoc does for a body it cannot read, 415."""
        return Fields.parse(self.raw, structure, self.request.content_type or "", self.world.settings)


Method = Callable[[Call], Any]


@dataclass
class Entry:
    name: str
    method: Method
    needs_user: bool
    takes_lock: bool


class Api:
    """All methods by path. `answer` is the one way in."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {}

    def route(
        self, verb: str, *paths: str, needs_user: bool = True, takes_lock: bool = True
    ) -> Callable[[Method], Method]:
        """needs_user: False = a developer key alone opens it; takes_lock: False = the method locks for itself."""

        def register(method: Method) -> Method:
            for path in paths:
                entry = Entry(path.rsplit("/", 1)[-1], method, needs_user, takes_lock)
                self._entries.setdefault(path.lower(), {})[verb] = entry
            return method

        return register

    def get(self, *paths: str, **options: bool) -> Callable[[Method], Method]:
        return self.route("GET", *paths, **options)

    def post(self, *paths: str, **options: bool) -> Callable[[Method], Method]:
        return self.route("POST", *paths, **options)

    def name_of(self, path: str) -> str:
        """The method's name as Diadoc writes it; "" when there is none at that path."""
        verbs = self._entries.get(path.rstrip("/").lower(), {})
        return next(iter(verbs.values())).name if verbs else ""

    def find(self, request: Request) -> Entry:
        verbs = self._entries.get(request.path.rstrip("/").lower())
        if verbs is None:
            raise Refused(404, "Method is not found")
        if request.method not in verbs:
            allowed = ", ".join(sorted(verbs))
            raise Refused(405, f"Method {request.method} is not allowed. Allowed methods: {allowed}", Allow=allowed)
        return verbs[request.method]


api = Api()


class RateLimit:
    """So many calls in any second, by the real clock."""

    def __init__(self) -> None:
        self._calls: deque[float] = deque()

    def check(self, limit: float) -> None:
        now = time.monotonic()
        while self._calls and self._calls[0] <= now - 1:
            self._calls.popleft()
        if len(self._calls) >= limit:
            raise Refused(429, "Превышено допустимое количество запросов", Retry_After="1")  # the text is invented
        self._calls.append(now)


class Door:
    """Turns an HTTP request into a call and what comes of it into an HTTP answer."""

    def __init__(self, world: World, authenticate: Callable[[World, Request, bool], User | None]) -> None:
        self._world, self._authenticate = world, authenticate
        self._rate_limit = RateLimit()

    def answer(self, request: Request) -> Response:
        try:
            result = self._run(request)
        except Refused as refusal:
            return refused(refusal)
        return self._response(request, result)

    def _run(self, request: Request) -> Answer:
        entry = api.find(request)
        raw = _read(request)
        with self._world.lock:
            self._rate_limit.check(self._world.settings["rate_limit_per_second"])
            self._world.settle()
            user = self._authenticate(self._world, request, entry.needs_user)
        query = {name.lower(): value for name, value in request.args.items()}
        call = Call(self._world, request, user, raw, query)
        if not entry.takes_lock:
            return _as_answer(entry.method(call))
        with self._world.lock:
            return _as_answer(entry.method(call))

    def _response(self, request: Request, answer: Answer) -> Response:
        body, content_type = answer.body, answer.content_type
        if isinstance(body, str | bytes):
            content_type = content_type or "text/plain; charset=utf-8"
        elif "application/json" in request.headers.get("Accept", "").lower():
            shaped = reshape(body, self._world.settings)
            body, content_type = json.dumps(shaped, ensure_ascii=False), JSON
        else:
            body, content_type = PROTOBUF_BYTES, "application/x-protobuf"
        response = Response(body, answer.status, content_type=content_type if body else None)
        response.headers.update(answer.headers)
        sunset = self._world.settings["sunset"].get(api.name_of(request.path))
        if sunset:
            response.headers["Sunset"] = sunset
            response.headers["Link"] = '<https://diadoc.example/deprecated>;rel="sunset"'
        return response


def refused(refusal: Refused) -> Response:
    response = Response(refusal.text, refusal.status, content_type="text/plain; charset=utf-8")
    if refusal.code:
        response.headers["X-Diadoc-ErrorCode"] = refusal.code
    response.headers["X-Diadoc-LogLevel"] = "Info"
    response.headers.update(refusal.headers)
    return response


def _as_answer(result: Any) -> Answer:
    return result if isinstance(result, Answer) else Answer(result)


def _read(request: Request) -> bytes:
    if request.method == "GET":
        if "protobuf" in (request.content_type or ""):  # what the front nginx does with such a GET
            raise Refused(400, "400 Bad Request")
        return b""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Refused(413, "Request body is too large")  # status and text are invented
    return request.get_data(cache=False)


def pending(world: World, status: int = 204, body: Any = b"") -> Answer:
    """Not ready yet: come back later."""
    return Answer(body, status, {"Retry-After": str(world.settings["retry_after_seconds"])})
