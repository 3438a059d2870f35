"""Takes what a portal tells of our life on it: a new version, a removal, an installation without a page."""

from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from clients.bitrix24.payload import IncomingEvent, read_event
from errors import AppError
from handlers import installing
from handlers.bodies import posted, read
from handlers.failures import status_of
from handlers.late_events import LateEvents
from handlers.metrics import EVENTS, LOST
from handlers.networks import ensure_allowed
from handlers.refusals import Forged, NotAdministrator, Refused
from handlers.services import Services
from registry.tables import Portal

log = structlog.get_logger()


def blueprint(services: Services, late: LateEvents) -> Blueprint:
    door = Blueprint("events", __name__)

    @door.post("/bitrix24/events")
    def take() -> Response:
        ensure_allowed(services.config)
        return answer_event(services, late, posted())

    return door


def answer_event(services: Services, late: LateEvents, form: dict[str, Any]) -> Response:
    """Take an event and answer it; what cannot be judged now is kept for later. Raises what refuses it."""
    event = read(lambda: read_event(form))
    name = event.event if event.event in _TAKERS else "other"
    try:
        outcome = take_event(services, form)
    except SQLAlchemyError as error:
        outcome = _keep(late, form, error)
    except AppError as error:
        if not error.temporary:
            EVENTS.labels(name, error.reason if isinstance(error, Refused) else "refused").inc()
            raise
        outcome = _keep(late, form, error)
    EVENTS.labels(name, outcome).inc()
    log.info("event taken", name=name, outcome=outcome)
    return Response("ok", mimetype="text/plain")


def take_event(services: Services, form: dict[str, Any]) -> str:
    """Do what the event asks for: "done" or "ignored". Raises AppError, SQLAlchemyError."""
    event = read(lambda: read_event(form))
    take = _TAKERS.get(event.event)
    if take is None:
        return "ignored"
    take(services, event)
    return "done"


def _installed(services: Services, event: IncomingEvent) -> None:
    installing.install_by_event(services, event)


def _updated(services: Services, event: IncomingEvent) -> None:
    try:
        installing.install_by_event(services, event)
    except NotAdministrator:
        # whoever updated us cannot register for us, but we still can by the token that we have
        installing.ask_to_register(services, _known(services, event))


def _uninstalled(services: Services, event: IncomingEvent) -> None:
    installing.uninstall(services, _known(services, event), wipe=event.wants_clean)


_TAKERS: dict[str, Callable[[Services, IncomingEvent], None]] = {
    "ONAPPINSTALL": _installed,
    "ONAPPUPDATE": _updated,
    "ONAPPUNINSTALL": _uninstalled,
}


def _known(services: Services, event: IncomingEvent) -> Portal:
    if not event.application_token:
        raise Forged
    portal = services.known_portals.verify(member_id=event.member_id, application_token=event.application_token)
    if portal is None:
        raise Forged
    return portal


def _keep(late: LateEvents, form: dict[str, Any], error: Exception) -> str:
    try:
        late.put(form)
    except OSError as failure:
        LOST.inc()
        log.critical("event lost: nowhere to keep it", errno=failure.errno)
        raise error from None
    status = status_of(error) if isinstance(error, AppError) else 503
    log.warning("event kept for later", kind=type(error).__name__, status=status)
    return "late"
