"""One folder has one database: whose it is, of which PostgreSQL, and how everybody finds its socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from errors import NotConfigured
from registry.embedded import EmbeddedPostgres, place, place_of, prepare, preparing
from registry.embedded.place import mark_owned, reachable

ORDINARY = 54_321  # a user that no machine has


@pytest.fixture(autouse=True)
def folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine's own folders is touched; these are as short as those."""
    with TemporaryDirectory(dir="/tmp") as folder:
        for name in ("USERS_OWN", "EVERYBODYS", "SYSTEM_HOME"):
            (Path(folder) / name).mkdir()
            monkeypatch.setattr(place, name, Path(folder) / name)
        yield


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch):
    def become(number: int) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: number)

    return become


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    folder = tmp_path / ("deep" * 30) / "run"
    folder.mkdir(parents=True)
    return folder


def is_short(folder: Path) -> bool:
    return len(os.fsencode(folder / ".s.PGSQL.5432")) < 108


def test_a_short_folder_is_its_own_address() -> None:
    assert reachable(Path("/var/lib/b24-edo/run")) == Path("/var/lib/b24-edo/run")


def test_a_socket_in_a_deep_folder_is_reached_by_a_short_link(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(deep)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(".s.PGSQL.5432")  # as PostgreSQL does, from within
        server.listen()

        address = reachable(deep) / ".s.PGSQL.5432"

        client.connect(str(address))
        assert is_short(reachable(deep))


def test_a_folder_with_a_comma_is_one_address() -> None:
    assert "," not in str(reachable(Path("/srv/b24,edo/run")))


def test_the_way_to_the_socket_depends_on_no_environment(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reachable(deep)
    monkeypatch.setenv("TMPDIR", "/var/tmp")

    assert reachable(deep) == before
    assert before.parent.name == "EVERYBODYS"


def test_a_folder_of_the_users_own_is_preferred_and_either_way_leads_to_the_same_socket(deep: Path) -> None:
    by_everybodys = reachable(deep)
    own = place.USERS_OWN / str(os.geteuid())
    own.mkdir()

    by_own = reachable(deep)

    assert by_own.parent == own
    assert by_own.resolve() == by_everybodys.resolve() == deep.resolve()


def test_what_somebody_else_put_in_the_way_is_not_followed(deep: Path, tmp_path: Path) -> None:
    link = reachable(deep)
    link.unlink()
    link.symlink_to(tmp_path)

    with pytest.raises(NotConfigured, match="in the way"):
        reachable(deep)


@pytest.mark.parametrize(("first", "second", "names"), [(0, ORDINARY, "root"), (ORDINARY, 0, str(ORDINARY))])
def test_a_database_of_another_user_is_refused_by_name(
    tmp_path: Path, user, first: int, second: int, names: str
) -> None:
    user(first)
    mark_owned(place_of(tmp_path / "data"))
    user(second)

    with pytest.raises(NotConfigured, match=f"belongs to {names} .*run this as {names}"):
        place_of(tmp_path / "data")


def test_the_user_of_a_database_finds_it_again_though_its_folder_was_moved(tmp_path: Path, user) -> None:
    user(ORDINARY)
    mark_owned(place_of(tmp_path / "data"))
    (tmp_path / "data").rename(tmp_path / "moved")

    assert place_of(tmp_path / "moved").data == tmp_path / "moved" / "postgres"


def test_root_is_told_where_the_database_of_a_moved_folder_stayed(tmp_path: Path, user) -> None:
    user(0)
    before = place_of(tmp_path / "data")
    mark_owned(before)
    (tmp_path / "data").rename(tmp_path / "moved")

    with pytest.raises(NotConfigured, match=f"lies in {before.data}"):
        place_of(tmp_path / "moved")


def test_a_folder_that_another_user_took_meanwhile_is_not_prepared(tmp_path: Path, user) -> None:
    user(ORDINARY)
    late = place_of(tmp_path / "data")
    user(0)
    mark_owned(place_of(tmp_path / "data"))
    user(ORDINARY)

    with pytest.raises(NotConfigured, match="belongs to root"):
        prepare(late)


@pytest.fixture
def old_data(tmp_path: Path, user) -> EmbeddedPostgres:
    user(ORDINARY)
    server = EmbeddedPostgres(tmp_path / "data")
    server.place.data.mkdir()
    (server.place.data / "PG_VERSION").write_text("9\n")
    return server


def test_data_of_another_postgresql_stops_the_launcher_with_a_way_out(old_data: EmbeddedPostgres) -> None:
    with pytest.raises(NotConfigured, match=r"of PostgreSQL 9, and PostgreSQL \d+ is installed.*pg_dump"):
        old_data.serve()

    assert [file.name for file in old_data.place.data.iterdir()] == ["PG_VERSION"]


def test_data_of_our_own_postgresql_is_taken(old_data: EmbeddedPostgres) -> None:
    (old_data.place.data / "PG_VERSION").write_text(f"{preparing._major_version()}\n")

    prepare(old_data.place)

    assert place_of(old_data.place.owner_file.parent) == old_data.place
