"""People of a deal see what becomes of its package without asking: in the timeline, by notices, to-dos and tasks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from registry.portals import Portals
from registry.settings import change_settings
from sandbox.portal.driver import ADMIN, HEAD, MANAGER
from tests.scenarios import story
from tests.scenarios.product import Product, wait_until
from worker.enqueue import enqueue
from worker.lanes import EFFECTS

ADD = "crm.activity.configurable.add"


class Deal:
    """What the people of the seeded deal see."""

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox

    def entries(self) -> list[dict[str, Any]]:
        return [one for one in self.sandbox.timeline() if one["kind"] == "configurable"]

    def todos(self) -> list[str]:
        """Whether each was completed."""
        return [one["completed"] for one in self.sandbox.timeline() if one["kind"] == "todo"]

    def title(self) -> str:
        """Of the only entry."""
        entries = self.entries()
        assert len(entries) <= 1
        return entries[0]["layout"]["header"]["title"] if entries else ""

    def notices(self) -> dict[int, str]:
        """User → the only notice he has of the package."""
        found = self.sandbox.notifications()
        assert len({one["user_id"] for one in found}) == len(found)
        return {one["user_id"]: one["message"] for one in found}

    def wait_title(self, ending: str) -> None:
        wait_until(lambda: self.title().endswith(ending), 40, f"an entry that says {ending!r}, not {self.title()!r}")

    def wait_notice(self, words: str, user_id: int = MANAGER) -> str:
        wait_until(lambda: words in self.notices().get(user_id, ""), 40, f"a notice of {words!r}")
        return self.notices()[user_id]


@pytest.fixture
def deal(product: Product, portal_sandbox: Any) -> Deal:
    story.put_papers(portal_sandbox)
    return Deal(portal_sandbox)


def portal_id(product: Product) -> int:
    (portal,) = Portals(product.database).all()  # type: ignore[attr-defined]
    return portal.id


def remind(product: Product) -> None:
    """The clock's job, now."""
    with product.database.session() as session:  # type: ignore[attr-defined]
        enqueue(session, "remind", queue=EFFECTS, portal_id=portal_id(product))


def sql(product: Product, statement: str) -> None:
    with product.database.session() as session:  # type: ignore[attr-defined]
        session.execute(text(statement))


def test_the_deal_shows_the_way_of_its_package_before_the_workflow_hears_of_it(
    product: Product, deal: Deal, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    workflow_id = portal_sandbox.start_workflow(story.closing())

    message_id = story.letter_of(diadoc_sandbox)
    deal.wait_title(": ожидает нашей подписи")
    told = deal.wait_notice("Нужна подпись нашего сотрудника")
    open_todos = wait_until(deal.todos, what="a to-do")
    story.sign_by_both(diadoc_sandbox, message_id)
    portal_sandbox.wait_workflow(workflow_id, 40)

    entry = deal.entries()[0]
    assert deal.title().endswith(": подписан обеими сторонами")  # at the very moment that the workflow goes on
    assert entry["fields"]["completed"] == "Y"
    assert entry["layout"]["header"]["tags"]["state"]["type"] == "success"
    assert (open_todos, deal.todos()) == (["N"], ["Y"])
    assert "/crm/deal/details/1/" in told
    assert "делать ничего не нужно" in deal.notices()[MANAGER]
    assert len(portal_sandbox.requests(ADD)) == 1


def test_a_worker_killed_in_the_middle_of_telling_leaves_one_entry_and_one_notice(
    product: Product, deal: Deal, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    fault = portal_sandbox.fault(ADD, "delay", seconds=3.0)
    portal_sandbox.start_workflow(story.closing())
    wait_until(lambda: has_hit(portal_sandbox, fault), what="the making of an entry")

    product.kill("worker")
    product.start("worker")
    message_id = story.letter_of(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    (act,) = wait_until(lambda: awaiting(diadoc_sandbox), what="the delivery")
    diadoc_sandbox.refuse(message_id, "Неверная сумма", [act])
    deal.wait_title(": контрагент отказал в подписи")
    told = deal.wait_notice("Причина: ")

    assert "Неверная сумма" in told
    assert len(deal.entries()) == 1
    assert len(deal.notices()) == 1


def has_hit(sandbox: Any, number: int) -> bool:
    return any(fault["id"] == number and fault["times"] == 0 for fault in sandbox.faults())


def awaiting(diadoc_sandbox: Any) -> list[str]:
    return [
        document["EntityId"]
        for document in diadoc_sandbox.documents()
        if document["RecipientResponseStatus"] == "WaitingForRecipientSignature" and document["DeliveryTimestampTicks"]
    ]


def test_what_waits_for_long_is_reminded_of_and_a_closed_box_alarms_the_administrator(
    product: Product, deal: Deal, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    always_at_work(product)
    portal_sandbox.start_workflow(story.closing())
    story.letter_of(diadoc_sandbox)
    deal.wait_notice("Нужна подпись нашего сотрудника")

    sql(product, "update package set waiting_since = now() - interval '8 days'")
    remind(product)
    told = deal.wait_notice("Ждём уже 8 дн.: наш подписант")
    task = wait_until(portal_sandbox.tasks, what="a task for the head")[0]
    diadoc_sandbox.fault("GetNewEvents", "status", status=402, times=-1)
    wait_until(lambda: "subscription_ended" in statuses(product), what="a closed box")
    for _ in range(2):
        remind(product)
    alarm = deal.wait_notice("Подписка на API Диадока закончилась", user_id=ADMIN)

    assert "Открыть в Диадоке" in told
    assert (task["responsibleId"], task["ufCrmTask"]) == (str(HEAD), ["D_1"])
    assert "остановлен" in alarm
    assert len(portal_sandbox.tasks()) == 1


def always_at_work(product: Product) -> None:
    """It is noon where this portal is, and nobody minds the weekend."""
    offset = datetime.now(UTC).hour - 12  # Etc/GMT+3 is three hours behind
    zone = f"Etc/GMT{offset:+d}"
    change_settings(
        product.database,  # type: ignore[attr-defined]
        portal_id(product),
        user_id=1,
        time_zone=zone,
        is_quiet_on_holidays=False,
    )


def statuses(product: Product) -> list[str]:
    with product.database.session() as session:  # type: ignore[attr-defined]
        return list(session.scalars(text("select status from box")))
