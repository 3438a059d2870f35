"""Fixtures that every room may need: emulators and a database as real processes, real sockets."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from config import Config, read_config
from registry.database import Database
from registry.embedded import EmbeddedPostgres
from registry.keyring import Keyring
from registry.portals import Installation, Portals
from registry.tables import Portal

pytest_plugins = ["tests.plugin"]  # its options are known to a run of any folder
START_SECONDS = 20
SECRET_KEY = Fernet.generate_key().decode()


def start(module: str, *arguments: str, url_file: Path) -> tuple[subprocess.Popen, list[str]]:
    """Start `python -m module` and wait until it has written its addresses."""
    process = subprocess.Popen([sys.executable, "-m", module, "--url-file", str(url_file), *arguments])
    deadline = time.monotonic() + START_SECONDS
    while not url_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"{module} did not start")
        time.sleep(0.02)
    return process, url_file.read_text().split()


def stop(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGQUIT)  # at once: a polite stop waits for connections that only tests keep open
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def diadoc_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    process, urls = start("sandbox.diadoc", url_file=tmp_path_factory.mktemp("diadoc") / "url")
    yield urls
    stop(process)


@pytest.fixture
def diadoc_sandbox(diadoc_process: list[str]):
    """The sandbox Diadoc with fresh state, by its driver."""
    from sandbox.diadoc.driver import DiadocSandbox

    sandbox = DiadocSandbox(diadoc_process[0])
    sandbox.reset()
    return sandbox


@pytest.fixture(scope="session")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    process, urls = start("sandbox.portal", url_file=tmp_path_factory.mktemp("portal") / "url")
    yield urls
    stop(process)


@pytest.fixture
def portal_sandbox(portal_process: list[str]):
    """The sandbox portal and its auth server with fresh state, by its driver."""
    from sandbox.portal.driver import PortalSandbox

    sandbox = PortalSandbox(portal_process)
    sandbox.reset()
    return sandbox


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL for the whole run, with our tables: its connection string."""
    with temporary_postgres(tmp_path_factory.mktemp("database")) as dsn:
        yield dsn


@contextmanager
def temporary_postgres(data_dir: Path) -> Iterator[str]:
    server = EmbeddedPostgres(data_dir)
    ready = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ready.set,))
    thread.start()
    try:
        if not ready.wait(START_SECONDS):
            raise RuntimeError("PostgreSQL did not start")
        Database(server.place.dsn, Keyring((SECRET_KEY,))).upgrade()
        yield server.place.dsn
    finally:
        server.stop()
        thread.join()
        if server.place.user:
            shutil.rmtree(server.place.data.parent, ignore_errors=True)


@pytest.fixture
def database(postgres: str) -> Iterator[Database]:
    """The database with empty tables."""
    database = Database(postgres, Keyring((SECRET_KEY,)))
    with database.engine.begin() as connection:
        names = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'")
        )
        connection.execute(text(f"truncate {', '.join(name for (name,) in names)} restart identity cascade"))
    yield database
    database.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Settings of a test: nothing of the process's environment is read."""
    return read_config(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "SECRET_KEYS": SECRET_KEY,
            "BITRIX24_CLIENT_ID": "local.test",
            "BITRIX24_CLIENT_SECRET": "test-secret",
            "RETRY_SECONDS": "0.05",
        }
    )


@pytest.fixture
def portal(database: Database) -> Portal:
    """An installed portal that exists in our registry only."""
    return Portals(database).install(
        Installation(
            member_id="0123456789abcdef0123456789abcdef",
            client_endpoint="http://127.0.0.2:1/rest/",
            server_endpoint="http://127.0.0.1:1/rest/",
            application_token="application-token",
            user_id=1,
            access_token="access",
            refresh_token="refresh",
            expires_at=datetime.now(UTC) + timedelta(hours=1),
        )
    )
