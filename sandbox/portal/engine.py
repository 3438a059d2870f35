"""The workflow engine: goes through the steps of a template until one of them waits."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.portal import steps
from sandbox.portal.crm import items
from sandbox.portal.crm.types import document_id, document_type
from sandbox.portal.encoding import internalised, printed
from sandbox.portal.errors import RestError
from sandbox.portal.expressions import evaluate
from sandbox.portal.model import Item, Portal
from sandbox.portal.templates import Template, stage_templates
from sandbox.portal.workflow import Frame, Waiting, Workflow, new_id, workflows_of
from sandbox.portal.world import World, now

STEP_LIMIT = 10_000  # a template that runs longer without waiting is a mistake


class StepFailed(Exception):
    """The step cannot be run; the workflow stops with this text in its journal."""


def start(
    world: World,
    portal: Portal,
    template: Template,
    item: Item,
    user_id: int,
    parameters: dict[str, Any] | None = None,
    stage: str = "",
) -> Workflow:
    """Start a workflow on an item; it has run up to its first waiting step when this returns."""
    workflow = Workflow(
        id=new_id(),
        template_id=template.id,
        template_name=template.name,
        entity_type_id=item.entity_type_id,
        item_id=item.id,
        document_id=document_id(portal, item.entity_type_id, item.id),
        document_type=document_type(portal, item.entity_type_id),
        started_by=user_id,
        started=now(),
        parameters=dict(parameters or {}),
        variables=dict(template.variables),
        frames=[Frame(template.steps)],
        language=portal.language,
        stage=stage,
    )
    workflows_of(portal)[workflow.id] = workflow
    workflow.note(workflow.text("started", name=template.name))
    advance(world, portal, workflow)
    return workflow


def advance(world: World, portal: Portal, workflow: Workflow) -> None:
    """Run steps until one waits or none is left."""
    for _step in range(STEP_LIMIT):
        if workflow.state != "running" or workflow.waiting:
            return
        if not workflow.frames:
            workflow.state = "completed"
            workflow.note(workflow.text("completed"))
            return
        _next(world, portal, workflow)
    stop(workflow, "failed", workflow.text("circles"))


def stop(workflow: Workflow, state: str, text: str) -> None:
    """End it before its last step. state: "terminated" or "failed"."""
    if workflow.state != "running":
        return
    workflow.state, workflow.waiting, workflow.frames = state, None, []
    workflow.note(text, kind="error" if state == "failed" else "info")
    if workflow.steps and workflow.steps[-1]["state"] == "waiting":
        workflow.steps[-1]["state"] = state


def _next(world: World, portal: Portal, workflow: Workflow) -> None:
    frame = workflow.frames[-1]
    if frame.index >= len(frame.steps):
        frame.index, frame.repeats = 0, frame.repeats - 1
        if frame.repeats < 0:
            workflow.frames.pop()
        return None
    step = frame.steps[frame.index]
    frame.index += 1
    kind = next((name for name in _STEPS if name in step), "")
    if not kind:
        return stop(workflow, "failed", workflow.text("unknown", step=", ".join(sorted(step))))
    try:
        _STEPS[kind](world, portal, workflow, step)
    except (StepFailed, steps.CannotRun, RestError) as error:
        stop(workflow, "failed", str(error))
    return None


def _run_activity(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    waiting = steps.call_activity(world, portal, workflow, step)
    if waiting is None:
        return
    workflow.waiting = waiting
    if waiting.timeout_seconds:
        seconds = waiting.timeout_seconds + world.settings["timeout_late_seconds"]
        world.later(seconds, lambda: _time_out(world, portal, workflow, waiting))


def _time_out(world: World, portal: Portal, workflow: Workflow, waiting: Waiting) -> None:
    if workflow.waiting is not waiting:
        return
    workflow.note(workflow.text("timeout"), step=waiting.step, kind="timeout")
    _close(workflow, waiting, {"IsTimeout": 1}, "timed out")
    advance(world, portal, workflow)


def apply_answer(
    world: World, portal: Portal, workflow: Workflow, event_id: str, values: dict[str, Any], log_message: str | None
) -> bool:
    """Give an answer to the step that waits for it. False: nothing waits for it any more."""
    waiting = workflow.waiting
    if waiting is None or waiting.event_id != event_id:
        return False
    by_lower = {name.lower(): name for name in waiting.return_properties}
    outputs = {}
    for name, value in values.items():
        declared = by_lower.get(name.lower())
        if declared is not None:
            outputs[declared] = internalised(portal, waiting.return_properties[declared], value)
    workflow.note(log_message or workflow.text("answered"), step=waiting.step, kind="answer")
    _close(workflow, waiting, {**outputs, "IsTimeout": 0}, "answered")
    advance(world, portal, workflow)
    return True


def _close(workflow: Workflow, waiting: Waiting, outputs: dict[str, Any], state: str) -> None:
    workflow.waiting = None
    workflow.outputs.setdefault(waiting.step, {}).update(outputs)
    steps.remember_shared(workflow, waiting.step, outputs)
    workflow.steps[-1] |= {"state": state, "outputs": outputs, "finished": now()}


def _branch(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    condition = step["if"]
    left = printed(evaluate(portal, workflow, condition["left"]))
    is_true = _holds(left, {key: evaluate(portal, workflow, value) for key, value in condition.items()})
    workflow.note(workflow.text("yes" if is_true else "no", left=str(condition["left"]), value=left))
    workflow.frames.append(Frame(step.get("then" if is_true else "else") or []))


def _holds(left: str, condition: dict[str, Any]) -> bool:
    if "in" in condition:
        return left in [printed(part) for part in condition["in"]]
    if "is_not" in condition:
        return left != printed(condition["is_not"])
    if "is_empty" in condition:
        return (left == "") == bool(condition["is_empty"])
    return left == printed(condition.get("is"))


def _repeat(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    times = int(printed(evaluate(portal, workflow, step["repeat"])) or 0)
    if times > 0:
        workflow.frames.append(Frame(step.get("do") or [], repeats=times - 1))


def _set(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    for name, value in step["set"].items():
        workflow.variables[name] = evaluate(portal, workflow, value)


def _log(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    workflow.note(printed(evaluate(portal, workflow, step["log"])), kind="log")


def _set_field(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    given = {name: evaluate(portal, workflow, value) for name, value in step["set_field"].items()}
    items.update_item(world, portal, _document(portal, workflow), given, 0)
    workflow.note(workflow.text("fields", names=", ".join(given)))


def _move_stage(world: World, portal: Portal, workflow: Workflow, step: dict[str, Any]) -> None:
    stage = printed(evaluate(portal, workflow, step["move_stage"]))
    workflow.note(workflow.text("moved", stage=stage))
    items.update_item(world, portal, _document(portal, workflow), {"STAGE_ID": stage}, 0)


def _document(portal: Portal, workflow: Workflow) -> Item:
    item = items.items_of(portal, workflow.entity_type_id).get(workflow.item_id)
    if item is None:
        raise StepFailed(workflow.text("deleted"))
    return item


def _watch_stage(world: World, portal: Portal, item: Item, change: items.Change) -> None:
    """Robots of a stage start when an item enters it; those of the stage it left stop waiting."""
    if change.verb == "DELETE" or change.left:
        for workflow in list(workflows_of(portal).values()):
            on_item = (workflow.entity_type_id, workflow.item_id) == (item.entity_type_id, item.id)
            if on_item and (change.verb == "DELETE" or (workflow.stage and workflow.stage == change.left)):
                _leave(world, workflow, change)
    if change.entered and not change.silent:
        for template in stage_templates(portal, item.entity_type_id, change.entered):
            start(world, portal, template, item, change.user_id, stage=change.entered)


def _leave(world: World, workflow: Workflow, change: items.Change) -> None:
    if change.verb == "DELETE":
        if world.settings["event_send"] == "legacy":  # an older portal notices when the answer comes
            return
        stop(workflow, "terminated", workflow.text("deleted"))
    elif workflow.waiting:  # one that moves the item itself goes on to its end
        stop(workflow, "terminated", workflow.text("left", stage=change.left))


def is_locked(workflow: Workflow, moment: datetime) -> bool:
    return workflow.locked_until is not None and moment < workflow.locked_until


_STEPS: dict[str, Callable[[World, Portal, Workflow, dict[str, Any]], None]] = {
    "activity": _run_activity,
    "if": _branch,
    "repeat": _repeat,
    "set": _set,
    "log": _log,
    "set_field": _set_field,
    "move_stage": _move_stage,
}
items.WATCHERS.append(_watch_stage)
