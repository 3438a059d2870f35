"""`b24-edo run` ends at once with what no restart of its processes would cure."""

from pathlib import Path

import pytest

from commands import processes
from registry.embedded import place, place_of
from tests.commands.conftest import Run


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an embedded database, wherever that lies for whoever runs the tests; nothing is ever started."""
    monkeypatch.setattr(place, "SYSTEM_HOME", tmp_path / "system")
    monkeypatch.setattr(processes, "Supervisor", lambda *_, **__: pytest.fail("processes were started"))
    return tmp_path / "data"


def test_data_of_another_postgresql_ends_the_run(set_up: Run, data_dir: Path) -> None:
    data = place_of(data_dir).data
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")

    result = set_up("run")

    assert result.exit_code == 1
    assert "of PostgreSQL 9" in result.output


def test_a_database_of_another_user_ends_the_run(set_up: Run, data_dir: Path) -> None:
    place_of(data_dir).owner_file.write_text("somebody\n/elsewhere/postgres\n")

    result = set_up("run")

    assert result.exit_code == 1
    assert "run this as somebody" in result.output
