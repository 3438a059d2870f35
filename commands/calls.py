"""`b24-edo calls`: what workflows asked us, what became of it, and running one again."""

import sys
from typing import Any

import click

from commands.output import json_option, show, show_one
from commands.setting import setting
from registry.answers import Answers
from registry.calls import Calls, steps_of
from registry.tables import Call
from worker.replay import replay as replay_call

STATES = ("new", "running", "waiting", "answering", "answered", "undeliverable", "closed")


@click.group("calls", help="Calls of workflows.")
def group() -> None:
    pass


@group.command("list", help="The newest calls.")
@click.option("--state", type=click.Choice(STATES), help="Only calls in this state.")
@click.option("--code", help="Only calls of this activity.")
@click.option("--portal", "which", default="", help="Only calls of this portal: its number, member id or host.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def list_calls(state: str | None, code: str | None, which: str, limit: int, as_json: bool) -> None:
    found = setting()
    portal_id = found.portal(which).id if which else None
    calls = Calls(found.database).latest(portal_id=portal_id, state=state, code=code, limit=limit)
    rows = [_row(call) for call in calls]
    show(rows, ("id", "code", "state", "item", "attempts", "received_at", "deadline_at", "error"), as_json=as_json)


@group.command("show", help="One call with its steps and its answer.")
@click.argument("call_id", type=int)
@json_option
def show_call(call_id: int, as_json: bool) -> None:
    database = setting().database
    call = Calls(database).get(call_id)
    if call is None:
        sys.exit(f"There is no call {call_id}.")
    answer = Answers(database).get(call_id)
    steps = [
        {"name": step.name, "intended_at": step.intended_at, "attempts": step.attempts, "done_at": step.done_at}
        for step in steps_of(database, call_id)
    ]
    told = (
        {
            "state": answer.state,
            "reason": answer.state_text,
            "attempts": answer.attempts,
            "values": answer.values,
            "ended_at": answer.ended_at,
        }
        if answer
        else None
    )
    show_one({**_row(call), "properties": call.properties, "steps": steps, "answer": told}, as_json=as_json)


@group.command("replay", help="Run a call again, or deliver an undeliverable answer again.")
@click.argument("call_id", type=int)
def replay(call_id: int) -> None:
    done = replay_call(setting().database, call_id)
    if done is None:
        sys.exit(f"There is no call {call_id}.")
    click.echo(done)


def _row(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "code": call.code,
        "portal": call.portal_id,
        "origin": call.origin,
        "state": call.state,
        "item": call.workflow_document_id[-1] if call.workflow_document_id else "",
        "workflow_id": call.workflow_id,
        "attempts": call.attempts,
        "wait_for": call.wait_for,
        "package": call.wait_package_id,
        "received_at": call.received_at,
        "deadline_at": call.deadline_at,
        "next_attempt_at": call.next_attempt_at,
        "ended_at": call.ended_at,
        "error": (call.last_error or {}).get("code", ""),
    }
