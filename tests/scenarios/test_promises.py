"""Promises of the design that take a whole installation: stampedes, repeats, dead workers, strangers, odd docflows."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text

from registry.packages import Packages
from registry.tables import Call, Package
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox
from tests.scenarios import story
from tests.scenarios.deals import one_after_the_other
from tests.scenarios.installations import Installation, fresh_database, installation
from tests.scenarios.product import wait_until

pytestmark = pytest.mark.slow

REQUISITES = {"activity": "diadoc_check_requisites", "name": "requisites", "properties": {"look_up_in_diadoc": "N"}}
USUAL = {"delivery": "auto", "one_sided_revocation": "asks"}


@pytest.fixture(scope="module")
def running(
    postgres: str, portal_process: list[str], diadoc_process: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    sandboxes = PortalSandbox(portal_process), DiadocSandbox(diadoc_process[0])
    folder = tmp_path_factory.mktemp("promises")
    with fresh_database(postgres, "promises") as dsn, installation(dsn, sandboxes, folder) as house:
        house.start("web", "worker", "scheduler")
        yield house


@pytest.fixture
def house(running: Installation) -> Installation:
    """The installation with everything as usual, whatever the test before has switched."""
    running.portal_sandbox.clear_faults()
    running.portal_sandbox.settings(queue_duplicate_share=0.0)
    running.diadoc_sandbox.clear_faults()
    running.diadoc_sandbox.settings(**USUAL)
    if "worker" not in running.product.processes:
        running.product.start("worker")
    return running


def papers(house: Installation, *, number: str) -> int:
    """A deal with a file for an invoice and one for an act."""
    return house.deal((f"Счёт {number}.pdf", story.PDF + b"%1"), (f"Акт {number}.pdf", story.PDF + b"%2"))


def invoice(number: str) -> dict[str, Any]:
    return story.add("invoice", "ProformaInvoice", number, 1, grounds="Договор 5")


def act(number: str) -> dict[str, Any]:
    return story.add("act", "AcceptanceCertificate", number, 2)


def send(**properties: str) -> dict[str, Any]:
    properties = {"wait_for": "outcome", "deadline_days": "5", **properties}
    return {"activity": "diadoc_send_package", "name": "send", "properties": properties}


def run(house: Installation, deal: int, *steps: dict[str, Any]) -> str:
    return house.start_workflow(deal, one_after_the_other(list(steps)))


def letter_of(house: Installation, deal: int) -> str:
    """The message of the deal's package once its workflow waits for what becomes of it."""
    waits = select(Package.message_id).join(Call, Call.wait_package_id == Package.id)
    waits = waits.where(Call.state == "waiting", Package.crm_item == f"D_{deal}")

    def found() -> str | None:
        with house.database.session() as session:
            return session.scalar(waits)

    return wait_until(found, 30, "a workflow that waits")


def package_of(house: Installation, deal: int) -> Package:
    package = Packages(house.database, house.portal.id).last_sent_of(crm_item=f"D_{deal}", name="")
    assert package is not None
    return package


def calls_of(house: Installation, workflow_id: str) -> list[Call]:
    with house.database.session() as session:
        return list(session.scalars(select(Call).where(Call.workflow_id == workflow_id).order_by(Call.id)))


def finished(house: Installation, workflow_id: str, seconds: float = 30) -> dict[str, Any]:
    workflow = house.portal_sandbox.wait_workflow(workflow_id, seconds)
    assert workflow["state"] == "completed", workflow["journal"]
    return workflow


def test_fifty_calls_with_a_token_that_has_expired_renew_it_once(house: Installation) -> None:
    deal = papers(house, number="token")
    house.portal_sandbox.expire_tokens()
    house.portal_sandbox.forget_requests()
    house.portal_sandbox.fault("oauth.token", "delay", seconds=1.0)  # all of them meet at this door

    workflows = [run(house, deal, REQUISITES) for _ in range(50)]
    done = [finished(house, workflow_id, 60) for workflow_id in workflows]

    assert {one["outputs"]["requisites"]["is_valid"] for one in done} == {"Y"}
    assert len(house.portal_sandbox.requests("oauth.token")) == 1


def test_a_call_that_the_queue_carries_twice_is_one_call(house: Installation) -> None:
    house.portal_sandbox.settings(queue_duplicate_share=1.0)
    deal = papers(house, number="twice")

    workflow_id = run(house, deal, invoice("twice-1"), act("twice-2"), send())
    message_id = letter_of(house, deal)
    story.sign_by_both(house.diadoc_sandbox, message_id)
    workflow = finished(house, workflow_id)

    assert len(calls_of(house, workflow_id)) == 3
    assert [answer["applied"] for answer in workflow["answers"]] == [True, True, True]
    letters = [one for one in house.diadoc_sandbox.documents() if one["DocumentNumber"].startswith("twice-")]
    assert len(letters) == 2


def test_a_draft_that_a_person_sends_is_followed_to_its_end(house: Installation) -> None:
    deal = papers(house, number="draft")
    workflow_id = run(house, deal, act("draft-1"), send(mode="draft"))
    draft_id = letter_of(house, deal)

    letter = house.diadoc_sandbox.send_draft(draft_id)
    house.diadoc_sandbox.sign_by_recipient(letter["message_id"])
    sent = finished(house, workflow_id)["outputs"]["send"]

    assert (sent["result"], sent["outcome"]) == ("ok", "success")
    assert sent["message_id"] == letter["message_id"] != draft_id
    assert package_of(house, deal).message_id == letter["message_id"]


def test_a_draft_that_a_person_deletes_ends_the_wait(house: Installation) -> None:
    deal = papers(house, number="deleted")
    workflow_id = run(house, deal, act("deleted-1"), send(mode="draft"))

    house.diadoc_sandbox.delete(letter_of(house, deal))
    sent = finished(house, workflow_id)["outputs"]["send"]

    assert (sent["result"], sent["outcome"]) == ("ok", "deleted")


def test_a_failure_of_roaming_ends_the_wait_with_the_operators_words(house: Installation) -> None:
    house.diadoc_sandbox.settings(delivery="manual")
    deal = papers(house, number="roaming")
    to = {"for_inn": seed.ROAMING_PARTNER.inn, "for_kpp": seed.ROAMING_PARTNER.kpp}
    workflow_id = run(house, deal, act("roaming-1"), send(**to))
    message_id = letter_of(house, deal)

    house.diadoc_sandbox.sign_by_sender(message_id)
    house.diadoc_sandbox.roaming_error(message_id, "Абонент не найден")
    sent = finished(house, workflow_id)["outputs"]["send"]

    assert (sent["result"], sent["outcome"], sent["docflow_state"]) == ("ok", "failed", "roaming_failed")
    assert "Абонент не найден" in sent["refusal_reason"]


@pytest.mark.parametrize("way", ["asks", "at_once"])
def test_a_document_that_nobody_has_to_answer_is_revoked_by_one_side(house: Installation, way: str) -> None:
    house.diadoc_sandbox.settings(one_sided_revocation=way)
    deal = papers(house, number=f"revoked-{way}")
    revoke = {"activity": "diadoc_revoke", "name": "revoke", "properties": {"reason": "Ошибка в сумме"}}
    workflow_id = run(house, deal, invoice(f"revoked-{way}"), send(), revoke)
    message_id = letter_of(house, deal)
    house.diadoc_sandbox.sign_by_sender(message_id)
    wait_until(lambda: [one for one in calls_of(house, workflow_id) if one.wait_for == "revocation"], 30, "a wait")

    house.diadoc_sandbox.request_revocation(message_id, "Ошибка в сумме")
    if way == "asks":
        house.diadoc_sandbox.accept_revocation(message_id)
    revoked = finished(house, workflow_id)["outputs"]["revoke"]

    assert (revoked["result"], revoked["outcome"]) == ("ok", "revoked")
    assert revoked["revocation_state"] == "accepted"


def test_a_wait_that_no_poll_has_settled_is_found_by_the_clock(house: Installation) -> None:
    deal = papers(house, number="forgotten")
    workflow_id = run(house, deal, act("forgotten-1"), send())
    letter_of(house, deal)
    house.product.kill("worker")

    with house.database.session() as session:  # a poll stored the outcome and was killed; its jobs are gone
        package_id = package_of(house, deal).id
        outcome = {"package": package_id, "state": "signed_by_counteragent"}
        session.execute(
            text("update document set docflow_state = :state, is_final = true where package_id = :package"), outcome
        )
        session.execute(text("update package set docflow_state = :state, is_final = true where id = :package"), outcome)
        session.execute(text("update box set index_key = index_key || 'x', status = 'no_access'"))
        session.execute(text("delete from procrastinate_jobs"))
    house.product.start("worker")
    sent = finished(house, workflow_id)["outputs"]["send"]
    with house.database.session() as session:
        session.execute(text("update box set index_key = rtrim(index_key, 'x'), status = 'connected'"))

    assert (sent["result"], sent["outcome"]) == ("ok", "success")


def test_a_deadline_that_passed_while_every_worker_was_dead_is_answered_by_the_next(house: Installation) -> None:
    deal = papers(house, number="late")
    template = one_after_the_other([act("late-1"), send()])
    template[1]["then"][0]["timeout_seconds"] = 24  # our own deadline comes after half of it
    workflow_id = house.start_workflow(deal, template)
    letter_of(house, deal)

    house.product.kill("worker")
    (waiting,) = [one for one in calls_of(house, workflow_id) if one.state == "waiting"]
    passed = select(func.now() > waiting.deadline_at)
    wait_until(lambda: _ask(house, passed), 20, "the deadline")
    house.product.start("worker")
    sent = finished(house, workflow_id)["outputs"]["send"]

    assert (sent["result"], sent["error_code"]) == ("timeout", "TIMEOUT")
    assert sent["docflow_state"] == "waiting_for_our_signature"
    assert sent["IsTimeout"] in (0, "0", "", None, False)


def _ask(house: Installation, question: Any) -> Any:
    with house.database.session() as session:
        return session.scalar(question)
