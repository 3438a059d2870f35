"""Whoever changes a paper locks its package first: the noting of changes makes every other order a deadlock."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from registry.changes import Changes
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.tables import Portal
from tests.registry.test_changes import put

DEADLINE_SECONDS = 10.0


def wait_until_somebody_waits_for_a_lock(database: Database, unless: Future[Any] | None = None) -> None:
    waiting = text("select count(*) from pg_locks where not granted")
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        with database.session() as session:
            if session.scalar(waiting) or (unless is not None and unless.done()):
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


@pytest.mark.parametrize("is_noted", [True, False], ids=["noted before", "not noted yet"])
def test_a_state_that_comes_while_a_package_is_written_waits_its_turn(
    database: Database, portal: Portal, is_noted: bool
) -> None:
    registry, changes = PortalRegistry(database, portal.id), Changes(database)
    package = registry.packages.open_or_create(crm_item="D_1", name="")
    document = put(registry, package)
    noted = changes.get(package.id)
    if not is_noted:
        assert noted is not None
        changes.shown(package.id, version=noted.version)

    with ThreadPoolExecutor(1) as pool:
        with database.session() as session:
            id_ = {"id": package.id}
            session.execute(text("select from package where id = :id for update"), id_)
            session.execute(text("update package set message_id = 'letter' where id = :id"), id_)
            state = pool.submit(registry.packages.keep_state, document.id, {"docflow_state": "delivered"})
            wait_until_somebody_waits_for_a_lock(database)
            session.execute(text("update document set message_id = 'letter' where package_id = :id"), id_)

        assert state.result(DEADLINE_SECONDS)

    (kept,) = registry.packages.documents(package.id)
    assert (kept.message_id, kept.docflow_state) == ("letter", "delivered")


def test_a_note_that_comes_while_a_package_is_locked_does_not_stand_in_the_way(
    database: Database, portal: Portal
) -> None:
    registry, changes = PortalRegistry(database, portal.id), Changes(database)
    package = registry.packages.open_or_create(crm_item="D_1", name="")
    noted = changes.get(package.id)
    assert noted is not None
    changes.shown(package.id, version=noted.version)

    with ThreadPoolExecutor(1) as pool:
        with database.session() as session:
            locked = registry.packages._lock(session, package.id)
            note = pool.submit(changes.note, package.id, portal_id=portal.id)
            wait_until_somebody_waits_for_a_lock(database, unless=note)
            locked.message = "written meanwhile"
            session.flush()

        note.result(DEADLINE_SECONDS)

    change = changes.get(package.id)
    assert change is not None
    assert change.version == 2
