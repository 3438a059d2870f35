"""`b24-edo api-tokens`: made, shown once, listed without the secret, revoked."""

import json

from registry.api_tokens import find
from registry.database import Database
from registry.tables import Portal
from tests.commands.conftest import Run


def test_a_token_is_printed_once_and_opens_the_portal(run: Run, database: Database, portal: Portal) -> None:
    made = json.loads(run("api-tokens", "create", "1С", "--role", "operator", "--json").stdout)

    listed = run("api-tokens", "list", "--json")

    bearer = find(database, made["token"])
    assert bearer is not None
    assert (bearer.role, bearer.portal.id) == ("operator", portal.id)
    assert [row["name"] for row in json.loads(listed.stdout)] == ["1С"]
    assert made["token"] not in listed.output


def test_a_reader_is_made_where_nothing_is_said(run: Run, portal: Portal) -> None:
    made = json.loads(run("api-tokens", "create", "a", "--json").stdout)

    assert made["role"] == "reader"


def test_a_revoked_token_opens_nothing(run: Run, database: Database, portal: Portal, another: Portal) -> None:
    made = json.loads(run("api-tokens", "create", "a", "--portal", str(portal.id), "--json").stdout)

    theirs = run("api-tokens", "revoke", str(made["id"]), "--portal", str(another.id))
    living = find(database, made["token"])
    mine = run("api-tokens", "revoke", str(made["id"]), "--portal", str(portal.id))

    assert (theirs.exit_code, mine.exit_code) == (1, 0)
    assert living is not None
    assert find(database, made["token"]) is None


def test_a_name_that_is_none_is_said_so(run: Run, portal: Portal) -> None:
    result = run("api-tokens", "create", " ")

    assert result.exit_code == 1
    assert "printable" in result.output
