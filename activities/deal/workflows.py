"""A workflow template of the administrator's, started for a package that a person gathered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from activities.context import Context
from activities.crm_ids import CrmItem

PARAMETER = "PackageId"  # of the template: the package's number
CLOCKS = timedelta(minutes=1)  # by which a portal's clock may be behind ours


def template_for(context: Context, item: CrmItem) -> int:
    """The template that the button of this type of items starts, 0 = it sends by itself."""
    return context.registry.settings().button_templates.get(type_code(item), 0)


def type_code(item: CrmItem) -> str:
    """How settings name a type of items: D, L, T80."""
    return item.short.rpartition("_")[0]


def start(context: Context, document_id: Sequence[str], *, package_id: int, template_id: int, press: str) -> str:
    """Start the template once a press of the button; the workflow's id. document_id: the item as workflows name it.

    A lost answer does not start it twice: running workflows of the item are looked at first. Raises what the portal's
    client raises, Unavailable while another process is starting it.
    """
    effects = context.registry.effects(f"package:{package_id}")
    name = f"workflow:{template_id}:{press}"
    with context.registry.packages.exclusively(package_id):
        before = next((one for one in effects.all() if one.name == name), None)
        if before is not None and before.done_at is not None:
            return str(before.facts.get("workflow_id", ""))
        effects.begin(name)
        workflow_id = ""
        if before is not None:
            workflow_id = _running(context, document_id[2], template_id, before.intended_at - CLOCKS)
        workflow_id = workflow_id or context.bitrix24.bizproc_workflow_start(
            template_id=template_id, document_id=_triple(document_id), parameters={PARAMETER: str(package_id)}
        )
        effects.done(name, workflow_id=workflow_id)
    facts = {"template_id": template_id, "workflow_id": workflow_id}
    context.registry.audit(actor=context.actor, action="workflow_started", subject=f"package:{package_id}", **facts)
    return workflow_id


def _running(context: Context, document_id: str, template_id: int, since: datetime) -> str:
    found = context.bitrix24.bizproc_workflow_instances({"TEMPLATE_ID": template_id, "DOCUMENT_ID": document_id})
    fitting = [one.id for one in found if one.started_at is not None and one.started_at >= since]
    return fitting[-1] if fitting else ""


def _triple(document_id: Sequence[str]) -> tuple[str, str, str]:
    module, entity, item = document_id
    return module, entity, item
