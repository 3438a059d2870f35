from typing import Any

from tests.scenarios.product import Product


def test_a_workflow_checks_requisites_and_branches_on_the_answer(product: Product, portal_sandbox: Any) -> None:
    template = [
        {"activity": "diadoc_check_requisites", "name": "check", "properties": {}},
        {
            "if": {"left": "{=check:is_valid}", "is": "Y"},
            "then": [{"log": "{=check:counteragent_name}"}],
            "else": [{"log": "wrong"}],
        },
    ]

    workflow_id = portal_sandbox.start_workflow(template)
    workflow = portal_sandbox.wait_workflow(workflow_id, 30)

    assert workflow["state"] == "completed", workflow
    assert any("Лютик" in str(line) for line in workflow["journal"]), workflow["journal"]
