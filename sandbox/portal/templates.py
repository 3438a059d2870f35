"""Workflow templates: lists of steps in JSON, kept with what their steps took over from the registrations."""

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.portal.model import App, Portal, Registration
from sandbox.portal.world import now


@dataclass
class Template:
    """stage: robots of this stage instead of a business process that somebody starts."""

    id: int
    name: str
    entity_type_id: int
    steps: list[dict[str, Any]]
    stage: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    is_hidden: bool = False
    modified: datetime = field(default_factory=now)
    author_id: int = 1


def templates_of(portal: Portal) -> dict[int, Template]:
    return portal.tables["templates"]


def add_template(
    portal: Portal,
    *,
    name: str,
    entity_type_id: int,
    steps: list[dict[str, Any]],
    stage: str = "",
    variables: dict[str, Any] | None = None,
    is_hidden: bool = False,
) -> Template:
    """Save a template. Outputs and waiting of each step are copied into it now: later updates do not reach it."""
    number = portal.next_id("template")
    saved = copy.deepcopy(steps)
    _save_steps(portal, saved)
    template = Template(number, name, entity_type_id, saved, stage, dict(variables or {}), is_hidden)
    templates_of(portal)[number] = template
    return template


def stage_templates(portal: Portal, entity_type_id: int, stage: str) -> list[Template]:
    found = templates_of(portal).values()
    return [one for one in found if one.stage and (one.entity_type_id, one.stage) == (entity_type_id, stage)]


def find_registration(portal: Portal, code: str, client_id: str = "") -> tuple[App, Registration] | None:
    for app in portal.apps.values():
        registration = app.activities.get(code.lower())
        if registration is not None and client_id in ("", app.client_id):
            return app, registration
    return None


def _save_steps(portal: Portal, steps: list[dict[str, Any]]) -> None:
    for number, step in enumerate(steps, 1):
        for branch in ("then", "else", "do"):
            _save_steps(portal, step.get(branch) or [])
        if "activity" in step:
            step.setdefault("name", f"A{number}")
            found = find_registration(portal, step["activity"], step.get("app", ""))
            if found:
                step["saved"] = _saved(found[1])


def _saved(registration: Registration) -> dict[str, Any]:
    return {
        "return_properties": copy.deepcopy(registration.return_properties),
        "use_subscription": registration.use_subscription,
    }
