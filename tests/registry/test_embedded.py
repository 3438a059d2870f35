import os
import shutil
import signal
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from registry.embedded import EmbeddedPostgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "data")
    started = threading.Event()
    thread = threading.Thread(target=server.serve, args=(started.set,))
    thread.start()
    assert started.wait(30)
    yield server
    server.stop()
    thread.join()
    if server.place.user:
        shutil.rmtree(server.place.data.parent, ignore_errors=True)


def connect_within(dsn: str, seconds: float) -> psycopg.Connection:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return psycopg.connect(dsn)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_a_killed_database_comes_back_with_everything_committed(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.place.dsn) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('Акт')")
    assert server.pid is not None

    os.kill(server.pid, signal.SIGKILL)

    with connect_within(server.place.dsn, 20) as connection:
        assert connection.execute("select lower(word) from kept").fetchone() == ("акт",)


def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres) -> None:
    dsn = server.place.dsn
    password = server.place.password_file.read_text()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn.replace(password, "guess"))

    assert stat.S_IMODE(server.place.password_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.place.socket.stat().st_mode) == 0o700


def test_it_listens_on_no_network(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.place.dsn) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
