"""What `b24-edo calls` shows, of which portal, and what running again does."""

import json

import pytest
from sqlalchemy import text

from registry.database import Database
from registry.tables import Portal
from tests.commands.conftest import Run
from tests.registry.test_calls import new_call
from worker.enqueue import remember


def test_calls_are_listed_by_state(run: Run, call_id: int) -> None:
    new = json.loads(run("calls", "list", "--json", "--state", "new").stdout)
    ended = json.loads(run("calls", "list", "--json", "--state", "answered").stdout)

    assert [row["id"] for row in new] == [call_id]
    assert ended == []


def test_a_call_is_shown_with_its_inputs_and_without_its_token(run: Run, call_id: int) -> None:
    result = run("calls", "show", str(call_id), "--json")

    shown = json.loads(result.stdout)
    assert shown["properties"] == {"for_inn": "7707083893"}
    assert shown["answer"] is None
    assert "event_token" not in result.stdout


@pytest.mark.parametrize("command", ["show", "replay"])
def test_an_unknown_call_is_said_so(run: Run, command: str) -> None:
    result = run("calls", command, "404")

    assert result.exit_code == 1
    assert "There is no call 404" in result.output


def test_a_replayed_call_has_a_new_job(run: Run, database: Database, call_id: int) -> None:
    result = run("calls", "replay", str(call_id))

    assert result.exit_code == 0
    with database.session() as session:
        assert session.scalars(text("select task_name from procrastinate_jobs")).all() == ["execute"]


def test_calls_of_one_portal_are_listed_newest_first(
    run: Run, database: Database, portal: Portal, another: Portal, call_id: int
) -> None:
    later = remember(database, new_call(portal, token="later"))
    theirs = remember(database, new_call(another, token="theirs"))

    listed = [
        [row["id"] for row in json.loads(run("calls", "list", "--json", *words).stdout)]
        for words in ((), ("--portal", str(portal.id)), ("--portal", another.member_id), ("--limit", "1"))
    ]

    assert listed == [[theirs, later, call_id], [later, call_id], [theirs], [theirs]]


def test_calls_of_an_unknown_portal_are_not_an_empty_list(run: Run, call_id: int) -> None:
    result = run("calls", "list", "--portal", "unknown.bitrix24.ru")

    assert result.exit_code == 1
    assert "Known:" in result.output
