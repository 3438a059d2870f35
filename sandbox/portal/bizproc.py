"""bizproc.event.send, bizproc.activity.log, bizproc.workflow.*: what applications do with running workflows."""

from typing import Any

from sandbox.portal import engine
from sandbox.portal.crm import items
from sandbox.portal.crm.filters import filter_rows, order_rows
from sandbox.portal.crm.types import parse_document_id
from sandbox.portal.errors import RestError, access_denied
from sandbox.portal.methods import Call, Page, as_list, as_map, method, page_of, whole
from sandbox.portal.registration import ROBOT_FEATURES
from sandbox.portal.templates import templates_of
from sandbox.portal.workflow import Workflow, read_token, workflows_of
from sandbox.portal.world import iso, now


@method("bizproc.event.send", scope="bizproc", features=ROBOT_FEATURES)
def event_send(call: Call) -> bool:
    """True says only that the token is genuine: the workflow gets the values afterwards, if it still waits."""
    workflow_id, _step, event_id = _token(call)
    values = call.map("return_values")
    answer = {"at": iso(now()), "event_id": event_id, "values": values, "log_message": call.get("log_message")}
    workflow = workflows_of(call.portal).get(workflow_id)
    if call.world.settings["event_send"] == "legacy":
        return _at_once(call, workflow, answer)
    if workflow is not None:
        call.world.later(call.world.settings["event_send_delay_seconds"], lambda: _apply(call, workflow, answer))
    return True


@method("bizproc.activity.log", scope="bizproc", features=ROBOT_FEATURES)
def activity_log(call: Call) -> bool:
    workflow_id, step, event_id = _token(call)
    text = call.text("log_message")
    if not text:
        raise RestError("ERROR_EMPTY_LOG_MESSAGE", "Empty log message!")
    workflow = workflows_of(call.portal).get(workflow_id)
    if workflow and workflow.waiting and workflow.waiting.event_id == event_id:
        workflow.note(text, step=step, kind="log")
    return True


@method("bizproc.workflow.start", scope="bizproc", features=("bizproc",))
def start(call: Call) -> str:
    number = whole(call.get("TEMPLATE_ID")) or 0
    if number <= 0:
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Empty TEMPLATE_ID")
    template = templates_of(call.portal).get(number)
    if template is None:
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Template not found")
    address = parse_document_id(call.portal, call.get("DOCUMENT_ID"))
    if address is None:
        raise RestError("", "Wrong DOCUMENT_ID!")
    if address[0] != template.entity_type_id:
        raise RestError("", "Template type and DOCUMENT_ID mismatch!")
    if not call.user.has_crm:
        raise access_denied()
    item = items.items_of(call.portal, address[0]).get(address[1])
    if item is None:
        raise RestError("", "Wrong DOCUMENT_ID!")
    return engine.start(call.world, call.portal, template, item, call.user.id, call.map("PARAMETERS")).id


@method("bizproc.workflow.terminate", scope="bizproc", features=("bizproc",), admin_only=True)
def terminate(call: Call) -> bool:
    workflow = _instance(call)
    if workflow:
        engine.stop(workflow, "terminated", call.text("STATUS") or workflow.text("terminated"))
    return True


@method("bizproc.workflow.kill", scope="bizproc", features=("bizproc",), admin_only=True)
def kill(call: Call) -> bool:
    workflow = _instance(call)
    if workflow:
        engine.stop(workflow, "terminated", workflow.text("killed"))
        del workflows_of(call.portal)[workflow.id]
    return True


@method("bizproc.workflow.instances", scope="bizproc", features=("bizproc",), admin_only=True)
def instances(call: Call) -> Page:
    """Only running ones: a finished workflow is gone from the list."""
    running = [_row(one) for one in workflows_of(call.portal).values() if one.state == "running"]
    return _listed(call, running, ["ID", "MODIFIED", "OWNED_UNTIL"], {"MODIFIED": "DESC"})


@method("bizproc.workflow.template.list", scope="bizproc", features=("bizproc",), admin_only=True)
def template_list(call: Call) -> Page:
    """Robots of stages are templates too, but not listed."""
    rows = [
        {
            "ID": str(template.id),
            "MODULE_ID": "crm",
            "ENTITY": items.kind_of(call.portal, template.entity_type_id).entity,  # type: ignore[union-attr]
            "DOCUMENT_TYPE": [
                "crm",
                items.kind_of(call.portal, template.entity_type_id).entity,  # type: ignore[union-attr]
                items.kind_of(call.portal, template.entity_type_id).name,  # type: ignore[union-attr]
            ],
            "AUTO_EXECUTE": "0",
            "NAME": template.name,
            "TEMPLATE": template.steps,
            "PARAMETERS": {},
            "VARIABLES": template.variables,
            "CONSTANTS": {},
            "MODIFIED": iso(template.modified),
            "IS_MODIFIED": "N",
            "USER_ID": str(template.author_id),
            "SYSTEM_CODE": None,
        }
        for template in templates_of(call.portal).values()
        if not template.stage and not template.is_hidden
    ]
    return _listed(call, rows, ["ID"], {"ID": "ASC"})


def _token(call: Call) -> tuple[str, str, str]:
    parts = read_token(call.text("event_token"))
    if parts is None:
        raise access_denied()
    return parts


def _at_once(call: Call, workflow: Workflow | None, answer: dict[str, Any]) -> bool:
    """Older portals: a workflow that is gone, or not saved yet, answers 404; one that is busy 423."""
    if workflow is None or workflow.state != "running":
        raise RestError(404, "Workflow not found")
    if workflow.item_id not in items.items_of(call.portal, workflow.entity_type_id):
        engine.stop(workflow, "terminated", workflow.text("deleted"))
        return True
    if workflow.waiting and now() < workflow.waiting.saved_at:
        raise RestError(404, "Workflow not found")
    if engine.is_locked(workflow, now()):
        raise RestError(423, "Workflow is locked")
    _apply(call, workflow, answer)
    return True


def _apply(call: Call, workflow: Workflow, answer: dict[str, Any]) -> None:
    record = {**answer, "applied": False}
    workflow.answers.append(record)
    message = answer["log_message"]
    text = None if message is None else str(message)
    record["applied"] = engine.apply_answer(
        call.world, call.portal, workflow, answer["event_id"], as_map(answer["values"]), text
    )


def _instance(call: Call) -> Workflow | None:
    if not call.text("ID"):
        raise RestError("ERROR_WRONG_WORKFLOW_ID", "Empty workflow instance ID")
    return workflows_of(call.portal).get(call.text("ID"))


def _row(workflow: Workflow) -> dict[str, Any]:
    return {
        "ID": workflow.id,
        "MODIFIED": iso(workflow.modified),
        "OWNED_UNTIL": None,
        "MODULE_ID": "crm",
        "ENTITY": workflow.document_id[1],
        "DOCUMENT_ID": workflow.document_id[2],
        "STARTED": iso(workflow.started),
        "STARTED_BY": str(workflow.started_by),
        "TEMPLATE_ID": str(workflow.template_id),
    }


def _listed(call: Call, rows: list[dict[str, Any]], default: list[str], order: dict[str, str]) -> Page:
    rows = filter_rows(rows, call.map("FILTER"))
    rows = order_rows(rows, call.map("ORDER") or order)
    select = [str(name) for name in as_list(call.get("SELECT"))] or default
    return page_of(rows, call.get("start"), lambda page: [{n: row.get(n) for n in select if n in row} for row in page])
