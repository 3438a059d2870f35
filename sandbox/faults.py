"""Faults on demand, a log of what was asked, and settings: what every emulator mounts beside its own routes.

    desk = install_faults(app, name_of)             GET, POST, DELETE /_control/faults; GET, DELETE /_control/requests
    settings = install_settings(app, {...}, reset)  GET, POST /_control/settings; POST /_control/reset

Mount it first: its hooks must run before those of the emulator. All of it answers on loopback only.
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from flask import Flask, Request, Response, abort, g, jsonify, request

KINDS = ("status", "delay", "lost_request", "lost_reply", "garbage", "trickle")
REMEMBERED_REQUESTS = 50_000
TRICKLE_PIECES = 20
GARBAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass
class Fault:
    """One armed fault.

    method: the remote method it hits, any case, "*" = every one; skip: so many calls pass unharmed first;
    times: how many are hit then, -1 = all. What happens to a call, by kind:
    status: answered by `status`, `headers`, `body`, not processed; delay: processed `seconds` later;
    lost_request: not processed, the connection breaks; lost_reply: processed, then the connection breaks;
    garbage: processed, answered by `status` 200 and `body` (a proxy's page by default); trickle: processed, the body
    takes `seconds` to arrive.
    """

    method: str
    kind: str
    times: int = 1
    skip: int = 0
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    seconds: float = 1.0
    id: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")

    def answer(self, usual_status: int, usual_body: str) -> Response:
        body = usual_body if self.body is None else self.body
        content_type = "text/html" if body.startswith("<") else "text/plain; charset=utf-8"
        response = Response(body, self.status or usual_status, content_type=content_type)
        response.headers.update(self.headers)
        return response


@dataclass
class Seen:
    """One call that arrived. status: None until answered, and for ever when the request was lost."""

    method: str
    verb: str
    path: str
    at: str
    ids: dict[str, str]
    status: int | None = None
    fault: str = ""


class FaultDesk:
    """Armed faults and the log of calls, both safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._seen: deque[Seen] = deque(maxlen=REMEMBERED_REQUESTS)
        self._last_id = 0

    def arm(self, fault: Fault) -> int:
        with self._lock:
            self._last_id += 1
            fault.id = self._last_id
            self._faults.append(fault)
            return fault.id

    def faults(self) -> list[dict[str, Any]]:
        """All that were armed and not disarmed; one whose `times` is 0 has hit."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Nothing armed, nothing remembered: what an emulator's reset calls."""
        self.disarm()
        self.forget_requests()

    def disarm(self) -> None:
        with self._lock:
            self._faults.clear()

    def forget_requests(self) -> None:
        with self._lock:
            self._seen.clear()

    def requests(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(seen) for seen in self._seen]

    def note(self, seen: Seen) -> Fault | None:
        """Remember a call; the fault that hits it."""
        with self._lock:
            self._seen.append(seen)
            fault = self._take(seen.method.lower())
        seen.fault = fault.kind if fault else ""
        return fault

    def _take(self, method: str) -> Fault | None:
        for fault in self._faults:
            if fault.times == 0 or fault.method.lower() not in ("*", method):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= fault.times > 0
            return fault
        return None


class Settings(dict[str, Any]):
    """Named switches of an emulator; only the names and types of the defaults are accepted, and only the values in
    `choices` for the names that are there."""

    def __init__(self, defaults: Mapping[str, Any], choices: Mapping[str, tuple[Any, ...]]) -> None:
        super().__init__(defaults)
        self._defaults, self._choices = dict(defaults), dict(choices)

    def change(self, values: Mapping[str, Any]) -> None:
        """Raises ValueError naming what it does not know; then nothing is changed."""
        for name, value in values.items():
            if name not in self._defaults:
                raise ValueError(f"no setting {name!r}; there are {', '.join(sorted(self._defaults))}")
            if not _same_type(self._defaults[name], value):
                raise ValueError(f"{name} is of type {type(self._defaults[name]).__name__}")
            if value not in self._choices.get(name, (value,)):
                raise ValueError(f"{name} is one of {', '.join(map(str, self._choices[name]))}")
        self.update(values)

    def restore(self) -> None:
        self.update(self._defaults)


def _same_type(default: Any, value: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))


def install_faults(
    app: Flask,
    name_of: Callable[[Request], str],
    ids_of: Callable[[Request], dict[str, str]] = lambda request: {},
) -> FaultDesk:
    """Mount faults and the log of calls.

    name_of: the remote method a request calls ("PostMessage", "bizproc.event.send"), "" = not a call of the API, let
    alone; ids_of: what the log may show beside, never a secret.
    """
    desk = FaultDesk()

    @app.before_request
    def before() -> Response | None:
        if request.path.startswith("/_control/"):
            return _loopback_only()
        name = name_of(request)
        if not name:
            return None
        now = datetime.now(UTC).isoformat()
        g.seen = Seen(name, request.method, request.path, now, ids_of(request))
        g.fault = desk.note(g.seen)
        return _hit_request(g.fault)

    @app.after_request
    def after(response: Response) -> Response:
        seen: Seen | None = g.get("seen")
        if seen is None or seen.fault == "lost_request":
            return response
        seen.status = response.status_code
        return _hit_reply(g.fault, response)

    _fault_routes(app, desk)
    return desk


def _fault_routes(app: Flask, desk: FaultDesk) -> None:
    @app.post("/_control/faults")
    def arm() -> Response:
        try:
            return jsonify(id=desk.arm(Fault(**request.get_json())))
        except (TypeError, ValueError) as error:
            abort(400, str(error))

    @app.get("/_control/faults")
    def armed() -> Response:
        return jsonify(desk.faults())

    @app.delete("/_control/faults")
    def disarm() -> Response:
        desk.disarm()
        return jsonify(True)

    @app.get("/_control/requests")
    def seen() -> Response:
        return jsonify(desk.requests())

    @app.delete("/_control/requests")
    def forget() -> Response:
        desk.forget_requests()
        return jsonify(True)


def install_settings(
    app: Flask,
    defaults: Mapping[str, Any],
    on_reset: Callable[[], None],
    choices: Mapping[str, tuple[Any, ...]] | None = None,
) -> Settings:
    """Mount the settings and the reset. on_reset: brings the emulator's own state back to its beginning; settings
    are restored before it is called. choices: the values that a setting may have, where not all of its type."""
    settings = Settings(defaults, choices or {})

    @app.get("/_control/settings")
    def show() -> Response:
        return jsonify(settings)

    @app.post("/_control/settings")
    def change() -> Response:
        try:
            settings.change(request.get_json())
        except ValueError as error:
            abort(400, str(error))
        return jsonify(settings)

    @app.post("/_control/reset")
    def reset() -> Response:
        settings.restore()
        on_reset()
        return jsonify(True)

    return settings


def _loopback_only() -> Response | None:
    if ip_address(request.remote_addr or "0.0.0.0").is_loopback:
        return None
    return Response("control is for loopback only\n", 403, content_type="text/plain")


def _hit_request(fault: Fault | None) -> Response | None:
    if fault is None:
        return None
    if fault.kind == "status":
        return fault.answer(503, "")
    if fault.kind == "lost_request":
        break_connection()
        return Response("")
    if fault.kind == "delay":
        time.sleep(fault.seconds)
    return None


def _hit_reply(fault: Fault | None, response: Response) -> Response:
    if fault is None:
        return response
    if fault.kind == "lost_reply":
        break_connection()
    if fault.kind == "garbage":
        return fault.answer(200, GARBAGE)
    if fault.kind == "trickle":
        return _trickle(response, fault.seconds)
    return response


def _trickle(response: Response, seconds: float) -> Response:
    response.direct_passthrough = False
    body = response.get_data()
    size = max(1, -(-len(body) // TRICKLE_PIECES))

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), size):
            time.sleep(seconds / TRICKLE_PIECES)
            yield body[start : start + size]

    length = str(len(body))
    response.response = pieces()
    response.headers["Content-Length"] = length
    return response


def break_connection() -> None:
    """Shut the client's socket, so that it sees a broken connection whatever is answered afterwards."""
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    if connection is None:
        raise ConnectionAbortedError("there is no socket to break: this needs gunicorn")
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the client was faster
