"""Running one step that belongs to an application: properties, token, the call into the queue."""

import math
import secrets
import time
from datetime import timedelta
from typing import Any

from sandbox.portal import outbox, tokens
from sandbox.portal.encoding import MISSING, externalised
from sandbox.portal.expressions import evaluate
from sandbox.portal.model import App, Portal, Registration
from sandbox.portal.templates import find_registration
from sandbox.portal.workflow import Waiting, Workflow, sign
from sandbox.portal.world import World, now


class CannotRun(Exception):
    """The portal refuses to run the step."""


def call_activity(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> Waiting | None:
    """Queue the call of an application's step. None: the step does not wait. Raises CannotRun."""
    app, registration = _application(portal, step)
    name = step["name"]
    saved = step.get("saved") or {"return_properties": registration.return_properties, "use_subscription": ""}
    returned = saved["return_properties"]
    _begin_pass(world, workflow, step, registration, returned)
    properties = _properties(world, portal, workflow, name, registration)
    waits = _waits(world, step, saved["use_subscription"] or registration.use_subscription)
    timeout = float(step.get("timeout_seconds") or 0)
    event_id = secrets.token_hex(16)
    body: dict[str, Any] = {
        "workflow_id": workflow.id,
        "code": registration.code,
        "document_id": workflow.document_id,
        "document_type": workflow.document_type,
        "event_token": sign(workflow.id, name, event_id),
        **({"properties": properties} if registration.properties else {}),
        "use_subscription": "Y" if waits else "N",
        "timeout_duration": str(math.ceil(timeout)),
        "ts": int(time.time()),
        "auth": auth_block(world, portal, app, int(step.get("user") or registration.auth_user_id or app.installed_by)),
    }
    delivery = outbox.send(
        world, portal=portal.name, kind="activity", name=registration.code, url=registration.handler, body=body
    )
    workflow.steps.append(_record(name, registration.code, properties, waits, delivery["id"], body["event_token"]))
    workflow.note(workflow.text("called", code=registration.code), step=name, kind="call")
    saved_at = now() + timedelta(seconds=world.settings["save_delay_seconds"])
    return Waiting(name, event_id, saved_at, returned, timeout) if waits else None


def remember_shared(workflow: Workflow, name: str, outputs: dict[str, Any]) -> None:
    """Properties and outputs of a step live in one map: an output overwrites the property of its id."""
    inputs = workflow.inputs.get(name, {})
    for output, value in outputs.items():
        for key in inputs:
            if key.lower() == output.lower():
                inputs[key] = value


def _application(portal: Portal, step: dict[str, Any]) -> tuple[App, Registration]:
    found = find_registration(portal, step["activity"], step.get("app", ""))
    if found is None:
        raise CannotRun(f"Activity {step['activity']} is not found.")
    app, registration = found
    if not app.is_present or not app.is_active:
        raise CannotRun("Rest application not found.")
    if not app.is_paid:
        raise CannotRun("Rest application status error: payment required")
    return app, registration


def _begin_pass(
    world: World, workflow: Workflow, step: dict[str, Any], registration: Registration, returned: dict[str, Any]
) -> None:
    """Outputs start empty in each pass, and with them whatever property has the id of an output."""
    name = step["name"]
    workflow.passes[name] = workflow.passes.get(name, 0) + 1
    workflow.outputs[name] = {}
    if name not in workflow.inputs:
        given = {key.lower(): value for key, value in (step.get("properties") or {}).items()}
        workflow.inputs[name] = {
            key: given.get(key.lower(), described.get("DEFAULT")) for key, described in registration.properties.items()
        }
    if world.settings["shared_id_emptied"] == "second_pass" and workflow.passes[name] == 1:
        return
    names = {key.lower() for key in returned}
    for key in workflow.inputs[name]:
        if key.lower() in names:
            workflow.inputs[name][key] = None


def _properties(
    world: World, portal: Portal, workflow: Workflow, name: str, registration: Registration
) -> dict[str, Any]:
    suffix = world.settings["datetime_offset_suffix"]
    properties = {}
    for key, described in registration.properties.items():
        value = evaluate(portal, workflow, workflow.inputs[name].get(key))
        shown = externalised(described, value, offset_suffix=suffix)
        if shown is not MISSING:
            properties[key] = shown
    return properties


def _waits(world: World, step: dict[str, Any], use_subscription: str) -> bool:
    if use_subscription:
        return use_subscription == "Y"
    return bool(step["wait"]) if "wait" in step else world.settings["subscription_when_omitted"] == "Y"


def auth_block(world: World, portal: Portal, app: App, user_id: int) -> dict[str, Any]:
    """The block "auth" of a call made for this user, who may have been dismissed meanwhile."""
    user = portal.users.get(user_id)
    if user is not None and user.is_active:
        return tokens.full_auth(world, portal, app, user_id, refresh=True)
    if world.settings["dismissed_user_tokens"] == "another":
        return tokens.full_auth(world, portal, app, app.installed_by, refresh=True)
    return tokens.bare_auth(world, portal, app)


def _record(
    name: str, code: str, properties: dict[str, Any], waits: bool, delivery_id: int, token: str
) -> dict[str, Any]:
    return {
        "name": name,
        "code": code,
        "state": "waiting" if waits else "not waiting",
        "started": now(),
        "finished": None,
        "properties": properties,
        "outputs": {},
        "delivery_id": delivery_id,
        "event_token": token,
    }
