"""Some hundreds of calls while workers, scheduler, web and the database die at random: none lost, none doubled."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select, text

from registry.keyring import digest
from registry.tables import Answer, Call
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox
from tests.conftest import temporary_postgres
from tests.scenarios import story
from tests.scenarios.deals import ENDED, Books
from tests.scenarios.installations import Installation, installation
from tests.scenarios.soaking import (
    DEALS,
    PAUSE,
    REQUISITES,
    SINGLES,
    Postmaster,
    Supervisor,
    kill_at_random,
    steps,
    work_goes_on,
)

pytestmark = pytest.mark.slow

PATIENCE = 60.0
QUIET = 4.0  # seconds; more than a queue takes to carry the next call


@pytest.fixture(scope="module")
def house(
    portal_process: list[str], diadoc_process: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """After the soak: everything was done or is given up, everything still runs."""
    folder = tmp_path_factory.mktemp("soak")
    sandboxes = PortalSandbox(portal_process), DiadocSandbox(diadoc_process[0])
    times = {"HTTP_TIMEOUT_SECONDS": "2", "STATUS_POLL_SECONDS": "1", "WORKER_CONCURRENCY": "4", "WEB_WORKERS": "2"}
    with (
        temporary_postgres(folder / "postgres") as dsn,
        installation(dsn, sandboxes, folder, **times) as house,
    ):
        house.start("web", "worker", "worker-2", "scheduler")
        sandboxes[0].settings(queue_duplicate_share=0.3, queue_jitter_seconds=0.2)
        soak(house, Postmaster(folder / "postgres"))
        yield house


def soak(house: Installation, postmaster: Postmaster) -> None:
    supervisor = Supervisor(house)
    with work_goes_on(house, supervisor):
        killer = threading.Thread(target=kill_at_random, args=(supervisor, postmaster))
        killer.start()
        for number in range(1, DEALS + 1):
            deal = house.deal((f"Счёт {number}.pdf", story.PDF + b"%i"), (f"Акт {number}.pdf", story.PDF + b"%a"))
            house.start_workflow(deal, steps(number))
            for _ in range(SINGLES):
                house.start_workflow(deal, [REQUISITES])
                time.sleep(PAUSE / SINGLES)
        killer.join()
        wait_quiet(house)


def wait_quiet(house: Installation) -> None:
    """Until no call has been open for a while: an answer makes its workflow call the next step a moment later."""
    deadline = time.monotonic() + PATIENCE
    last_open = time.monotonic()
    while time.monotonic() - last_open < QUIET:
        if open_calls := still_open(house):
            last_open = time.monotonic()
            assert last_open < deadline, f"not ended: {described(house, open_calls)}"
        time.sleep(0.3)


def accepted(house: Installation) -> set[str]:
    """Digests of the event tokens of all calls that we said 200 to."""
    return {key for key, carried in deliveries(house).items() if 200 in carried["statuses"]}


def deliveries(house: Installation) -> dict[str, dict[str, Any]]:
    """What the portal's queue carried to our activities, by the digest of the event token."""
    carried = [one for one in house.portal_sandbox.deliveries() if one["kind"] == "activity"]
    return {digest(parse_qs(one["body"])["event_token"][0]): one for one in carried}


def ends(house: Installation) -> dict[str, str]:
    with house.database.session() as session:
        return {row[0]: row[1] for row in session.execute(select(Call.idempotency_key, Call.state))}


def still_open(house: Installation) -> list[str]:
    """Accepted calls without an end, and calls that the portal is just making."""
    carried, known = deliveries(house), ends(house)
    return [
        key
        for key, one in carried.items()
        if not one["is_done"] or (200 in one["statuses"] and known.get(key) not in ENDED)
    ]


def described(house: Installation, keys: list[str]) -> list[str]:
    """Where these calls stand, for whoever reads why the soak failed."""
    with house.database.session() as session:
        calls = session.scalars(select(Call).where(Call.idempotency_key.in_(keys))).all()
        answers = {answer.call_id: vars(answer) for answer in session.scalars(select(Answer))}
        jobs = [str(row) for row in session.execute(text("select * from procrastinate_jobs"))]
    return [f"{vars(call)}, answer {answers.get(call.id)}" for call in calls] + jobs


def test_hundreds_of_calls_were_accepted(house: Installation) -> None:
    assert len(accepted(house)) >= 200


def test_calls_came_by_the_inbox_while_the_database_was_away(house: Installation) -> None:
    assert "call taken from inbox" in house.product.logs()
    assert list(house.product.data_dir.glob("inbox/*.call")) == []


def test_no_accepted_call_is_unanswered(house: Installation) -> None:
    assert still_open(house) == []


def test_every_answer_reached_its_workflow_once(house: Installation) -> None:
    applied = [times for steps in Books(house).answers_applied().values() for times in steps.values()]

    assert set(applied) == {1}
    assert len(applied) >= len(accepted(house))


def test_the_same_call_again_made_no_second_one(house: Installation) -> None:
    carried = deliveries(house)

    assert len([one for one in carried.values() if one["copies"] == 2]) > 30
    assert set(ends(house)) <= set(carried)


def test_no_paper_was_sent_twice_and_none_was_lost(house: Installation) -> None:
    letters = Books(house).letters()
    copies = Counter({number: len(found) for number, found in letters.items()})
    finished = [one for one in house.portal_sandbox.workflows() if one["state"] == "completed"]
    of_deals = [one for one in finished if "status" in one["outputs"]]

    assert {number: times for number, times in copies.items() if times != 1} == {}
    assert len(of_deals) >= DEALS / 3
    for workflow in of_deals:
        assert workflow["outputs"]["send"]["outcome"] == "success", workflow["outputs"]["send"]
        assert workflow["outputs"]["status"]["docflow_state"] == "signed_by_counteragent"
