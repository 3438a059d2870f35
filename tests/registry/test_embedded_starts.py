"""Starts of the embedded database that were cut short, doubled, or told to stop early."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from registry.embedded import EmbeddedPostgres, Place, launcher, place_of, prepare, preparing

SECONDS = 30


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    place = place_of(tmp_path / "data")
    if place.user:
        shutil.rmtree(place.data.parent, ignore_errors=True)


def serving(server: EmbeddedPostgres) -> tuple[threading.Thread, threading.Event]:
    ready = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ready.set,))
    thread.start()
    return thread, ready


def is_served(data_dir: Path) -> bool:
    server = EmbeddedPostgres(data_dir)
    thread, ready = serving(server)
    try:
        assert ready.wait(SECONDS)
        with psycopg.connect(server.place.dsn) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    finally:
        server.stop()
        thread.join(SECONDS)


class Killed(BaseException):
    """What a SIGKILL leaves behind, without the process."""


@pytest.mark.parametrize("line", ["in the middle of initdb", "right after initdb"])
def test_a_first_start_that_was_killed_is_begun_anew(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    really = preparing._run

    def cut_short(place: Place, program: str, *arguments: str) -> None:
        really(place, program, *arguments)
        if line == "in the middle of initdb":
            folder = Path(arguments[arguments.index("-D") + 1])
            shutil.rmtree(folder / "global")
        raise Killed

    monkeypatch.setattr(preparing, "_run", cut_short)
    with pytest.raises(Killed):
        prepare(EmbeddedPostgres(data_dir).place)
    monkeypatch.undo()

    assert is_served(data_dir)


def test_a_second_launcher_waits_and_can_be_stopped_meanwhile(data_dir: Path) -> None:
    first, second = EmbeddedPostgres(data_dir), EmbeddedPostgres(data_dir)
    working, ready = serving(first)
    assert ready.wait(SECONDS)
    waiting, never = serving(second)

    second.stop()
    waiting.join(5)
    is_over, was_started = not waiting.is_alive(), never.is_set()
    first.stop()
    working.join(SECONDS)
    waiting.join(SECONDS)

    assert is_over
    assert not was_started


def test_a_stop_that_comes_while_postgres_is_being_started_is_heard(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = EmbeddedPostgres(data_dir)
    really = launcher._start

    def start(place: Place):
        server.stop()
        return really(place)

    monkeypatch.setattr(launcher, "_start", start)
    thread, _ = serving(server)
    thread.join(10)
    is_over = not thread.is_alive()
    server.stop()
    thread.join(SECONDS)

    assert is_over
