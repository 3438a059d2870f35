"""`b24-edo doctor`: what it says, to people and to programs, and how it ends."""

import json

import pytest

from registry.tables import Portal
from tests.commands.conftest import Run


@pytest.fixture(autouse=True)
def nobody_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diadoc is asked what time it is: here nobody answers."""
    monkeypatch.setenv("DIADOC_API_URL", "http://127.0.0.1:9")


def test_what_is_bad_ends_with_one_and_is_told_for_programs(run: Run, portal: Portal) -> None:
    result = run("doctor", "--json")

    rows = {row["code"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert rows["clock"]["level"] == "bad"
    assert rows["clock"]["who_must_act"] == "administrator"
    assert set(rows["clock"]["text"]) == {"ru", "en"}
    assert rows["migrations"]["level"] == "ok"


def test_a_person_reads_it_in_the_language_asked_for(run: Run, portal: Portal) -> None:
    russian, english = run("doctor"), run("doctor", "--lang", "en")

    assert "Ни один ящик не подключён" in russian.stdout
    assert "No box is connected" in english.stdout


def test_before_anybody_installed_us_the_machine_itself_is_looked_at(run: Run, database) -> None:
    result = run("doctor", "--json")

    codes = [row["code"] for row in json.loads(result.stdout)]
    assert "certificate" in codes
    assert "token" not in codes


def test_calls_in_files_are_counted(run: Run, portal: Portal, tmp_path) -> None:
    inbox = tmp_path / "data" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "one.call").write_text("sealed")

    rows = {row["code"]: row for row in json.loads(run("doctor", "--json").stdout)}

    assert rows["inbox"]["level"] == "warn"


def test_which_portal_is_asked_where_there_are_several(run: Run, portal: Portal, another: Portal) -> None:
    result = run("doctor")

    assert result.exit_code == 1
    assert "--portal" in result.output


def test_nothing_secret_is_printed(run: Run, portal: Portal) -> None:
    result = run("doctor", "--json")

    assert "test-secret" not in result.output
    assert "application-token" not in result.output
