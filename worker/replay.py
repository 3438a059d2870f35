"""Runs a remembered call again when an operator asks for it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from registry.calls import OPEN
from registry.database import Database
from registry.tables import Answer, Call
from worker.enqueue import enqueue

AGAIN = timedelta(hours=1)


def replay(database: Database, call_id: int, key: str = "") -> str | None:
    """What was done, in a sentence; None when there is no such call.

    An open call gets a job at once; an undeliverable answer is delivered again; an answered call is run as a new one
    that answers nobody; of one key only once. What protects papers from being sent twice protects a replay too.
    """
    with database.session() as session:
        call = session.scalar(select(Call).where(Call.id == call_id).with_for_update())
        if call is None:
            return None
        if call.state in OPEN:
            enqueue(session, "settle" if call.state == "waiting" else "execute", call_id=call.id)
            return f"Call {call.id} is open and has a new job."
        if call.state == "undeliverable":
            answer = session.get_one(Answer, call.id)
            answer.state, answer.claimed_until, answer.created_at = "open", None, datetime.now(UTC)
            call.state = "answering"
            enqueue(session, "deliver", call_id=call.id)
            return f"The answer of call {call.id} is delivered again."
        mine = Call.portal_id == call.portal_id
        earlier = select(Call.idempotency_key).where(mine, Call.idempotency_key.startswith(f"replay:{call.id}:"))
        known = set(session.scalars(earlier))
        own_key = f"replay:{call.id}:{key or len(known)}"
        if own_key in known:
            return f"Call {call.id} runs again already."
        again = Call(
            portal_id=call.portal_id,
            origin="replay",
            idempotency_key=own_key,
            event_token_sealed="",
            code=call.code,
            workflow_id=call.workflow_id,
            workflow_document_id=call.workflow_document_id,
            properties=call.properties,
            user_id=call.user_id,
            wants_answer=False,
            deadline_at=datetime.now(UTC) + AGAIN,
        )
        session.add(again)
        session.flush()
        enqueue(session, "execute", call_id=again.id)
        return f"Call {call.id} runs again as call {again.id}; its workflow is not answered twice."
