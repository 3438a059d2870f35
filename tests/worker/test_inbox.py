import os
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from registry.calls import Calls
from registry.database import Database
from registry.keyring import Keyring
from registry.tables import Portal
from tests.conftest import SECRET_KEY
from tests.registry.test_calls import new_call
from worker.inbox import SUFFIX, Inbox

AWAY = "host=/nonexistent user=nobody dbname=nowhere connect_timeout=1"


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", Keyring((SECRET_KEY,)))


def calls(database: Database) -> int:
    with database.session() as session:
        return session.scalars(text("select count(*) from call")).one()


def test_a_call_is_sealed_on_disk_for_nobody_else_to_read(inbox: Inbox, portal: Portal) -> None:
    inbox.put(new_call(portal, "workflow|A1|very-secret"))

    (path,) = inbox.waiting()
    assert b"very-secret" not in path.read_bytes()
    assert b"7707083893" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert os.listdir(path.parent) == [path.name]  # nothing half-written beside it


def test_a_call_is_remembered_as_it_was_put_down(inbox: Inbox, portal: Portal, database: Database) -> None:
    limit = datetime.now(UTC) + timedelta(minutes=7)
    put = replace(new_call(portal), step_limit_at=limit, wants_answer=False)
    inbox.put(put)

    moved = inbox.drain(database)

    call = Calls(database).get(1)
    assert call is not None
    assert (moved, inbox.waiting()) == (1, [])
    assert (call.code, call.properties, call.wants_answer) == (put.code, put.properties, False)
    assert (call.received_at, call.deadline_at, call.step_limit_at) == (put.received_at, put.deadline_at, limit)
    assert Calls(database).event_token(call) == put.event_token


def test_a_call_that_was_put_down_twice_is_remembered_once(inbox: Inbox, portal: Portal, database: Database) -> None:
    inbox.put(new_call(portal))
    inbox.put(new_call(portal))

    inbox.drain(database)

    assert (calls(database), inbox.waiting()) == (1, [])


def test_what_was_moved_is_not_moved_again(inbox: Inbox, portal: Portal, database: Database) -> None:
    inbox.put(new_call(portal))
    inbox.drain(database)

    assert inbox.drain(database) == 0
    assert calls(database) == 1


def test_a_database_that_is_still_away_leaves_everything_where_it_is(inbox: Inbox, portal: Portal) -> None:
    inbox.put(new_call(portal))
    away = Database(AWAY, Keyring((SECRET_KEY,)))

    moved = inbox.drain(away)

    assert moved == 0
    assert len(inbox.waiting()) == 1


def test_a_damaged_file_is_set_aside_and_stops_nobody(
    inbox: Inbox, portal: Portal, database: Database, tmp_path: Path
) -> None:
    sealed_nonsense = Keyring((SECRET_KEY,)).seal('{"portal_id": 1}')
    inbox.put(new_call(portal))
    (tmp_path / "inbox" / f"0000{SUFFIX}").write_text(sealed_nonsense)

    moved = inbox.drain(database)

    assert (moved, calls(database), inbox.waiting()) == (1, 1, [])
    assert (tmp_path / "inbox" / "0000.unreadable").read_text() == sealed_nonsense


def test_a_file_of_a_dropped_key_waits_for_its_key_and_stops_nobody(
    inbox: Inbox, portal: Portal, database: Database, tmp_path: Path
) -> None:
    old = Fernet.generate_key().decode()
    Inbox(tmp_path / "inbox", Keyring((old,))).put(new_call(portal, "workflow|A1|old"))
    inbox.put(new_call(portal, "workflow|A1|new"))

    moved = inbox.drain(database)
    later = Inbox(tmp_path / "inbox", Keyring((SECRET_KEY, old))).drain(database)

    assert (moved, later) == (1, 1)
    assert calls(database) == 2


def test_a_call_that_the_database_refuses_waits_for_a_person_and_stops_nobody(
    inbox: Inbox, portal: Portal, database: Database
) -> None:
    inbox.put(replace(new_call(portal, "workflow|A1|0"), portal_id=4711))  # no such portal
    inbox.put(new_call(portal, "workflow|A1|1"))

    moved = inbox.drain(database)

    assert (moved, calls(database), len(inbox.waiting())) == (1, 1, 1)


def test_processes_that_drain_at_once_lose_and_double_nothing(inbox: Inbox, portal: Portal, database: Database) -> None:
    for number in range(20):
        inbox.put(new_call(portal, f"workflow|A1|{number}"))
    threads = [threading.Thread(target=inbox.drain, args=(database,)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (calls(database), inbox.waiting()) == (20, [])


def test_a_full_disk_is_told(tmp_path: Path, portal: Portal) -> None:
    (tmp_path / "inbox").write_text("not a folder")

    with pytest.raises(OSError, match="exist"):
        Inbox(tmp_path / "inbox", Keyring((SECRET_KEY,))).put(new_call(portal))
