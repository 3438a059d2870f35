"""Registries in the CRM with the whole product: files before states, corrections, a worker killed meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest

from activities.context import Context, context_beside
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from config import read_config
from registry.blobs import BlobStore
from registry.crm_registries import DOCUMENTS, PACKAGES, CrmRegistries
from registry.packages import Packages
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox
from tests.scenarios import story
from tests.scenarios.installations import Installation, fresh_database, installation
from tests.scenarios.product import wait_until
from worker.running import make_running

ALL = "2000-01-01T00:00:00+00:00"


@pytest.fixture
def house(postgres: str, portal_process: list[str], diadoc_process: list[str], tmp_path: Any) -> Iterator[Installation]:
    """The product with prepared registries."""
    sandboxes = PortalSandbox(portal_process), DiadocSandbox(diadoc_process[0])
    with fresh_database(postgres, "registries") as dsn, installation(dsn, sandboxes, tmp_path) as house:
        house.start("web", "worker", "scheduler")
        house.product.command("registry", "prepare")
        yield house


@pytest.fixture
def context(house: Installation) -> Context:
    """To look at the registries with."""
    running = make_running(read_config(house.product.environment), house.database)
    return context_beside(
        portal=house.portal,
        database=house.database,
        connections=running.connections,
        blobs=BlobStore(running.config.blob_url),
    )


def items(context: Context, kind: str = DOCUMENTS) -> list[Item]:
    return list(shelves(context)[kind].changed_since(ALL))


def files(house: Installation, context: Context, item: Item, name: str) -> list[str]:
    row = CrmRegistries(house.database, house.portal.id).all()[DOCUMENTS]
    found = house.portal_sandbox.files(row.fields[name], row.entity_type_id, item.id)
    return [file_name for file_name, _ in found]


def change(house: Installation, item: Item, **values: str) -> None:
    row = CrmRegistries(house.database, house.portal.id).all()[DOCUMENTS]
    fields = {row.fields[name]: value for name, value in values.items()}
    house.portal_sandbox.change_item(fields, row.entity_type_id, item.id)


def test_the_registries_tell_the_whole_story_of_a_package(house: Installation, context: Context) -> None:
    deal = house.deal(("Счёт 17.pdf", story.PDF + b"%1"), ("Акт 8.pdf", story.PDF + b"%2"))
    workflow = house.start_workflow(deal, story.closing())
    message_id = story.letter_of(house.diadoc_sandbox)
    sent = wait_until(
        lambda: [one for one in items(context, PACKAGES) if one.values["status_code"] == "sent"],
        what="the package sent in its registry",
    )

    story.sign_by_both(house.diadoc_sandbox, message_id)
    done = house.portal_sandbox.wait_workflow(workflow, 60)

    act = next(one for one in items(context) if one.values["number"] == "8")
    assert done["state"] == "completed"
    assert act.values["state_code"] == "signed_by_counteragent"
    assert len(files(house, context, act, "signed_files")) == 2
    assert len(files(house, context, act, "file")) == 1
    assert sent[0].values["recipient"]
    assert (len(items(context)), len(items(context, PACKAGES))) == (2, 1)


def test_a_correction_in_an_item_comes_into_the_paper_by_itself(house: Installation, context: Context) -> None:
    deal = house.deal(("Счёт 17.pdf", story.PDF))
    house.portal_sandbox.wait_workflow(house.start_workflow(deal, story.closing()[:1]), 30)
    (item,) = items(context)

    change(house, item, number="17-исправлен")

    def corrected() -> bool:
        packages = Packages(house.database, house.portal.id)
        package = packages.open_of(crm_item=f"D_{deal}", name="")
        return package is not None and [one.number for one in packages.documents(package.id)] == ["17-исправлен"]

    wait_until(corrected, what="the corrected paper")
    wait_until(lambda: "17-исправлен" in items(context)[0].title, what="the corrected title")
    assert len(items(context)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("kind", ["delay", "lost_reply"])
def test_a_worker_killed_while_it_makes_items_makes_no_second_one(
    house: Installation, context: Context, kind: str, skip: int
) -> None:
    fault = house.portal_sandbox.fault("batch", kind, skip=skip, seconds=1.0)
    deal = house.deal(("Счёт 17.pdf", story.PDF))
    workflow = house.start_workflow(deal, story.closing()[:1])

    wait_until(lambda: _has_hit(house, fault), what="the fault")
    house.product.kill("worker")
    house.product.start("worker")

    done = house.portal_sandbox.wait_workflow(workflow, 60)
    wait_until(lambda: items(context) and items(context, PACKAGES), 60, "the items")
    wait_until(lambda: _is_quiet(house), 60, "the last change shown")
    assert done["state"] == "completed"
    assert (len(items(context)), len(items(context, PACKAGES))) == (1, 1)
    assert items(context)[0].values["number"] == "17"
    assert items(context, PACKAGES)[0].values["status_code"] == "new"


def _has_hit(house: Installation, fault: int) -> bool:
    return any(one["id"] == fault and one["times"] == 0 for one in house.portal_sandbox.faults())


def _is_quiet(house: Installation) -> bool:
    with house.database.session() as session:
        left = session.connection().exec_driver_sql("select count(*) from package_change").scalar_one()
    return bool(left == 0)
