"""Control operations on templates, workflows and the queue."""

import secrets
import time
from datetime import timedelta
from typing import Any

from sandbox.portal import engine, outbox, steps
from sandbox.portal.control_crm import address_of
from sandbox.portal.crm import items
from sandbox.portal.crm.types import document_id, document_type
from sandbox.portal.model import Portal
from sandbox.portal.operations import operation
from sandbox.portal.templates import Template, add_template, find_registration, templates_of
from sandbox.portal.workflow import described, new_id, sign, workflows_of
from sandbox.portal.world import World, now


@operation
def save_template(
    world: World,
    portal: Portal,
    name: str,
    steps: list[dict[str, Any]],
    entity_type_id: int = 2,
    stage: str = "",
    variables: dict[str, Any] | None = None,
) -> int:
    """A business process, or (with stage) the robots of a stage."""
    template = add_template(
        portal, name=name, entity_type_id=entity_type_id, steps=steps, stage=stage, variables=variables
    )
    return template.id


@operation
def start_workflow(
    world: World,
    portal: Portal,
    template: int | list[dict[str, Any]],
    document: list[str],
    user_id: int = 1,
    parameters: dict[str, Any] | None = None,
    variables: dict[str, Any] | None = None,
) -> str:
    """template: the number of a saved one, or its steps."""
    entity_type_id, item_id = address_of(portal, document)
    item = items.get_item(portal, entity_type_id, item_id)
    found = _template(portal, template, entity_type_id, variables)
    return engine.start(world, portal, found, item, user_id, parameters).id


@operation
def workflow(world: World, portal: Portal, workflow_id: str) -> dict[str, Any]:
    return described(workflows_of(portal)[workflow_id])


@operation
def workflows(world: World, portal: Portal) -> list[dict[str, Any]]:
    return [described(found) for found in workflows_of(portal).values()]


@operation
def terminate_workflow(world: World, portal: Portal, workflow_id: str) -> bool:
    found = workflows_of(portal)[workflow_id]
    engine.stop(found, "terminated", found.text("terminated"))
    return True


@operation
def lock_workflow(world: World, portal: Portal, workflow_id: str, seconds: float) -> bool:
    """For the older event.send: the workflow is busy for so long and answers 423."""
    workflows_of(portal)[workflow_id].locked_until = now() + timedelta(seconds=seconds)
    return True


@operation
def queue_length(world: World, portal: Portal) -> int:
    """How many calls and events of the portal are still under way."""
    return sum(delivery["portal"] == portal.name and not delivery["is_done"] for delivery in world.deliveries)


@operation
def deliveries(world: World, portal: Portal) -> list[dict[str, Any]]:
    return [delivery for delivery in world.deliveries if delivery["portal"] == portal.name]


@operation
def send_call(
    world: World,
    portal: Portal,
    code: str,
    properties: dict[str, Any] | None = None,
    entity_type_id: int = 2,
    item_id: int = 1,
    user_id: int = 0,
    use_subscription: str = "",
    timeout_duration: str = "0",
    url: str = "",
    changes: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One hand-made call of a registered activity, outside any workflow; changes replaces members of the body.

    Its token is genuine, yet nothing waits for it. The delivery's line, with "event_token" beside.
    """
    app, registration = find_registration(portal, code) or _unknown(code)
    workflow_id = new_id()
    body = {
        "workflow_id": workflow_id,
        "code": registration.code,
        "document_id": document_id(portal, entity_type_id, item_id),
        "document_type": document_type(portal, entity_type_id),
        "event_token": sign(workflow_id, "A1", secrets.token_hex(16)),
        "properties": properties or {},
        "use_subscription": use_subscription or registration.use_subscription or "Y",
        "timeout_duration": timeout_duration,
        "ts": int(time.time()),
        "auth": steps.auth_block(world, portal, app, user_id or registration.auth_user_id or app.installed_by),
        **(changes or {}),
    }
    target = url or registration.handler
    delivery = outbox.send(world, portal=portal.name, kind="activity", name=code, url=target, body=body)
    return {**delivery, "event_token": body["event_token"]}


def _template(
    portal: Portal, template: int | list[dict[str, Any]], entity_type_id: int, variables: dict[str, Any] | None
) -> Template:
    if isinstance(template, int):
        return templates_of(portal)[template]
    return add_template(
        portal, name="by hand", entity_type_id=entity_type_id, steps=template, variables=variables, is_hidden=True
    )


def _unknown(code: str) -> Any:
    raise LookupError(f"no registration {code}")
