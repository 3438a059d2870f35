"""operationId: the first success is remembered and answered again, whatever a repeat carries."""

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.diadoc.api import Answer, Call, pending
from sandbox.diadoc.errors import conflict
from sandbox.diadoc.state import Operation


def once(call: Call, method: str, work: Callable[[], Any], *, md5_default: bool) -> Any:
    """Run `work` unless this operation has a result already. Called without the world's lock.

    md5_default: without an id the MD5 of the body is the id. A failure is not remembered. How long a result is
    remembered is unverified (the setting `operation_memory_seconds`).
    """
    operation_id = call.get("operationId").lower()
    if not operation_id and md5_default:
        operation_id = hashlib.md5(call.raw).hexdigest()
    if not operation_id:
        with call.world.lock:
            return work()
    key = (method, call.caller.id, operation_id)
    with call.world.lock:
        operation = call.world.operations.get(key)
        if operation is None or _is_forgotten(call, operation):
            call.world.operations[key] = operation = Operation(call.world.clock.now())
        elif not operation.is_done:
            return _in_progress(call)
        if operation.is_done:
            return _answer(call, operation)
    time.sleep(call.world.settings["post_seconds"])
    return _first(call, key, operation, work)


def _is_forgotten(call: Call, operation: Operation) -> bool:
    memory = timedelta(seconds=call.world.settings["operation_memory_seconds"])
    return operation.is_done and bool(memory) and operation.started + memory <= call.world.clock.now()


def _first(call: Call, key: tuple[str, str, str], operation: Operation, work: Callable[[], Any]) -> Any:
    with call.world.lock:
        try:
            operation.result = work()
            operation.is_done = True
        finally:
            if not operation.is_done:
                call.world.operations.pop(key, None)
        return _answer(call, operation)


def _answer(call: Call, operation: Operation) -> Any:
    operation.answers += 1
    if operation.answers <= call.world.settings["post_in_progress_calls"]:
        return _in_progress(call)
    return operation.result


def _in_progress(call: Call) -> Answer:
    if call.world.settings["post_in_progress_answer"] == "409":
        raise conflict("Request processing is in progress. Please, retry later.")
    return pending(call.world)
