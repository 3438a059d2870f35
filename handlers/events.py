"""Takes what a portal tells of our life on it: a new version, a removal, an installation without a page; and that
people changed items of our registries."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
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
from registry.crm_registries import CrmRegistries
from registry.tables import Portal
from worker.enqueue import EFFECTS, enqueue_once

log = structlog.get_logger()

GATHERED_SECONDS = 1.0  # who corrects one field often corrects another
ECHO = timedelta(seconds=10)  # between our own change of an item and the portal's word of it
FOUND_LATER = ("ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMDELETE")  # by the nightly look: they are not kept


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
        outcome = "left" if name in FOUND_LATER else _keep(late, form, error)
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


def _item_changed(services: Services, event: IncomingEvent) -> None:
    """Only noted: a job of the worker looks at the items of the package. Our own writing is no news."""
    portal = _known(services, event)
    fields = event.data.get("FIELDS")
    entity_type_id, item_id = (_id(fields, name) for name in ("ENTITY_TYPE_ID", "ID"))
    if not (entity_type_id and item_id):
        return
    registries = CrmRegistries(services.database, portal.id)
    touched = registries.touched(entity_type_id=entity_type_id, item_id=item_id)
    if touched is None:
        return
    package_id, item = touched
    if event.auth.user_id == portal.installer_user_id and registries.take_echo(item.id, within=ECHO):
        return
    at = datetime.now(UTC) + timedelta(seconds=GATHERED_SECONDS)
    with services.database.session() as session:
        enqueue_once(session, "take_in", queue=EFFECTS, at=at, package_id=package_id)


def _id(fields: Any, name: str) -> int:
    text = fields.get(name, "") if isinstance(fields, Mapping) else ""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 16 else 0


_TAKERS: dict[str, Callable[[Services, IncomingEvent], None]] = {
    "ONAPPINSTALL": _installed,
    "ONAPPUPDATE": _updated,
    "ONAPPUNINSTALL": _uninstalled,
    "ONCRMDYNAMICITEMUPDATE": _item_changed,
    "ONCRMDYNAMICITEMDELETE": _item_changed,
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
