"""batch: up to fifty commands in one call, later ones refer to earlier results."""

import re
import time
from typing import Any
from urllib.parse import parse_qsl

from sandbox.portal import phpform
from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, Page, as_map, find_method, is_yes, method
from sandbox.portal.rest import method_name, run

LIMIT = 50
REFERENCE = re.compile(r"\$result((?:\[[^\]]*\])+)")
MEMBERS = ("result", "result_error", "result_total", "result_next", "result_time")


@method("batch")
def batch(call: Call) -> dict[str, Any]:
    answers: dict[str, dict[str, Any]] = {member: {} for member in MEMBERS}
    for number, (key, command) in enumerate(as_map(call.get("cmd")).items()):
        try:
            if number >= LIMIT:
                raise RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
            _run(call, key, str(command), answers)
        except RestError as error:
            answers["result_error"][key] = error.body()
            if is_yes(call.get("halt")):
                break
    return {member: _numbered(values) for member, values in answers.items()}


def _run(call: Call, key: str, command: str, answers: dict[str, dict[str, Any]]) -> None:
    started = time.time()
    path, _, query = command.partition("?")
    pairs = [(name, _filled(text, answers["result"])) for name, text in parse_qsl(query, keep_blank_values=True)]
    params = phpform.parse(pairs)
    found = find_method(method_name(path), call.portal)
    if found.name == "batch" or not found.in_batch:
        raise RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
    inner = Call(call.world, call.portal, call.user, call.app, call.scopes, params, call.token)
    result, answers["result_time"][key] = run(inner, found, started)
    if isinstance(result, Page):
        _note_page(key, result, answers)
        result = result.rows
    answers["result"][key] = result


def _note_page(key: str, page: Page, answers: dict[str, dict[str, Any]]) -> None:
    if page.total is not None:
        answers["result_total"][key] = page.total
    if page.next is not None:
        answers["result_next"][key] = page.next


def _filled(text: str, results: dict[str, Any]) -> Any:
    """Put earlier results in place of `$result[key][path]`; what leads nowhere becomes empty."""
    whole = REFERENCE.fullmatch(text)
    if whole:
        return _look_up(whole[1], results)
    return REFERENCE.sub(lambda found: _printed(_look_up(found[1], results)), text)


def _look_up(path: str, value: Any) -> Any:
    for step in re.findall(r"\[([^\]]*)\]", path):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _printed(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _numbered(values: dict[str, Any]) -> Any:
    """Commands given as a list are answered as a list where none is missing."""
    in_order = list(values) == [str(number) for number in range(len(values))]
    return list(values.values()) if in_order else values
