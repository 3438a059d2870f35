"""bizproc.robot.* and bizproc.activity.*: add, update, list, delete. One namespace of codes for both kinds."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.portal.errors import RestError
from sandbox.portal.methods import Call, as_map, is_yes, method, whole
from sandbox.portal.model import App, Registration

RESERVED = {
    "title",
    "usesubscription",
    "istimeout",
    "authuserid",
    "setstatusmessage",
    "statusmessage",
    "timeoutduration",
    "timeoutdurationtype",
}
MAP_BYTES = 65535
ROBOT_FEATURES = ("bizproc", "crm_automation_lead", "crm_automation_deal", "crm_automation_order", "tasks_automation")
KINDS = {"robot": ROBOT_FEATURES, "activity": ("bizproc",)}
CODE = re.compile(r"[a-z0-9.\-_]+", re.IGNORECASE)
KEY = re.compile(r"[a-z][a-z0-9_]*", re.IGNORECASE)


def invalid(text: str) -> RestError:
    return RestError("ERROR_ACTIVITY_VALIDATION_FAILURE", text)


def add(call: Call, kind: str) -> bool:
    app, fields = _administered(call), _upper(call.params)
    code = _code(fields)
    handler = _url(fields.get("HANDLER"))
    _check_placement(fields)
    if not _localised(fields.get("NAME")):
        raise invalid("Empty activity NAME!")
    registration = Registration(code, kind, handler, _localised(fields["NAME"]))
    _apply(registration, fields)
    if code.lower() in app.activities:
        raise RestError("ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
    app.activities[code.lower()] = registration
    return True


def update(call: Call, kind: str) -> bool:
    app, params = _administered(call), _upper(call.params)
    code, fields = _code(params), _upper(as_map(params.get("FIELDS")))
    registration = replace(_find(app, code, kind))  # a refused update changes nothing
    if not set(fields) & _UPDATABLE:
        raise invalid("No fields to update")
    if "HANDLER" in fields:
        registration.handler = _url(fields["HANDLER"])
    if "NAME" in fields:
        if not _localised(fields["NAME"]):
            raise invalid("Empty activity NAME!")
        registration.name = _localised(fields["NAME"])
    _check_placement(fields)
    _apply(registration, fields)
    app.activities[code.lower()] = registration
    return True


def delete(call: Call, kind: str) -> bool:
    app = _administered(call)
    code = _code(_upper(call.params))
    del app.activities[_find(app, code, kind).code.lower()]
    return True


def codes(call: Call, kind: str) -> list[str]:
    return [found.code for found in _administered(call).activities.values() if found.kind == kind]


def _register() -> None:
    functions: dict[str, Callable[[Call, str], Any]] = {"add": add, "update": update, "delete": delete, "list": codes}
    for kind, features in KINDS.items():
        for name, function in functions.items():
            bound = _bind(function, kind)
            method(f"bizproc.{kind}.{name}", scope="bizproc", features=features)(bound)


def _bind(function: Callable[[Call, str], Any], kind: str) -> Callable[[Call], Any]:
    return lambda call: function(call, kind)


def _administered(call: Call) -> App:
    """Both an application and an administrator's token are needed."""
    status = call.world.settings["bizproc_denied_status"]
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required", status)
    if not call.user.is_admin:
        raise RestError("ACCESS_DENIED", "Access denied!", status)
    return call.app


def _find(app: App, code: str, kind: str) -> Registration:
    found = app.activities.get(code.lower())
    if found is None or found.kind != kind:
        raise RestError("ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
    return found


def _upper(params: dict[str, Any]) -> dict[str, Any]:
    return {key.upper(): value for key, value in params.items()}


def _code(fields: dict[str, Any]) -> str:
    if not fields:
        raise invalid("Empty data!")
    code = fields.get("CODE")
    if not code:
        raise invalid("Empty activity code!")
    if not isinstance(code, str) or not CODE.fullmatch(code) or len(code) > 128:
        raise invalid("Wrong activity code!")
    return code


def _url(value: Any) -> str:
    parts = urlsplit(str(value or ""))
    if parts.scheme and parts.scheme.lower() not in ("http", "https"):
        raise RestError("ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol")
    if not parts.scheme or "." not in (parts.hostname or "") or len(str(value)) > 1000:
        raise RestError("ERROR_WRONG_HANDLER_URL", "Wrong handler URL")
    return str(value)


def _check_placement(fields: dict[str, Any]) -> None:
    if is_yes(fields.get("USE_PLACEMENT")):
        _url(fields.get("PLACEMENT_HANDLER"))


def _localised(value: Any) -> dict[str, str]:
    """A plain string is kept as the language "*"."""
    if isinstance(value, dict | list):
        return {str(key).upper(): str(text) for key, text in as_map(value).items()}
    return {"*": str(value)} if value not in (None, "") else {}


def _properties(value: Any) -> dict[str, dict[str, Any]]:
    """Ids owned by the step itself are skipped without a word; ids must differ in more than case."""
    if not isinstance(value, dict) and value != []:
        raise invalid("Wrong properties array!")
    if len(json.dumps(value, ensure_ascii=False).encode()) >= MAP_BYTES:
        raise RestError("ERROR_ACTIVITY_ADD_FAILURE", "Activity save error!")
    kept: dict[str, dict[str, Any]] = {}
    for key, description in as_map(value).items():
        described = _upper(as_map(description))
        if not KEY.fullmatch(key) or key.lower() in (name.lower() for name in kept):
            raise invalid(f"Wrong property key ({key})!")
        if not _localised(described.get("NAME")):
            raise invalid(f"Empty property NAME ({key})!")
        if key.lower() not in RESERVED:
            kept[key] = described
    return kept


def _document_type(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(part, str) and part for part in value):
        raise invalid("Wrong activity DOCUMENT_TYPE!")
    return value


def _filter(value: Any) -> dict[str, Any]:
    rules = _upper(as_map(value)) if isinstance(value, dict | list) else None
    if rules is None or not set(rules) <= {"INCLUDE", "EXCLUDE"}:
        raise invalid("Wrong activity FILTER!")
    for rule in [rule for side in rules.values() for rule in as_map(side).values()]:
        if not isinstance(rule, list) and rule not in ("b24", "box"):
            raise invalid("Wrong activity FILTER!")
    return rules


_UPDATABLE = {
    "HANDLER",
    "AUTH_USER_ID",
    "USE_SUBSCRIPTION",
    "NAME",
    "DESCRIPTION",
    "PROPERTIES",
    "RETURN_PROPERTIES",
    "DOCUMENT_TYPE",
    "FILTER",
    "USE_PLACEMENT",
    "PLACEMENT_HANDLER",
}


def _apply(registration: Registration, fields: dict[str, Any]) -> None:
    """Store everything beside handler and name. Maps are replaced whole."""
    parsers: dict[str, Callable[[Any], Any]] = {
        "DESCRIPTION": _localised,
        "PROPERTIES": _properties,
        "RETURN_PROPERTIES": _properties,
        "DOCUMENT_TYPE": _document_type,
        "FILTER": _filter,
        "AUTH_USER_ID": lambda value: whole(value) or 0,
        "USE_SUBSCRIPTION": lambda value: "" if value in (None, "") else "Y" if is_yes(value) else "N",
        "USE_PLACEMENT": lambda value: "Y" if is_yes(value) else "N",
        "PLACEMENT_HANDLER": lambda value: str(value or ""),
    }
    parsed = {name: parsers[name](fields[name]) for name in parsers if fields.get(name) is not None}
    for name, value in parsed.items():
        setattr(registration, name.lower(), value)


_register()
