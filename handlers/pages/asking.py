"""What a person does on a page is a call like a workflow's: remembered first, then carried out by the worker."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from activities.crm_ids import COMPANY, CONTACT, DEAL, LEAD, QUOTE, SMART_INVOICE, CrmItem, from_document_id
from handlers.pages.visiting import Visitor
from handlers.refusals import Malformed, NotAllowed, NotThere
from handlers.services import Services
from registry.calls import OPEN
from registry.page_calls import call_and_answer, call_of
from registry.tables import Answer, Call
from worker.enqueue import PAGE_LANGUAGE, NewCall, remember, ring

log = structlog.get_logger()

PATIENCE = timedelta(hours=1)
_OWN_CLASSES = {
    LEAD: "CCrmDocumentLead",
    DEAL: "CCrmDocumentDeal",
    CONTACT: "CCrmDocumentContact",
    COMPANY: "CCrmDocumentCompany",
    QUOTE: "Bitrix\\Crm\\Integration\\BizProc\\Document\\Quote",
    SMART_INVOICE: "Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice",
}
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A call of a page. state: as in the table of calls; outputs: what a workflow would be answered, {} before that;
    error_code, error_text: of its end, or of the last attempt while it is still tried; in the visitor's language where
    we know it."""

    call_id: int
    code: str
    state: str
    is_over: bool
    outputs: dict[str, Any]
    error_code: str
    error_text: str


def new_nonce() -> str:
    """For a form: however often it is sent, it is one call."""
    return secrets.token_urlsafe(18)


def ask(services: Services, visitor: Visitor, code: str, properties: dict[str, Any], nonce: str) -> int:
    """Remember what the visitor wants an activity to do with his item; the call's number.

    properties: as a workflow would send them. The same nonce gives the same call. Raises NotAllowed for who may not
    send, Malformed for a nonce that is none, SQLAlchemy's errors when nothing was remembered.
    """
    if not visitor.may_send:
        raise NotAllowed
    if not _NONCE.fullmatch(nonce):
        raise Malformed(detail="nonce")
    event_token = f"page:{visitor.user_id}:{nonce}"
    known = remember(services.database, _new_call(visitor, code, properties, event_token))
    if known is None:
        call = call_of(services.database, visitor.portal.id, event_token)
        if call is None:
            raise NotThere
        return call.id
    log.info("page asked", call_id=known, code=code, portal_id=visitor.portal.id, user_id=visitor.user_id)
    _wake(services)
    return known


def outcome(services: Services, visitor: Visitor, call_id: int) -> Asked:
    """How a call of a page stands. Raises NotThere for calls of other people about other items."""
    found = call_and_answer(services.database, visitor.portal.id, call_id)
    if found is None or not _may_see(visitor, found[0]):
        raise NotThere
    return _asked(visitor, *found)


def document_id_of(item: CrmItem) -> list[str]:
    """The item as workflows name it. Source: document types of bizproc."""
    of_smart_process = "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic"
    entity = _OWN_CLASSES.get(item.entity_type_id, of_smart_process)
    return ["crm", entity, f"{item.type_name}_{item.item_id}"]


def _new_call(visitor: Visitor, code: str, properties: dict[str, Any], event_token: str) -> NewCall:
    now = datetime.now(UTC)
    return NewCall(
        portal_id=visitor.portal.id,
        code=code,
        event_token=event_token,
        workflow_id="",
        workflow_document_id=document_id_of(visitor.item) if visitor.item else [],
        properties={**properties, PAGE_LANGUAGE: visitor.language},
        user_id=visitor.user_id,
        wants_answer=False,
        received_at=now,
        deadline_at=now + PATIENCE,
        step_limit_at=None,
        origin="page",
    )


def _wake(services: Services) -> None:
    try:
        ring(services.database)
    except SQLAlchemyError:
        log.debug("workers not woken")  # they look by themselves once a second


def _may_see(visitor: Visitor, call: Call) -> bool:
    if call.origin != "page":
        return False
    item: CrmItem | None = from_document_id(call.workflow_document_id)
    return call.user_id == visitor.user_id or (item is not None and item == visitor.item)


def _asked(visitor: Visitor, call: Call, answer: Answer | None) -> Asked:
    outputs = dict(answer.values) if answer else {}
    last = call.last_error or {}
    return Asked(
        call_id=call.id,
        code=call.code,
        state=call.state,
        is_over=call.state not in OPEN,
        outputs=outputs,
        error_code=str(outputs.get("error_code") or ("" if answer else last.get("code", ""))),
        error_text=str(outputs.get("error_text") or ("" if answer else last.get("text", ""))),
    )
