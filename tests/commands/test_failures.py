"""Whatever is wrong, a command ends in a sentence that says what to do."""

import pytest

from tests.commands.conftest import Run

ALL = (
    ("portals", "list"),
    ("portals", "rate"),
    ("boxes", "list"),
    ("boxes", "connect"),
    ("boxes", "signer", "1", "2", "x"),
    ("activities", "list"),
    ("activities", "register"),
    ("activities", "unregister", "--yes"),
    ("calls", "list"),
    ("calls", "show", "1"),
    ("calls", "replay", "1"),
    ("poll",),
    ("db", "upgrade"),
    ("db", "rotate-keys"),
)


def test_help_and_unknown_commands_need_no_settings(bare_run: Run) -> None:
    helped = bare_run("--help")
    unknown = bare_run("nonsense")

    assert helped.exit_code == 0
    assert "portals" in helped.output
    assert unknown.exit_code == 2
    assert "No such command 'nonsense'" in unknown.output


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_missing_setting_is_named_at_once(bare_run: Run, words: tuple[str, ...]) -> None:
    result = bare_run(*words)

    assert result.exit_code == 1
    for name in ("PUBLIC_URL", "SECRET_KEYS", "BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_SECRET"):
        assert name in str(result.exception) + result.output


@pytest.mark.parametrize("words", [*ALL, ("worker",)], ids=" ".join)
def test_a_database_that_was_never_started_is_said_so(set_up: Run, words: tuple[str, ...]) -> None:
    result = set_up(*words)

    assert result.exit_code == 1
    assert "b24-edo db serve" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_database_that_is_away_is_said_so_without_its_password(
    set_up: Run, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:sesame@127.0.0.1:9/none")

    result = set_up(*words)

    assert result.exit_code == 1
    assert "Connection refused" in result.output
    assert "sesame" not in result.output
    assert "Traceback" not in result.output


def test_a_folder_that_cannot_be_made_is_named(set_up: Run, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))

    result = set_up("portals", "list")

    assert result.exit_code == 1
    assert str(tmp_path / "file") in result.output


def test_commands_of_the_embedded_database_leave_another_one_alone(run: Run) -> None:
    for command in ("serve", "where"):
        result = run("db", command)

        assert result.exit_code == 1
        assert "DATABASE_URL is set" in result.output
