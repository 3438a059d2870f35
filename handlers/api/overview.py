"""/reports, /boxes, /activities and /health of the token's portal."""

from datetime import UTC, datetime
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema
from marshmallow.fields import Field

from activities import catalog
from activities.base import Activity
from activities.fields import Many, portal_type
from activities.report_shapes import ReportSchema, as_values
from activities.reporting import Reports
from activities.values import Text
from handlers.api.access import bearer, registry_of
from handlers.api.queries import ReportQuery
from handlers.api.refusals import InputsWrong
from handlers.api.shapes import ActivitySchema, BoxSchema, HealthSchema
from handlers.health import QUEUE_SECONDS
from handlers.services import Services
from registry.overview import Figures, figures, token_state
from registry.portals import host_of
from registry.reports import QueryWrong

FEED_SECONDS = 900.0
OPEN_OR_CHOSEN = ("connected", "paused", "removed")  # the last two as people chose


def reports(services: Services) -> Blueprint:
    door = Blueprint("reports", __name__, url_prefix="/api/v1/reports", description="Where documents and time are")

    @door.get("")
    @door.arguments(ReportQuery, location="query", unknown=RAISE)
    @door.response(200, ReportSchema)
    def report(asked: dict[str, Any]) -> dict[str, Any]:
        """The numbers of the page and of `b24-edo report --json`."""
        page = {name: asked.pop(name) for name in ("limit", "offset")}
        found = Reports(registry_of(services), web_url=services.config.diadoc_web_url)
        try:
            query = found.query(**asked)
        except QueryWrong as wrong:
            fault = "The period is empty, longer than three years, or out of this world."
            raise InputsWrong(names=wrong.field, faults={wrong.field: [fault]}) from None
        return as_values(found.report(query, **page))

    return door


def boxes(services: Services) -> Blueprint:
    door = Blueprint("boxes", __name__, url_prefix="/api/v1/boxes", description="Our organizations in Diadoc")

    @door.get("")
    @door.response(200, BoxSchema(many=True))
    def listed() -> list[Any]:
        """Every box that is connected, and how it is."""
        return list(registry_of(services).boxes.all())

    return door


def activities(_services: Services) -> Blueprint:
    door = Blueprint("catalogue", __name__, url_prefix="/api/v1/activities", description="What can be called")

    @door.get("")
    @door.response(200, ActivitySchema(many=True))
    def listed() -> list[dict[str, Any]]:
        """Every activity with its inputs and outputs."""
        return [_activity(one) for one in catalog().values()]

    return door


def health(services: Services) -> Blueprint:
    door = Blueprint("portal", __name__, url_prefix="/api/v1/health", description="How the portal is")

    @door.get("")
    @door.response(200, HealthSchema)
    def how() -> dict[str, Any]:
        """Is the portal's work going on?"""
        portal = bearer().portal
        found, token = figures(services.database, portal.id), token_state(services.database, portal.id)
        problems = [] if portal.status == "installed" and token and not token.dead_since else ["portal_auth_lost"]
        problems += _problems(found)
        return {
            "host": host_of(portal),
            "status": portal.status,
            "status_text": portal.status_text,
            "is_healthy": not problems,
            "problems": problems,
            "token_renewed_at": token.renewed_at if token else None,
            **vars(found),
        }

    return door


def _problems(found: Figures) -> list[str]:
    closed = sorted(status for status, count in found.boxes.items() if count and status not in OPEN_OR_CHOSEN)
    stale = _age(found.feeds_read_from) > FEED_SECONDS
    waits = _age(found.queue_since) > QUEUE_SECONDS
    undeliverable = bool(found.calls.get("undeliverable"))
    named = {"feed_stale": stale, "queue_stuck": waits, "answers_undeliverable": undeliverable}
    return [*(f"box_{status}" for status in closed), *(name for name, is_so in named.items() if is_so)]


def _age(since: datetime | None) -> float:
    return (datetime.now(UTC) - since).total_seconds() if since else 0.0


def _activity(one: Activity) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": _both(one.name),
        "description": _both(one.description),
        "waits": one.waits,
        "inputs": _fields(one.inputs),
        "outputs": _fields(one.outputs),
    }


def _fields(schema: Schema) -> list[dict[str, Any]]:
    return [_field(name, field) for name, field in schema.fields.items()]


def _field(name: str, field: Field) -> dict[str, Any]:
    return {
        "name": name,
        "label": _both(field.metadata["label"]),
        "type": portal_type(field),
        "is_required": field.required,
        "is_multiple": isinstance(field, Many),
        "options": list(getattr(field, "options", {}) or {}),
    }


def _both(text: Text) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}
