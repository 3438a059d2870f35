"""Documents that counteragents send to us become items of the registry: real processes, both emulators."""

import base64
from typing import Any

import pytest

from registry.tables import Box, IncomingDocument
from sandbox.diadoc import seed
from sandbox.portal.driver import COMPANY_TYPE, COUNTERAGENT, MANAGER
from tests.scenarios.conftest import connect_box
from tests.scenarios.people import items, prepare, pulled, wait_offered
from tests.scenarios.product import Product, wait_until

PDF = b"%PDF-1.4 an act"


def act(number: int | str, content: bytes = PDF) -> dict[str, Any]:
    metadata = {"DocumentNumber": str(number), "DocumentDate": "20.11.2026", "TotalSum": "1200.00"}
    return {
        "type": "AcceptanceCertificate",
        "file_name": f"Акт {number}.pdf",
        "content": base64.b64encode(content).decode(),
        "metadata": metadata,
    }


def documents(product: Product) -> list[IncomingDocument]:
    with product.database.session() as session:  # type: ignore[attr-defined]
        return list(session.query(IncomingDocument).order_by(IncomingDocument.id))


def wait_shown(product: Product, number: int, seconds: float = 60) -> list[IncomingDocument]:
    """Until so many documents are known and people see all of them."""

    def shown() -> list[IncomingDocument]:
        known = documents(product)
        return known if len(known) == number and all(one.shown_at for one in known) else []

    return wait_until(shown, seconds, f"{number} documents to be shown")


def wait_begun(product: Product) -> None:
    """Until the feed of the only box is read; it has sent nothing."""

    def is_begun() -> bool:
        with product.database.session() as session:  # type: ignore[attr-defined]
            return session.query(Box).one().index_key is not None

    wait_until(is_begun, what="the beginning of the feed")


@pytest.fixture
def reading(product: Product, portal_sandbox: Any) -> Product:
    """The running product with registries and triggers; its box has sent nothing and is read."""
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    portal_sandbox.change_item({"ASSIGNED_BY_ID": MANAGER}, COMPANY_TYPE, COUNTERAGENT)
    wait_offered(portal_sandbox, product.app)  # type: ignore[attr-defined]
    prepare(product)
    wait_begun(product)
    return product


def test_a_document_of_a_counteragent_becomes_an_item_and_its_people_are_told(
    reading: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    letter = diadoc_sandbox.incoming([act(8)])
    [document] = wait_shown(reading, 1)
    [item] = items(reading)
    told = portal_sandbox.notifications()

    diadoc_sandbox.sign_by_recipient(letter["message_id"])
    wait_until(lambda: items(reading)[0].values["state_code"] == "signed_by_counteragent", what="the signature")

    assert document.company_id == COUNTERAGENT
    assert (item.values["number"], item.values["state_code"]) == ("8", "waiting_for_our_signature")
    assert [one["user_id"] for one in told] == [MANAGER]
    assert "Акт № 8" in told[0]["message"]
    assert pulled(portal_sandbox) == ["incoming"]
    assert len(portal_sandbox.notifications()) == 1


def test_what_came_before_the_box_was_connected_stays_where_it_is(
    installation: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    diadoc_sandbox.incoming([act(1)])
    wait_until(lambda: diadoc_sandbox.documents(seed.ROMASHKA.box), what="its delivery")
    installation.start("web", "worker", "scheduler")
    portal_sandbox.install(installation.app)  # type: ignore[attr-defined]
    connect_box(installation)
    wait_begun(installation)

    diadoc_sandbox.incoming([act(2)])
    shown = wait_shown(installation, 1)

    assert [one.number for one in shown] == ["2"]


def test_without_registries_documents_are_told_and_become_items_once_these_are_there(
    product: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    wait_begun(product)
    diadoc_sandbox.incoming([act(8), act(9)])
    wait_shown(product, 2)
    told = len(portal_sandbox.notifications())

    prepare(product)
    wait_until(lambda: len(items(product)) == 2, 60, "the items")

    assert told == 1  # of both, which came together
    assert sorted(one.values["number"] for one in items(product)) == ["8", "9"]
    assert len(portal_sandbox.notifications()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "method"),
    [
        ("diadoc", "GetNewEvents"),
        ("diadoc", "GetOrganization"),
        ("diadoc", "GetEntityContent"),
        ("portal", "crm.requisite.list"),
        ("portal", "batch"),
        ("portal", "crm.automation.trigger.execute"),
        ("portal", "im.notify.system.add"),
    ],
)
def test_a_worker_killed_with_any_request_under_way_loses_nothing_and_makes_nothing_twice(
    reading: Product, portal_sandbox: Any, diadoc_sandbox: Any, system: str, method: str
) -> None:
    sandbox = {"portal": portal_sandbox, "diadoc": diadoc_sandbox}[system]
    sandbox.forget_requests()
    fault = sandbox.fault(method, "delay", seconds=4, times=1)
    diadoc_sandbox.incoming([act(8)])
    wait_until(lambda: is_under_way(sandbox, fault), what=f"{method} under way")

    reading.kill("worker")
    reading.start("worker")
    diadoc_sandbox.incoming([act(9)])
    wait_shown(reading, 2, 90)

    assert sorted(one.values["number"] for one in items(reading)) == ["8", "9"]
    assert len(portal_sandbox.notifications()) == 2
    assert set(pulled(portal_sandbox)) == {"incoming"}
    assert len(pulled(portal_sandbox)) <= (3 if "trigger" in method else 2)


def is_under_way(sandbox: Any, fault: int) -> bool:
    return next(one["times"] for one in sandbox.faults() if one["id"] == fault) == 0


@pytest.mark.slow
def test_two_of_each_process_take_every_document_once(
    reading: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    reading.start("worker-2", "scheduler-2")
    senders = (seed.LYUTIK, seed.ROAMING_PARTNER, seed.ENTREPRENEUR)

    for number in range(12):
        diadoc_sandbox.incoming([act(number), act(f"{number}-2")], from_box=senders[number % 3].box)
    wait_shown(reading, 24, 120)

    numbers = [one.values["number"] for one in items(reading)]
    assert len(numbers) == len(set(numbers)) == 24
    assert len(portal_sandbox.notifications()) == 12
    assert pulled(portal_sandbox) == ["incoming"] * 24
