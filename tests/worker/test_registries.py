"""What the worker does for registries in the CRM: people's changes, lost events, late files."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from activities import registries
from activities.context import Context, context_beside
from registry.crm_registries import DOCUMENTS, CrmRegistries
from registry.database import Database
from registry.throttle import set_rate
from scheduler.registries import enqueue_portals
from tests.worker.workflows import Workflows
from worker import effects
from worker.enqueue import EFFECTS, enqueue_once
from worker.register import register
from worker.registries import look_for_files, look_through_registries, take_in

PAPER = {
    "sameness": "Nonformalized/7",
    "document_type": "Nonformalized",
    "number": "7",
    "date": "20.11.2026",
    "requisites": {"number": "7", "date": "2026-11-20"},
    "metadata_": {},
    "recipient_in_file": {},
    "file_name": "письмо.pdf",
    "file_size": 4,
    "sha256": "00",
    "blob": "1/00",
}


@pytest.fixture
def context(workflows: Workflows, portal_sandbox, database: Database) -> Context:
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    set_rate(database, name=f"portal:{workflows.portal.id}", rate=500.0, burst=1_000.0)
    running = workflows.running
    return context_beside(
        portal=workflows.portal, database=database, connections=running.connections, blobs=running.blobs
    )


@pytest.fixture
def package_id(context: Context, workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> int:
    """A package with a letter, shown in prepared registries."""
    monkeypatch.setattr(effects, "SHOWN", (registries.show,))
    registries.prepare(context)
    packages = context.registry.packages
    package = packages.open_or_create(crm_item="D_1", name="")
    packages.put_document(package.id, PAPER)
    effects.show(workflows.running, package.id)
    return package.id


def item_id(context: Context) -> int:
    row = context.registry.mirror(DOCUMENTS).get(1)
    assert row is not None
    assert row.their_id is not None
    return row.their_id


def change(context: Context, portal_sandbox, **values: str) -> None:
    row = CrmRegistries(context.registry.database, context.portal.id).all()[DOCUMENTS]
    fields = {row.fields[name]: value for name, value in values.items()}
    portal_sandbox.change_item(fields, row.entity_type_id, item_id(context))


def number(context: Context) -> str:
    (document,) = context.registry.packages.documents(1)
    return document.number


def test_a_persons_change_is_taken_and_shown_at_once(
    context: Context, package_id: int, workflows: Workflows, portal_sandbox
) -> None:
    change(context, portal_sandbox, number="8")

    take_in(workflows.running, package_id)

    assert number(context) == "8"
    assert workflows.running.changes.get(package_id) is None


def test_a_lost_event_is_made_up_for_at_night(
    context: Context, package_id: int, workflows: Workflows, portal_sandbox
) -> None:
    change(context, portal_sandbox, number="8")

    look_through_registries(workflows.running, workflows.portal.id)

    assert number(context) == "8"


def test_an_item_that_something_of_ours_breaks_on_is_left_alone(
    context: Context, package_id: int, workflows: Workflows, portal_sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def broken(context: Context, package_id: int) -> bool:
        looked_at.append(package_id)
        raise ValueError("a bug")

    monkeypatch.setattr(registries, "take_in", broken)
    change(context, portal_sandbox, number="8")

    take_in(workflows.running, package_id)
    look_through_registries(workflows.running, workflows.portal.id)

    assert looked_at == [package_id, package_id]


def test_a_package_that_is_not_there_is_nothing(workflows: Workflows) -> None:
    take_in(workflows.running, 999)

    assert workflows.running.changes.get(999) is None


def test_late_files_are_looked_for(context: Context, package_id: int, workflows: Workflows, database: Database) -> None:
    with database.session() as session:
        session.execute(text("update package set state = 'sent'"))
        values = {"state": "delivered", "now": datetime.now(UTC)}
        session.execute(text("update document set is_final = true, docflow_state = :state, changed_at = :now"), values)
        session.execute(text("delete from package_change"))

    look_for_files(workflows.running, workflows.portal.id)

    assert workflows.running.changes.get(package_id) is not None


def test_registering_hears_of_items_where_registries_are_prepared(
    context: Context, package_id: int, workflows: Workflows, portal_sandbox
) -> None:
    portal_sandbox.update(workflows.app)
    before = {one.event for one in context.bitrix24.event_get()}

    register(workflows.running, workflows.portal.id)

    after = {one.event for one in context.bitrix24.event_get()}
    assert after - before >= {"ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMDELETE"}


def test_the_clock_makes_a_job_for_each_portal_with_registries(
    context: Context, package_id: int, workflows: Workflows, database: Database
) -> None:
    with database.session() as session:
        made = enqueue_portals(database, "look_for_files", EFFECTS, session)
        jobs = session.execute(text("select task_name, args from procrastinate_jobs")).all()

    assert made == 1
    assert [tuple(job) for job in jobs] == [("look_for_files", {"portal_id": workflows.portal.id})]


def test_the_same_job_waits_once(database: Database) -> None:
    with database.session() as session:
        for package_id in (1, 1, 2):
            enqueue_once(session, "take_in", queue=EFFECTS, package_id=package_id)
        jobs = session.scalars(text("select args from procrastinate_jobs order by id")).all()

    assert jobs == [{"package_id": 1}, {"package_id": 2}]
