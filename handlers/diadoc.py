"""Where Diadoc sends a person back after consent. Opened as a page of its own, outside the portal's frame."""

import structlog
from flask import Blueprint, Response, request

from activities.box_connecting import connect_account, exchange_code
from errors import AppError
from handlers.failures import for_people
from handlers.languages import choose_language
from handlers.metrics import CONSENTS
from handlers.refusals import ConsentOver, ConsentRefused, Malformed, Refused
from handlers.rendering import page
from handlers.services import Services
from registry.boxes import take_consent
from registry.portal_registry import PortalRegistry
from registry.portals import ensure_alive, host_of
from registry.tables import Box

log = structlog.get_logger()

LONGEST = 4000


def blueprint(services: Services) -> Blueprint:
    door = Blueprint("diadoc", __name__, template_folder="templates")

    @door.get("/diadoc/callback")
    def callback() -> Response:
        for_people()
        try:
            answer = _come_back(services)
        except AppError as error:
            CONSENTS.labels(error.reason if isinstance(error, Refused) else "failed").inc()
            raise
        CONSENTS.labels("connected").inc()
        return answer

    return door


def _come_back(services: Services) -> Response:
    state, code, error = (_told(name) for name in ("state", "code", "error"))
    # taken before anything else: whatever comes of it, an address is good once
    consent = take_consent(services.database, state) if state else None
    if consent is None:
        raise ConsentOver
    portal_id, administrator_id = consent
    registry = PortalRegistry(services.database, portal_id)
    portal = registry.portal()
    choose_language(portal.language)
    ensure_alive(portal)
    if error or not code:
        log.info("consent refused", portal_id=portal_id, reason=error[:100])
        raise ConsentRefused
    token = exchange_code(services.connections, code=code, state=state)
    boxes = connect_account(services.connections, registry, token=token)
    _remember(registry, administrator_id, boxes)
    return page("consent.html", boxes=boxes, host=host_of(portal))


def _remember(registry: PortalRegistry, administrator_id: int, boxes: list[Box]) -> None:
    for box in boxes:
        registry.audit(
            actor=f"user:{administrator_id}", action="box connected", subject=f"box:{box.id}", inn=box.inn, kpp=box.kpp
        )
    log.info("boxes connected", portal_id=registry.portal_id, boxes=[box.id for box in boxes])


def _told(name: str) -> str:
    value = request.args.get(name, "")
    if len(value) > LONGEST:
        raise Malformed(detail=f"{name} is too long")
    return value
