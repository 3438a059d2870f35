"""Is the process alive, can it do its work, and what are its figures."""

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from handlers.figures import exposition
from handlers.networks import is_from_this_machine
from handlers.refusals import ForeignNetwork
from handlers.services import Services
from registry.overview import figures

QUEUE_SECONDS = 300.0  # a due call that waits longer has no worker
INBOX_FILES = 1000


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("health", __name__)

    @door.get("/healthz")
    def healthz() -> Response:
        return jsonify({"status": "ok"})

    @door.get("/readyz")
    def readyz() -> Response:
        facts, reasons = _state(services)
        answer = jsonify({"status": "not ready" if reasons else "ready", "reasons": reasons, **facts})
        answer.status_code = 503 if reasons else 200
        return answer

    @door.get("/metrics")
    def metrics() -> Response:
        if not _may_read_metrics(services):
            raise ForeignNetwork
        body, content_type = exposition(services)
        return Response(body, content_type=content_type)

    return door


def _state(services: Services) -> tuple[dict[str, object], list[str]]:
    """Facts, and what is wrong. Calls are taken even then, so a balancer should ask /healthz, people this."""
    files = len(services.inbox.waiting())
    facts: dict[str, object] = {"inbox_files": files}
    reasons = ["the inbox is not drained"] if files > INBOX_FILES else []
    try:
        if not services.database.is_current():
            return facts, [*reasons, "migrations are not applied: b24-edo db upgrade"]
        since = figures(services.database).queue_since
    except SQLAlchemyError:
        return facts, [*reasons, "the database is unreachable"]
    seconds = max((datetime.now(UTC) - since).total_seconds(), 0.0) if since else 0.0
    if seconds > QUEUE_SECONDS:
        reasons.append("calls wait for a worker")
    return {**facts, "queue_seconds": round(seconds, 1)}, reasons


def _may_read_metrics(services: Services) -> bool:
    token = services.config.metrics_token
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return is_from_this_machine()
