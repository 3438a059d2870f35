"""Takes calls of robots and activities: verify, remember, answer. Nothing slow happens here, and nothing is a 500."""

import time
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from activities import catalog, deadlines
from activities.base import Activity
from activities.registration import catalog_code
from clients.bitrix24.payload import IncomingCall, read_call
from handlers.bodies import posted, read
from handlers.keeping import PATIENCE_SECONDS, PAUSE_SECONDS, Keeper
from handlers.metrics import BROKEN, CALL_SECONDS, CALLS, LOST
from handlers.networks import ensure_allowed
from handlers.refusals import Forged, NotVerified, OtherActivity, Refused, UnknownActivity
from handlers.services import Services
from registry.tables import Portal
from worker.enqueue import NewCall

log = structlog.get_logger()

LONGEST_STEP_SECONDS = 10 * 365 * 24 * 3600


def blueprint(services: Services, keeper: Keeper) -> Blueprint:
    door = Blueprint("activities", __name__)

    @door.post("/bitrix24/activities/<code>")
    def take(code: str) -> Response:
        started = time.perf_counter()
        outcome, answer = _answered(services, keeper, code)
        CALLS.labels(outcome).inc()
        CALL_SECONDS.observe(time.perf_counter() - started)
        return answer

    return door


def _answered(services: Services, keeper: Keeper, code: str) -> tuple[str, Response]:
    try:
        return _take(services, keeper, code), Response("ok", mimetype="text/plain")
    except Refused as refused:
        log.info("call refused", reason=refused.reason, detail=refused.facts.get("detail", ""))
        return refused.reason, Response(refused.code, refused.status, mimetype="text/plain")
    except Exception:  # whatever breaks here is a bug, and the alarm must tell of it before the portal's caller does
        BROKEN.labels("activities").inc()
        LOST.inc()
        log.critical("call lost: the door broke", exc_info=True)
        return "broken", Response("INTERNAL_ERROR", 503, mimetype="text/plain")


def _take(services: Services, keeper: Keeper, code: str) -> str:
    ensure_allowed(services.config)
    activity = catalog().get(catalog_code(code))
    if activity is None:
        raise UnknownActivity
    form = posted()
    call = read(lambda: read_call(form))
    portal = _verified(services, call)
    if catalog_code(call.code) != activity.code:
        raise OtherActivity
    kept = keeper.keep(new_call(call, activity, portal, now=datetime.now(UTC)))
    # A remembered call is a row, which says all this: a line for each would cost a tenth of what taking it costs.
    tell = log.debug if kept == "remembered" else log.info
    tell("call taken", outcome=kept, portal_id=portal.id, code=activity.code, workflow_id=call.workflow_id)
    return kept


def _verified(services: Services, call: IncomingCall) -> Portal:
    """The portal, from memory. Raises Forged; NotVerified when it is not known and the database is away."""
    if not call.application_token:
        raise Forged
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            portal = services.known_portals.verify(member_id=call.member_id, application_token=call.application_token)
            break
        except SQLAlchemyError:
            if time.monotonic() + PAUSE_SECONDS >= until:
                log.critical("call not taken: portal unknown here, database away")
                raise NotVerified from None
            time.sleep(PAUSE_SECONDS)
    if portal is None:
        raise Forged
    return portal


def new_call(call: IncomingCall, activity: Activity, portal: Portal, *, now: datetime) -> NewCall:
    """The call as it is remembered, with the time by which it must be answered."""
    said = str(int(call.ts.timestamp())) if call.ts else ""
    seconds = min(call.timeout_duration, LONGEST_STEP_SECONDS)
    limit = deadlines.step_limit(sent_at=deadlines.sent_at(said, now=now), timeout_seconds=seconds)
    properties = dict(call.properties)
    return NewCall(
        portal_id=portal.id,
        code=activity.code,
        event_token=call.event_token,
        workflow_id=call.workflow_id,
        workflow_document_id=list(call.document_id),
        properties=properties,
        user_id=call.auth.user_id,
        wants_answer=call.use_subscription,
        received_at=now,
        deadline_at=deadlines.deadline(activity, properties, received_at=now, limit=limit),
        step_limit_at=limit,
    )
