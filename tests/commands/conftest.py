"""The command line in this process, on the database of the tests."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from app import main
from registry.database import Database
from registry.portals import Installation, Portals
from registry.tables import Portal
from tests.conftest import SECRET_KEY
from tests.registry.test_calls import new_call
from worker.enqueue import remember

Run = Callable[..., Result]
NAMES = ("PUBLIC_URL", "SECRET_KEYS", "BITRIX24_CLIENT_ID", "BITRIX24_CLIENT_SECRET", "DATABASE_URL", "DATA_DIR")


@pytest.fixture
def bare_run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command without any setting."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, words, input=typed, prog_name="b24-edo")

    return run


@pytest.fixture
def set_up(bare_run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command with the settings that are needed; the embedded database was never started."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SECRET_KEYS", SECRET_KEY)
    monkeypatch.setenv("BITRIX24_CLIENT_ID", "local.test")
    monkeypatch.setenv("BITRIX24_CLIENT_SECRET", "test-secret")
    return bare_run


@pytest.fixture
def run(set_up: Run, database: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the database of the test."""
    parts = conninfo_to_dict(database.dsn)
    address = f"postgresql://{parts['user']}:{parts['password']}@/{parts['dbname']}?host={parts['host']}"
    monkeypatch.setenv("DATABASE_URL", address)
    return set_up


@pytest.fixture
def call_id(database: Database, portal: Portal) -> int:
    found = remember(database, new_call(portal))
    assert found is not None
    with database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))
    return found


@pytest.fixture
def another(database: Database) -> Portal:
    return Portals(database).install(
        Installation(
            member_id="f" * 32,
            client_endpoint="https://another.bitrix24.ru/rest/",
            server_endpoint="https://oauth.bitrix.info/rest/",
            application_token="another",
            user_id=1,
            access_token="a",
            refresh_token="r",
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    )
