"""The HTTP door: what Bitrix24, Diadoc, browsers and monitoring reach. No business in here."""

import secrets

import structlog
from flask import Flask, Response, g
from werkzeug.middleware.proxy_fix import ProxyFix

from handlers import activities, api, diadoc, events, failures, health, installation, pages, rendering
from handlers.bell import Bell
from handlers.bodies import MAX_BYTES
from handlers.keeping import Keeper
from handlers.late_events import LateEvents
from handlers.services import Services
from handlers.upkeep import Upkeep

__all__ = ["Services", "register"]


def register(app: Flask, services: Services) -> None:
    """Mount everything on `app`. Its upkeep thread lies in app.extensions["upkeep"] and starts after the fork."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    bell, late = Bell(services.database), LateEvents(services)
    keeper = Keeper(services.database, services.inbox, bell)
    upkeep = app.extensions["upkeep"] = Upkeep(services, keeper, late, bell)
    app.before_request(upkeep.start)
    app.before_request(_begin)
    app.after_request(_end)
    failures.install(app)
    rendering.install(app)
    app.register_blueprint(activities.blueprint(services, keeper))
    app.register_blueprint(installation.blueprint(services, late))
    app.register_blueprint(events.blueprint(services, late))
    pages.register(app, services)
    api.register(app, services)
    app.register_blueprint(diadoc.blueprint(services))
    app.register_blueprint(health.blueprint(services))
    hops = services.config.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def _begin() -> None:
    g.request_id = f"{secrets.randbits(64):016x}"
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(answer: Response) -> Response:
    structlog.contextvars.clear_contextvars()
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    return answer
