"""Decides what a call is answered, exactly once, and puts the delivery into the queue in the same transaction."""

from typing import Any

import structlog

from activities import catalog
from registry.tables import Call
from worker.enqueue import enqueue
from worker.running import Running

log = structlog.get_logger()


def answer(running: Running, call: Call, outputs: dict[str, Any]) -> bool:
    """Claim the call's only answer; False when it already has one."""
    values = {"result": "ok", "operation_id": str(call.id), **outputs}
    activity = catalog().get(call.code)
    returned = activity.dump_outputs(values) if activity else values
    with running.database.session() as session:
        line = _line(running, call, returned)
        if not running.calls.claim_answer(session, call, values=returned, log_message=line):
            return False
        if call.wants_answer:
            enqueue(session, "deliver", call_id=call.id)
    log.info("call answered", call_id=call.id, result=returned["result"], error_code=returned.get("error_code", ""))
    return True


def _line(running: Running, call: Call, returned: dict[str, Any]) -> str:
    """What the workflow's journal says about the end, one line with the operation's number."""
    russian = running.portals.get(call.portal_id).language == "ru"
    number = f"операция {call.id}" if russian else f"operation {call.id}"
    if returned["result"] == "ok":
        state = returned.get("state_text") or ""
        return (("Завершено" if russian else "Finished") + f", {number}" + (f": {state}" if state else "")).strip()
    word = {"timeout": ("Срок вышел", "Timed out"), "cancelled": ("Отменено", "Cancelled")}
    title = word.get(str(returned["result"]), ("Ошибка", "Error"))[0 if russian else 1]
    return f"{title} {returned.get('error_code', '')}, {number}: {returned.get('error_text', '')}"
