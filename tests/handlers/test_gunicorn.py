"""The processes as they run in production: several workers, one count, and work that begins without a request."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import func, select

from config import Config
from registry.database import Database
from registry.keyring import Keyring
from registry.tables import Call, Portal
from tests.handlers.conftest import wait_until
from worker.enqueue import NewCall
from worker.inbox import Inbox

ROOT = Path(__file__).parents[2]
CODE = "diadoc_check_requisites"


@pytest.fixture
def start(config: Config, database: Database, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Starts gunicorn as the Procfile does, on a free port; its address."""
    place = conninfo_to_dict(database.dsn)
    settings = {
        "DATA_DIR": str(config.data_dir),
        "DATABASE_URL": f"postgresql://{place['user']}:{quote(str(place['password']))}@/{place['dbname']}"
        f"?host={quote(str(place['host']), safe='')}",
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "SECRET_KEYS": ",".join(config.secret_keys),
        "BITRIX24_CLIENT_ID": "local.test",
        "BITRIX24_CLIENT_SECRET": "test-secret",
        "WEB_WORKERS": "2",
        "LISTEN": "127.0.0.1:0",
    }
    errors = tmp_path / "gunicorn.log"
    started: list[subprocess.Popen] = []

    def begin() -> str:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn_conf.py", "wsgi:app"]
        with errors.open("w") as log:
            environ = {"PATH": os.environ["PATH"], **settings}
            started.append(subprocess.Popen(command, cwd=ROOT, env=environ, stderr=log, stdout=log))
        wait_until(lambda: "Listening at: http://" in errors.read_text(), 30)
        return "http://" + errors.read_text().split("Listening at: http://")[1].split()[0]

    yield begin
    for process in started:
        process.terminate()
        assert process.wait(timeout=40) == 0


def number_of_calls(database: Database) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(Call)) or 0


def counted(url: str, line: str) -> float:
    found = [row for row in requests.get(f"{url}/metrics", timeout=10).text.splitlines() if row.startswith(line)]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


def test_all_processes_count_together(
    start: Callable[[], str], portal: Portal, database: Database, call_form: Callable[..., dict[str, str]]
) -> None:
    url = start()

    def call(number: int) -> int:
        form = call_form(event_token=f"w|A|{number}")
        return requests.post(f"{url}/bitrix24/activities/{CODE}", data=form, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(call, range(40)))

    assert statuses == [200] * 40
    assert number_of_calls(database) == 40
    line = 'b24edo_calls_received_total{outcome="remembered"}'
    assert [counted(url, line) for _ in range(4)] == [40.0] * 4
    assert requests.get(f"{url}/readyz", timeout=10).status_code == 200


def test_the_inbox_is_drained_before_anybody_asks(
    start: Callable[[], str], config: Config, portal: Portal, database: Database
) -> None:
    now = datetime.now(UTC)
    Inbox(config.inbox_dir, Keyring(config.secret_keys)).put(
        NewCall(
            portal_id=portal.id,
            code=CODE,
            event_token="w|A|1",
            workflow_id="w",
            workflow_document_id=["crm", "CCrmDocumentDeal", "DEAL_17"],
            properties={},
            user_id=1,
            wants_answer=True,
            received_at=now,
            deadline_at=now + timedelta(hours=1),
            step_limit_at=None,
        )
    )

    start()

    wait_until(lambda: number_of_calls(database) == 1, 20)


def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn_conf.py", "wsgi:app"]
    environ = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "PUBLIC_URL": "ftp://nowhere"}

    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30)

    assert ended.returncode != 0
    for name in ("PUBLIC_URL", "SECRET_KEYS", "BITRIX24_CLIENT_ID"):
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr
