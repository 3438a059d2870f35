"""Every request of send, wait, download and answer, hit in every way: nothing unanswered, doubled or lost."""

from collections.abc import Iterator

import pytest

from registry.settings import change_settings
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox
from tests.scenarios.deals import Books, Deals
from tests.scenarios.faults import KINDS, TIMEOUT_SECONDS, Cell, Chain, cells, chains
from tests.scenarios.installations import Installation, fresh_database, installation

pytestmark = pytest.mark.slow

MATRIX = cells(KINDS)


@pytest.fixture(scope="module")
def house(
    postgres: str,
    portal_process: list[str],
    diadoc_process: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    sandboxes = PortalSandbox(portal_process), DiadocSandbox(diadoc_process[0])
    folder = tmp_path_factory.mktemp("faults")
    times = {"HTTP_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS), "RETRY_SECONDS": "0.1"}
    with (
        fresh_database(postgres, "faults_of_requests") as dsn,
        installation(dsn, sandboxes, folder, **times) as house,
    ):
        # A lost reply to a renewal ends a consent that rotates strictly. Nobody can cure that; it is not tried here.
        house.diadoc_sandbox.settings(refresh_rotation="lenient")
        house.portal_sandbox.settings(refresh_grace_seconds=60)
        house.start("web", "worker", "scheduler")
        # The clock begins feeds for what comes to us; here the sending is to meet what happens to the first look.
        change_settings(house.database, house.portal.id, user_id=0, takes_incoming=False)
        yield house


@pytest.fixture(scope="module")
def run(house: Installation, request: pytest.FixtureRequest) -> dict[Cell, Chain]:
    """Every chosen cell, run once: the deal that it was tried on."""
    chosen = {item.callspec.params.get("cell") for item in request.session.items if hasattr(item, "callspec")}
    found = chains([cell for cell in MATRIX if cell in chosen])
    Deals(house).run(found)
    Books(house).wait_quiet()
    return {cell: chain for chain in found for cell in chain.cells}


@pytest.mark.parametrize("cell", MATRIX, ids=str)
def test_a_deal_gets_over_it(cell: Cell, run: dict[Cell, Chain]) -> None:
    failures = run[cell].failures

    assert not failures, f"{next(iter(failures))}: {next(iter(failures.values()))}"


def test_no_call_is_left_unanswered(house: Installation, run: dict[Cell, Chain]) -> None:
    assert Books(house).unanswered() == []
    assert Books(house).undelivered() == []


def test_no_step_is_answered_twice(house: Installation, run: dict[Cell, Chain]) -> None:
    applied = Books(house).answers_applied()

    assert applied
    assert {times for steps in applied.values() for times in steps.values()} == {1}


def test_every_paper_was_sent_once_and_with_its_package(house: Installation, run: dict[Cell, Chain]) -> None:
    letters = Books(house).letters()

    for chain in {chain.number: chain for chain in run.values()}.values():
        invoice, act = letters[f"И-{chain.number}"], letters[f"А-{chain.number}"]
        assert (len(invoice), len(act)) == (1, 1), f"copies of the papers of deal {chain.deal}"
        assert invoice[0][0] == act[0][0], "both papers are in one letter"
