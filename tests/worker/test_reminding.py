"""The clock's job that goes through a portal: alone, whatever fails for one package, and not for portals that left."""

from datetime import UTC, datetime, timedelta

import pytest

import worker.reminding
from activities.context import Context
from errors import NoAccess, Unavailable
from registry.portal_registry import PortalRegistry
from registry.portals import Portals
from registry.settings import Settings
from registry.tables import Portal
from registry.telling import Telling
from worker.reminding import remind_portal
from worker.running import Running


class Looked:
    """What was looked at, and what it raises."""

    def __init__(self) -> None:
        self.packages: list[int] = []
        self.alarms = 0
        self.errors: dict[int, Exception] = {}

    def remind(self, context: Context, package_id: int) -> None:
        self.packages.append(package_id)
        if error := self.errors.get(package_id):
            raise error

    def raise_alarms(self, context: Context) -> None:
        self.alarms += 1
        if error := self.errors.get(0):
            raise error


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    looked = Looked()
    monkeypatch.setattr(worker.reminding, "remind", looked.remind)
    monkeypatch.setattr(worker.reminding, "raise_alarms", looked.raise_alarms)
    monkeypatch.setattr(worker.reminding, "due_before", lambda settings, now: now - timedelta(days=1))
    return looked


@pytest.fixture
def waiting(registry: PortalRegistry) -> list[int]:
    """Three packages that have been on their way for days."""
    numbers = []
    for number in range(3):
        package = registry.packages.open_or_create(crm_item="D_1", name=str(number))
        with registry.database.session() as session:
            found = session.merge(package)
            found.state, found.waiting_since = "sent", datetime.now(UTC) - timedelta(days=5)
        numbers.append(package.id)
    return numbers


def test_every_waiting_package_is_looked_at(running: Running, portal: Portal, waiting, looked, monkeypatch):
    monkeypatch.setattr(worker.reminding, "BATCH", 2)

    remind_portal(running, portal.id)

    assert looked.packages == waiting
    assert looked.alarms == 1


def test_what_is_wrong_with_one_does_not_concern_the_others(running, portal, waiting, looked):
    looked.errors = {waiting[0]: NoAccess(system="Битрикс24")}

    remind_portal(running, portal.id)

    assert looked.packages == waiting


def test_what_is_broken_in_us_does_not_concern_the_others(running, portal, waiting, looked):
    looked.errors = {0: ValueError("a bug"), waiting[0]: ValueError("a bug")}

    remind_portal(running, portal.id)

    assert looked.packages == waiting


def test_a_portal_that_does_not_answer_is_left_for_the_next_time(running, portal, waiting, looked):
    looked.errors = {waiting[1]: Unavailable(system="Битрикс24")}

    remind_portal(running, portal.id)

    assert looked.packages == waiting[:2]


def test_alarms_that_cannot_be_given_now_keep_reminders_for_the_next_time(running, portal, waiting, looked):
    looked.errors = {0: Unavailable(system="Битрикс24")}

    remind_portal(running, portal.id)

    assert looked.packages == []


def test_nobody_is_reminded_outside_working_time(running, portal, waiting, looked, monkeypatch):
    asked: list[Settings] = []
    monkeypatch.setattr(worker.reminding, "due_before", lambda settings, now: asked.append(settings))

    remind_portal(running, portal.id)

    assert (looked.alarms, looked.packages, asked) == (1, [], [Settings()])


def test_a_portal_that_removed_us_is_left_alone(running, portal, waiting, looked):
    Portals(running.database).uninstall(portal.id)

    remind_portal(running, portal.id)

    assert (looked.alarms, looked.packages) == (0, [])


def test_two_processes_do_not_remind_at_once(running, portal, waiting, looked):
    with Telling(running.database, portal.id).exclusively() as is_mine:
        remind_portal(running, portal.id)

    assert is_mine
    assert looked.packages == []
