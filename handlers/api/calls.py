"""/calls: what workflows, people and programs had us do; and having an activity do something, once a key."""

from datetime import UTC, datetime
from typing import Any

import structlog
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, RAISE
from sqlalchemy.exc import SQLAlchemyError

from activities import catalog, crm_ids, deadlines
from activities.base import Activity
from handlers.api.access import bearer, ensure_operator, registry_of
from handlers.api.inputs import checked
from handlers.api.packages import ID
from handlers.api.paging import page
from handlers.api.queries import CallsQuery, KeyHeader, NewCallSchema
from handlers.api.refusals import InputsWrong, KeyReused, NotFoundHere
from handlers.api.shapes import CallSchema, ErrorSchema, WholeCallSchema, page_of
from handlers.pages.asking import document_id_of
from handlers.services import Services
from registry.calls import OPEN, steps_of
from registry.keyring import digest
from registry.lists import Lists
from registry.tables import Answer, Call
from worker.enqueue import NewCall, remember, ring

log = structlog.get_logger()


def calls(services: Services) -> Blueprint:
    door = Blueprint("calls", __name__, url_prefix="/api/v1/calls", description="Runs of activities")

    @door.get("")
    @door.arguments(CallsQuery, location="query", unknown=RAISE)
    @door.response(200, page_of("calls", CallSchema))
    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        """Calls, the newest first."""
        found = page("calls", _lists(services).calls, asked)
        return {**found, "calls": [_shown(call) for call in found["calls"]]}

    @door.get(f"/{ID}")
    @door.response(200, WholeCallSchema)
    def one(number: int) -> dict[str, Any]:
        """One call with its steps and its outputs."""
        return _whole(services, number)

    @door.post("")
    @door.arguments(KeyHeader, location="headers", unknown=EXCLUDE)
    @door.arguments(NewCallSchema, location="json", unknown=RAISE)
    @door.response(202, WholeCallSchema)
    @door.alt_response(409, schema=ErrorSchema, description="The key was used for another call")
    def new(header: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
        """Have an activity do something, for tokens of the role operator.

        The call is remembered before it is answered, carried out by the workers with the same promises as a workflow's,
        and ends in outputs: ask for it again until `is_over`.
        """
        ensure_operator()
        return _whole(services, _taken(services, header["key"], asked))

    return door


def _taken(services: Services, key: str, asked: dict[str, Any]) -> int:
    """The call's number, the first time and every other. Raises InputsWrong, KeyReused."""
    if len(key) < 8 or not key.isprintable():
        raise InputsWrong(names="Idempotency-Key", faults={"Idempotency-Key": ["8 to 200 printable characters."]})
    activity = catalog().get(asked["code"])
    if activity is None:
        raise InputsWrong(names="code", faults={"code": ["There is no such activity."]})
    call = _new_call(activity, key, asked["crm_item"], checked(activity, asked["inputs"]))
    known = remember(services.database, call)
    if known is None:
        return _repeated(services, call)
    log.info("program asked", call_id=known, code=call.code, portal_id=call.portal_id, token_id=bearer().token_id)
    registry_of(services).audit(actor=f"api_token:{bearer().token_id}", action="called", subject=f"call:{known}")
    _wake(services)
    return known


def _new_call(activity: Activity, key: str, crm_item: str, inputs: dict[str, Any]) -> NewCall:
    now = datetime.now(UTC)
    return NewCall(
        portal_id=bearer().portal.id,
        origin="api",
        code=activity.code,
        event_token=f"api:{bearer().token_id}:{key}",
        workflow_id="",
        workflow_document_id=_document_id(crm_item),
        properties=inputs,
        user_id=0,
        wants_answer=False,
        received_at=now,
        deadline_at=deadlines.deadline(activity, inputs, received_at=now, limit=None),
        step_limit_at=None,
    )


def _document_id(crm_item: str) -> list[str]:
    if not crm_item:
        return []
    try:
        return document_id_of(crm_ids.from_short(crm_item))
    except ValueError:
        raise InputsWrong(names="crm_item", faults={"crm_item": ["Not a CRM item like D_17."]}) from None


def _repeated(services: Services, call: NewCall) -> int:
    """The call that was taken with this key, if it is the same."""
    known = _lists(services).call_by_key(digest(call.event_token))
    if known is None:
        raise NotFoundHere(what="call", number="")
    if (known.code, known.properties, known.workflow_document_id) != (
        call.code,
        call.properties,
        call.workflow_document_id,
    ):
        raise KeyReused(call_id=known.id)
    return known.id


def _wake(services: Services) -> None:
    try:
        ring(services.database)
    except SQLAlchemyError:
        log.debug("workers not woken")  # they look by themselves once a second


def _lists(services: Services) -> Lists:
    registry = registry_of(services)
    return Lists(registry.database, registry.portal_id)


def _whole(services: Services, number: int) -> dict[str, Any]:
    found = _lists(services).call(number)
    if found is None:
        raise NotFoundHere(what="call", number=number)
    call, answer = found
    return {**_shown(call, answer), "steps": steps_of(services.database, call.id)}


def _shown(call: Call, answer: Answer | None = None) -> dict[str, Any]:
    item = crm_ids.from_document_id(call.workflow_document_id)
    columns = {column.key: getattr(call, column.key) for column in call.__mapper__.column_attrs}
    return {
        **columns,
        "crm_item": item.short if item else "",
        "is_over": call.state not in OPEN,
        "outputs": answer.values if answer else {},
    }
