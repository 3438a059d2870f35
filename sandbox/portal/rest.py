"""The door of the REST interface: reads a request in any of its forms, finds the method, wraps the answer."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Request, Response, json, redirect, request

from sandbox.portal import identity, phpform
from sandbox.portal.errors import RestError
from sandbox.portal.limits import Operating, pour
from sandbox.portal.methods import Call, Method, Page, find_method
from sandbox.portal.model import Portal
from sandbox.portal.world import World, iso

MAINTENANCE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def method_name(path: str) -> str:
    """`/rest/crm.item.get.json` and `/rest/1/code/crm.item.get` to `crm.item.get`."""
    name = path.rstrip("/").rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[0] if name.lower().endswith((".json", ".xml")) else name


def blueprint(world: World) -> Blueprint:
    door = Blueprint("rest", __name__)

    @door.route("/rest/<method>", methods=["GET", "POST"])
    @door.route("/rest/<method>/", methods=["GET", "POST"])
    def by_application(method: str) -> Response:
        return for_application(world, method)

    @door.route("/rest/<int:user_id>/<code>/<method>", methods=["GET", "POST"])
    @door.route("/rest/<int:user_id>/<code>/<method>/", methods=["GET", "POST"])
    def by_webhook(user_id: int, code: str, method: str) -> Response:
        params = read_params(request)
        return answer(world, method, lambda portal: identity.by_webhook(world, portal, user_id, code, params))

    return door


def for_application(world: World, method: str) -> Response:
    """Answer the present request as a call of this method with a token."""
    params = read_params(request)
    token = take_token(request, params)
    return answer(world, method, lambda portal: identity.by_token(world, portal, token, params))


def answer(world: World, method: str, who: Callable[[Portal], Call]) -> Response:
    """Everything between a request and its envelope, under the world's lock."""
    started = time.time()
    with world.lock:
        role = world.role_at(request.environ["SERVER_NAME"], request.environ["SERVER_PORT"])
        portal = world.portal_at(role)
        if portal is None:
            return html("<html><body>404 Not Found</body></html>", 404)
        if portal.place != role:
            return redirect(world.url_of(portal) + request.full_path.rstrip("?"), 302)  # type: ignore[return-value]
        if portal.is_in_maintenance:
            return html(MAINTENANCE, 502)
        try:
            return _answered(world, portal, method_name(method), who, started)
        except RestError as error:
            return to_json(error.body(), error.status)


def _answered(world: World, portal: Portal, name: str, who: Callable[[Portal], Call], started: float) -> Response:
    if world.settings["require_https"] and request.scheme != "https":
        raise RestError("INVALID_REQUEST", "Https required", 400)
    identity.check_portal(world, portal)
    pour(world, portal.name, request.remote_addr or "")
    method = find_method(name, portal)
    call = who(portal)
    result, times = run(call, method, started)
    return to_json({**envelope(result), "time": times})


def run(call: Call, method: Method, started: float) -> tuple[Any, dict[str, Any]]:
    """Check the rights, run the method, book its time. Raises RestError; the block "time" comes beside the result."""
    identity.check_right(call, method)
    operating = Operating(call.world, call.portal.name, call.app.client_id if call.app else "webhook", method.name)
    counted = method.name != "batch"  # the outer call is free, each command inside is counted
    if counted:
        operating.check()
    processing = time.perf_counter()
    try:
        result = method.function(call)
    finally:
        spent = time.perf_counter() - processing
        if counted:
            operating.book(spent)
    shown = operating.shown() if counted and call.world.settings["operating_shown"] else {}
    return result, {**times(started, spent), **shown}


def times(started: float, processing: float) -> dict[str, Any]:
    """The block "time" of every answer, without the part about operating."""
    finish = time.time()
    return {
        "start": started,
        "finish": finish,
        "duration": finish - started,
        "processing": processing,
        "date_start": iso(datetime.fromtimestamp(started, UTC)),
        "date_finish": iso(datetime.fromtimestamp(finish, UTC)),
    }


def envelope(result: Any) -> dict[str, Any]:
    if not isinstance(result, Page):
        return {"result": result}
    body: dict[str, Any] = {"result": result.rows}
    if result.next is not None:
        body["next"] = result.next
    if result.total is not None:
        body["total"] = result.total
    return body


def read_params(incoming: Request) -> dict[str, Any]:
    """Query and body merged. A JSON body is read only when the content type says so."""
    params = phpform.parse(incoming.args.items(multi=True))
    if incoming.mimetype == "application/json":
        body = incoming.get_json(silent=True)
        return {**params, **body} if isinstance(body, dict) else params
    return {**params, **phpform.parse(incoming.form.items(multi=True))}


def take_token(incoming: Request, params: dict[str, Any]) -> str:
    """`auth`, `access_token` or a Bearer header; taken out of the parameters."""
    found = [str(params.pop(name)) for name in ("auth", "access_token") if isinstance(params.get(name), str)]
    header = incoming.headers.get("Authorization", "")
    if not found and header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return found[0] if found else ""


def to_json(body: Any, status: int = 200) -> Response:
    text = json.dumps(php_empty(body), ensure_ascii=False, sort_keys=False)
    return Response(text, status, content_type="application/json; charset=utf-8")


def php_empty(value: Any) -> Any:
    """PHP does not know an empty map from an empty list."""
    if isinstance(value, dict):
        return {str(key): php_empty(item) for key, item in value.items()} or []
    return [php_empty(item) for item in value] if isinstance(value, list | tuple) else value


def html(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/html; charset=utf-8")
