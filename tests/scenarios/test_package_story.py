from typing import Any

from tests.scenarios import story
from tests.scenarios.product import Product, wait_until


def test_a_package_goes_from_a_deal_to_diadoc_and_comes_back_signed(
    product: Product, portal_sandbox: Any, diadoc_sandbox: Any
) -> None:
    story.put_papers(portal_sandbox)
    template = [
        *story.closing(),
        {"if": {"left": "{=send:outcome}", "is": "success"}, "then": [{"log": "signed"}], "else": [{"log": "not"}]},
        {"activity": "diadoc_get_status", "name": "status", "properties": {}},
    ]
    workflow_id = portal_sandbox.start_workflow(template)

    message_id = story.letter_of(diadoc_sandbox)
    story.sign_by_both(diadoc_sandbox, message_id)
    workflow = portal_sandbox.wait_workflow(workflow_id, 30)

    sent = workflow["outputs"]["send"]
    assert workflow["state"] == "completed", workflow
    assert sent["outcome"] == "success"
    assert sent["docflow_state"] == "signed_by_counteragent"
    assert int(sent["signed_count"]) == 1  # nobody has to sign an invoice
    assert workflow["outputs"]["check"]["is_ready"] == "Y"
    assert workflow["outputs"]["status"]["outcome"] == "success"
    assert len(diadoc_sandbox.messages()) == 1
    assert any("signed" in str(line) for line in workflow["journal"])


def test_a_refusal_is_an_outcome_that_ends_the_wait(product: Product, portal_sandbox: Any, diadoc_sandbox: Any) -> None:
    story.put_papers(portal_sandbox)
    workflow_id = portal_sandbox.start_workflow(story.closing())
    message_id = story.letter_of(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    (act,) = wait_until(
        lambda: [
            document["EntityId"]
            for document in diadoc_sandbox.documents()
            if document["RecipientResponseStatus"] == "WaitingForRecipientSignature"
            and document["DeliveryTimestampTicks"]
        ],
        what="the delivery",
    )

    diadoc_sandbox.refuse(message_id, "Неверная сумма", [act])
    workflow = portal_sandbox.wait_workflow(workflow_id, 30)

    sent = workflow["outputs"]["send"]
    assert (sent["result"], sent["docflow_state"]) == ("ok", "refused")
    assert "Неверная сумма" in sent["refusal_reason"]


def test_a_wait_that_lasts_too_long_ends_in_time(product: Product, portal_sandbox: Any, diadoc_sandbox: Any) -> None:
    story.put_papers(portal_sandbox)
    template = story.closing()
    template[-1]["timeout_seconds"] = 8
    workflow_id = portal_sandbox.start_workflow(template)

    workflow = portal_sandbox.wait_workflow(workflow_id, 40)

    sent = workflow["outputs"]["send"]
    assert sent["result"] == "timeout"
    assert sent["docflow_state"] == "waiting_for_our_signature"
    assert sent["IsTimeout"] in (0, "0", "", None, False)
