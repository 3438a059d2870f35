"""What the listings show, to people and to programs."""

import json

import pytest
from sqlalchemy import text

from registry.boxes import Boxes
from registry.database import Database
from registry.portals import Portals
from registry.tables import Portal
from tests.commands.conftest import Run


def test_portals_are_listed_with_their_open_calls(run: Run, portal: Portal, call_id: int) -> None:
    shown, as_json = run("portals", "list"), run("portals", "list", "--json")

    (row,) = json.loads(as_json.stdout)
    assert (row["id"], row["host"], row["status"], row["open_calls"]) == (portal.id, "127.0.0.2:1", "installed", 1)
    assert "127.0.0.2:1" in shown.stdout
    assert "application-token" not in as_json.output


def test_boxes_are_listed_for_their_own_portal_only(
    run: Run, database: Database, portal: Portal, another: Portal
) -> None:
    boxes = Boxes(database, portal.id)
    boxes.connect(account_id=boxes.add_account(kind="oidc"), box_id="1" * 32, inn="7707083893", kpp="", name="Ромашка")

    mine = run("boxes", "list", "--json", "--portal", portal.member_id)
    theirs = run("boxes", "list", "--json", "--portal", "another.bitrix24.ru")

    assert [row["name"] for row in json.loads(mine.stdout)] == ["Ромашка"]
    assert json.loads(theirs.stdout) == []


@pytest.mark.parametrize("which", [(), ("--portal", "unknown.bitrix24.ru")])
def test_a_portal_that_is_not_clear_is_asked_for_by_name(run: Run, portal: Portal, another: Portal, which) -> None:
    result = run("boxes", "list", *which)

    assert result.exit_code == 1
    assert "another.bitrix24.ru" in result.output
    assert "--portal" in result.output


def test_the_only_portal_that_did_not_remove_us_needs_no_name(
    run: Run, database: Database, portal: Portal, another: Portal
) -> None:
    Portals(database).uninstall(another.id)
    boxes = Boxes(database, portal.id)
    boxes.connect(account_id=boxes.add_account(kind="oidc"), box_id="1" * 32, inn="7707083893", kpp="", name="Ромашка")

    unnamed = run("boxes", "list", "--json")
    removed = run("boxes", "list", "--json", "--portal", another.member_id)

    assert [row["name"] for row in json.loads(unnamed.stdout)] == ["Ромашка"]
    assert (removed.exit_code, json.loads(removed.stdout)) == (0, [])


def test_a_portal_that_does_not_answer_is_said_so(run: Run, portal: Portal) -> None:
    result = run("activities", "list")

    assert result.exit_code == 1
    assert "Битрикс24" in result.output
    assert "Traceback" not in result.output


def test_a_signer_of_another_portals_box_is_not_mapped(
    run: Run, database: Database, portal: Portal, another: Portal
) -> None:
    boxes = Boxes(database, portal.id)
    account_id = boxes.add_account(kind="oidc")
    box = boxes.connect(account_id=account_id, box_id="1" * 32, inn="7707083893", kpp="", name="Ромашка")

    theirs = run("boxes", "signer", str(box.id), "7", "diadoc-user", "--portal", str(another.id))
    mine = run("boxes", "signer", str(box.id), "7", "diadoc-user", "--portal", str(portal.id))

    assert (theirs.exit_code, mine.exit_code) == (1, 0)
    assert boxes.signer(box.id, bitrix_user_id=7) == "diadoc-user"


def test_the_rate_of_a_portal_is_set(run: Run, database: Database, portal: Portal) -> None:
    result = run("portals", "rate", "--rate", "5", "--burst", "10")

    assert result.exit_code == 0
    with database.session() as session:
        assert session.execute(text("select name, rate, burst from throttle")).all() == [(f"portal:{portal.id}", 5, 10)]


def test_secrets_are_sealed_again_and_counted(run: Run, portal: Portal) -> None:
    result = run("db", "rotate-keys")

    assert result.exit_code == 0
    assert result.stdout.startswith("2 secrets")


def test_reading_no_boxes_is_no_error(run: Run, portal: Portal) -> None:
    result = run("poll", "--reconcile")

    assert result.exit_code == 0
    assert "Boxes read: 0" in result.stdout


@pytest.mark.parametrize(
    ("words", "code"), [(("7707083893", "773601001"), 0), (("7707083894", "773601001"), 1), (("x",), 1)]
)
def test_requisites_are_checked_without_settings(bare_run: Run, words: tuple[str, ...], code: int) -> None:
    result = bare_run("requisites", "check", "--json", *words)

    found = json.loads(result.stdout)
    assert result.exit_code == code
    assert set(found) == {"is_valid", "kind", "inn", "kpp", "reasons"}
    assert found["is_valid"] is (code == 0)
    assert bool(found["reasons"]) is (code == 1)
