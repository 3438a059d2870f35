"""CRM triggers move deals although no workflow waits: real processes, both emulators."""

import json
from typing import Any

import pytest

from activities import triggers
from sandbox.diadoc import seed
from sandbox.portal.driver import DEAL
from tests.scenarios import story
from tests.scenarios.people import pulled, wait_offered
from tests.scenarios.product import Product, wait_until


@pytest.fixture
def offered(product: Product, portal_sandbox: Any) -> Product:
    """The running product, whose triggers are registered."""
    wait_offered(portal_sandbox, product.app)  # type: ignore[attr-defined]
    return product


def sent(portal_sandbox: Any, diadoc_sandbox: Any) -> str:
    """A package is in Diadoc and its workflow has ended; the letter's id."""
    story.put_papers(portal_sandbox)
    workflow_id = portal_sandbox.start_workflow(story.closing(wait_for="nothing"))
    assert portal_sandbox.wait_workflow(workflow_id, 40)["state"] == "completed"
    return story.letter_of(diadoc_sandbox)


def test_a_deal_follows_its_package_through_the_funnel_although_no_workflow_waits(
    offered: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    portal_sandbox.set_trigger("diadoc_sent", "PREPARATION")
    portal_sandbox.set_trigger("diadoc_signed", "WON")
    message_id = sent(portal_sandbox, diadoc_sandbox)

    story.sign_by_both(diadoc_sandbox, message_id)
    wait_until(lambda: "signed" in pulled(portal_sandbox), what="the trigger")

    assert pulled(portal_sandbox) == ["sent", "delivered", "signed"]
    assert [one["moved_to"] for one in portal_sandbox.pulled_triggers()] == ["PREPARATION", "", "WON"]
    assert portal_sandbox.item(2, DEAL)["STAGE_ID"] == "WON"


def test_a_refusal_has_a_trigger_of_its_own(offered: Product, portal_sandbox: Any, diadoc_sandbox: Any) -> None:
    message_id = sent(portal_sandbox, diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    wait_until(lambda: "delivered" in pulled(portal_sandbox), what="the delivery")
    diadoc_sandbox.refuse(message_id, "Неверная сумма")

    wait_until(lambda: "refused" in pulled(portal_sandbox), what="the trigger")

    assert pulled(portal_sandbox) == ["sent", "delivered", "refused"]


def test_an_invitation_that_nobody_waits_for_tells_the_deal_of_its_answer(
    offered: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    who = {"for_inn": seed.ENTREPRENEUR.inn, "wait": "N"}
    workflow_id = portal_sandbox.start_workflow([{"activity": "diadoc_invite", "name": "invite", "properties": who}])
    told = portal_sandbox.wait_workflow(workflow_id, 40)["outputs"]["invite"]
    diadoc_sandbox.accept_invitation(seed.ENTREPRENEUR.box)

    wait_until(lambda: pulled(portal_sandbox), what="the trigger")

    assert told["counteragent_status"] == "invited_by_us"
    assert pulled(portal_sandbox) == ["invitation_accepted"]


@pytest.mark.slow
def test_a_worker_killed_while_it_pulls_a_trigger_loses_no_step(
    offered: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    message_id = sent(portal_sandbox, diadoc_sandbox)
    portal_sandbox.fault("crm.automation.trigger.execute", "delay", seconds=4, times=1)
    diadoc_sandbox.sign_by_sender(message_id)
    asked = "crm.automation.trigger.execute"
    wait_until(lambda: portal_sandbox.requests(asked), what="the trigger under way")

    offered.kill("worker")
    offered.start("worker")
    wait_until(lambda: "delivered" in pulled(portal_sandbox), 60, "the rest")

    steps = pulled(portal_sandbox)
    assert sorted(set(steps), key=steps.index) == ["sent", "delivered"]
    assert steps.count("sent") <= 2  # its reply was lost with the worker
    assert steps.count("delivered") == 1


def test_an_administrator_lists_withdraws_and_offers_triggers(offered: Product, portal_sandbox: Any) -> None:
    listed = json.loads(offered.command("triggers", "list", "--json"))
    gone = json.loads(offered.command("triggers", "unregister", "--yes", "--json"))
    left = portal_sandbox.app(offered.app)["triggers"]  # type: ignore[attr-defined]
    missing = json.loads(offered.command("triggers", "list", "--json"))
    offered.command("triggers", "register")

    assert [(one["code"], one["state"]) for one in listed] == [(code, "registered") for code in triggers.TRIGGERS]
    assert len(gone) == len(listed)
    assert left == {}
    assert {one["state"] for one in missing} == {"missing"}
    assert set(portal_sandbox.app(offered.app)["triggers"]) == set(triggers.TRIGGERS)  # type: ignore[attr-defined]
