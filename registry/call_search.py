"""The journal of a portal's calls: found by what people know of them, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select

from registry.calls import OPEN
from registry.database import Database
from registry.tables import Answer, Call, Step


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for; empty or 0 = whatever. number: of the call; item: DEAL_17, the end of it is enough; before:
    the calls older than this one; since, until: when the call came."""

    number: int = 0
    code: str = ""
    item: str = ""
    error_code: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


@dataclass(frozen=True, kw_only=True)
class Found:
    """A call with its answer, None while it has none."""

    call: Call
    answer: Answer | None

    @property
    def error_code(self) -> str:
        """What it was answered, or why its last attempt failed."""
        told = (self.answer.values.get("error_code") if self.answer else "") or ""
        return str(told or (self.call.last_error or {}).get("code", "") if self.call.state in OPEN else told)


def search(database: Database, portal_id: int, wanted: Wanted, *, limit: int) -> list[Found]:
    """The newest calls first, at most `limit`."""
    asked = select(Call, Answer).outerjoin(Answer, Answer.call_id == Call.id).where(Call.portal_id == portal_id)
    for condition in _conditions(wanted):
        asked = asked.where(condition)
    with database.session() as session:
        rows = session.execute(asked.order_by(Call.id.desc()).limit(limit))
        return [Found(call=call, answer=answer) for call, answer in rows]


def find(database: Database, portal_id: int, call_id: int) -> tuple[Found, list[Step], list[Call]] | None:
    """One call, its steps, and the calls that ran it again."""
    found = search(database, portal_id, Wanted(number=call_id), limit=1)
    if not found:
        return None
    steps = select(Step).where(Step.call_id == call_id).order_by(Step.intended_at)
    again: Select[Any] = select(Call).where(Call.portal_id == portal_id, Call.origin == "replay")
    again = again.where(Call.idempotency_key.startswith(f"replay:{call_id}:")).order_by(Call.id)
    with database.session() as session:
        return found[0], list(session.scalars(steps)), list(session.scalars(again))


def _conditions(wanted: Wanted) -> list[Any]:
    conditions: list[Any] = []
    if wanted.number:
        conditions.append(Call.id == wanted.number)
    if wanted.before:
        conditions.append(Call.id < wanted.before)
    if wanted.code:
        conditions.append(Call.code == wanted.code)
    if wanted.state:
        conditions.append(Call.state == wanted.state)
    if wanted.item:
        conditions.append(Call.workflow_document_id[2].astext == wanted.item)
    if wanted.since:
        conditions.append(Call.received_at >= wanted.since)
    if wanted.until:
        conditions.append(Call.received_at < wanted.until)
    if wanted.error_code:
        last = and_(Call.state.in_(OPEN), Call.last_error["code"].astext == wanted.error_code)
        conditions.append(or_(Answer.values["error_code"].astext == wanted.error_code, last))
    return conditions
