"""Portals are reminded when something waits or is broken there, and jobs do not pile up while nobody works."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from config import Config
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.tables import Package, Portal
from scheduler.clock import make_scheduler
from scheduler.reminders import enqueue_reminders


@pytest.fixture
def package(database: Database, portal: Portal) -> Package:
    return PortalRegistry(database, portal.id).packages.open_or_create(crm_item="D_1", name="")


def put(database: Database, package: Package, *, hours: int, **values: object) -> None:
    with database.session() as session:
        found = session.merge(package)
        found.state, found.waiting_since = "sent", datetime.now(UTC) - timedelta(hours=hours)
        for name, value in values.items():
            setattr(found, name, value)


def jobs(database: Database) -> list[tuple[str, int]]:
    rows = text("select queue_name, (args->>'portal_id')::int from procrastinate_jobs where task_name = 'remind'")
    with database.session() as session:
        return [(row[0], row[1]) for row in session.execute(rows)]


def test_a_portal_gets_one_job_however_long_nobody_works(database, portal, package):
    put(database, package, hours=30)

    for _ in range(2):
        with database.session() as session:
            enqueue_reminders(session)

    assert jobs(database) == [("effects", portal.id)]


@pytest.mark.parametrize(("hours", "values"), [(1, {}), (30, {"is_final": True}), (30, {"state": "open"})])
def test_a_portal_where_nothing_waits_for_long_gets_none(database, package, hours, values):
    put(database, package, hours=hours, **values)

    with database.session() as session:
        assert enqueue_reminders(session) == 0


def test_a_portal_that_removed_us_gets_none(database, portal, package):
    put(database, package, hours=30)
    with database.session() as session:
        session.execute(text("update portal set status = 'uninstalled'"))

    with database.session() as session:
        assert enqueue_reminders(session) == 0


def test_the_clock_looks_four_times_an_hour(config: Config, database: Database, portal, package):
    put(database, package, hours=30)
    job = next(job for job in make_scheduler(config, database).get_jobs() if job.id == "reminders")

    job.func()
    job.func()

    assert job.trigger.interval == timedelta(minutes=15)
    assert jobs(database) == [("effects", portal.id)]
