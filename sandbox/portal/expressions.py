"""{=…} expressions of workflow templates: fields of the document, variables, outputs of steps."""

import re
from typing import Any

from sandbox.portal.crm import items
from sandbox.portal.crm.fields import fields_of, find_field
from sandbox.portal.encoding import printed
from sandbox.portal.model import Portal
from sandbox.portal.workflow import Workflow

EXPRESSION = re.compile(r"\{=([A-Za-z0-9_]+):([A-Za-z0-9_.]+)\}")


def evaluate(portal: Portal, workflow: Workflow, value: Any) -> Any:
    """A lone expression gives the value itself, one inside a text its printed form; lists go item by item."""
    if isinstance(value, list):
        parts = [evaluate(portal, workflow, part) for part in value]
        return [piece for part in parts for piece in (part if isinstance(part, list) else [part])]
    if not isinstance(value, str):
        return value
    alone = EXPRESSION.fullmatch(value.strip())
    if alone:
        return _resolve(portal, workflow, alone[1], alone[2])
    return EXPRESSION.sub(lambda found: printed(_resolve(portal, workflow, found[1], found[2])), value)


def _resolve(portal: Portal, workflow: Workflow, source: str, name: str) -> Any:
    if source == "Document":
        return document_value(portal, workflow, name)
    if source == "Variable":
        return workflow.variables.get(name)
    if source == "Template":
        return workflow.parameters.get(name)
    if source == "Workflow":
        return {"id": workflow.id}.get(name.lower())
    outputs = workflow.outputs.get(source, {})
    return next((value for key, value in outputs.items() if key.lower() == name.lower()), None)


def document_value(portal: Portal, workflow: Workflow, name: str) -> Any:
    """A field of the item, typed as workflows see it: users as user_1, files as ids."""
    item = items.items_of(portal, workflow.entity_type_id).get(workflow.item_id)
    found = find_field(fields_of(portal, workflow.entity_type_id), name)
    if item is None or found is None:
        return None
    value = item.values.get(found.upper)
    if found.type in ("user", "employee"):
        return [f"user_{part}" for part in value] if isinstance(value, list) else f"user_{value}" if value else None
    return value
