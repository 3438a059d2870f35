"""What an activity looks like to Bitrix24: the arguments of `bizproc.robot.add` and `bizproc.activity.add`.

Both kinds share one handler; robots and activities share one space of codes.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, missing

from activities.base import Activity
from activities.fields import Many, PortalField, portal_type
from activities.values import Text

ACTIVITY_SUFFIX = "_activity"
STORED_SIZE_LIMIT = 65_535  # bytes of PROPERTIES and of RETURN_PROPERTIES, as the portal serialises them
# Where automation rules exist: leads, deals, quotes, invoices, smart processes.
ROBOT_DOCUMENTS = [
    ["crm", "CCrmDocumentLead"],
    ["crm", "CCrmDocumentDeal"],
    ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Quote"],
    ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice"],
    ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic"],
]


def robot_registration(
    activity: type[Activity] | Activity,
    *,
    handler_url: str,
    auth_user_id: int | None,
    language: str = "ru",
    settings_url: str = "",
) -> dict[str, Any]:
    """Arguments of `bizproc.robot.add`. `language` is the portal's: option titles exist in one language only.

    settings_url: of our page for the step's settings, "" = the portal draws them.
    """
    registration = _registration(activity, activity.code, handler_url, auth_user_id, language, settings_url)
    return {**registration, "FILTER": {"INCLUDE": ROBOT_DOCUMENTS}}


def activity_registration(
    activity: type[Activity] | Activity,
    *,
    handler_url: str,
    auth_user_id: int | None,
    language: str = "ru",
    settings_url: str = "",
) -> dict[str, Any]:
    """Arguments of `bizproc.activity.add`, under the code with its suffix; offered for every document type."""
    return _registration(activity, activity.code + ACTIVITY_SUFFIX, handler_url, auth_user_id, language, settings_url)


def catalog_code(code: str) -> str:
    """The activity's own code, of a robot's or an activity's code on the portal."""
    return code.lower().removesuffix(ACTIVITY_SUFFIX)


def fingerprint(registration: Mapping[str, Any]) -> str:
    """A hash that changes when the registration does, and only then: tells an outdated one."""
    canonical = json.dumps(registration, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def properties(schema: Schema, language: str = "ru") -> dict[str, dict[str, Any]]:
    """PROPERTIES of the inputs."""
    return {name: _property(field, language) for name, field in schema.fields.items()}


def return_properties(schema: Schema) -> dict[str, dict[str, Any]]:
    """RETURN_PROPERTIES of the outputs."""
    return {name: _described(field) for name, field in schema.fields.items()}


def stored_size(value: Any) -> int:
    """Bytes of a value serialised the way PHP does, which is how the portal stores it."""
    if isinstance(value, dict):
        return len(f"a:{len(value)}:{{}}") + sum(stored_size(key) + stored_size(item) for key, item in value.items())
    if isinstance(value, list):
        return stored_size(dict(enumerate(value)))
    if isinstance(value, int):
        return len(f"i:{value};")
    size = len(str(value).encode())
    return size + len(f's:{size}:"";')


def _registration(
    activity: type[Activity] | Activity,
    code: str,
    handler_url: str,
    auth_user_id: int | None,
    language: str,
    settings_url: str,
) -> dict[str, Any]:
    registration: dict[str, Any] = {
        "CODE": code,
        "HANDLER": handler_url,
        "USE_SUBSCRIPTION": "Y",
        "NAME": _both(activity.name),
        "DESCRIPTION": _both(activity.description),
        "PROPERTIES": properties(activity.inputs, language),
        "RETURN_PROPERTIES": return_properties(activity.outputs),
    }
    if auth_user_id:
        registration["AUTH_USER_ID"] = auth_user_id
    if settings_url:
        registration |= {"USE_PLACEMENT": "Y", "PLACEMENT_HANDLER": settings_url}
    return registration


def _property(field: fields.Field, language: str) -> dict[str, Any]:
    described = {**_described(field), "Required": "Y" if field.required else "N"}
    options: Mapping[str, Text] = getattr(field, "options", {})
    if options:
        described["Options"] = {key: title.of(language) for key, title in options.items()}
    default = _default(field)
    if default not in ("", []):
        described["Default"] = default
    return described


def _described(field: fields.Field) -> dict[str, Any]:
    described = {
        "Name": _both(field.metadata["label"]),
        "Type": portal_type(field),
        "Multiple": "Y" if isinstance(field, Many) else "N",
    }
    if help_text := field.metadata.get("help"):
        described["Description"] = _both(help_text)
    return described


def _default(field: fields.Field) -> Any:
    default = field.load_default() if callable(field.load_default) else field.load_default
    if default is missing or default is None:
        return ""
    if isinstance(field, Many):
        return [field.inner.write(item) for item in default]
    return field.write(default) if isinstance(field, PortalField) else default


def _both(text: Text) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}
