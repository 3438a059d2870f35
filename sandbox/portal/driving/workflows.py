"""Templates, workflows, and what the queue carried."""

from typing import Any

from sandbox.portal.driving.base import Base
from sandbox.portal.driving.seeded import ADMIN, DEAL_DOCUMENT, DEAL_TYPE


class Workflows(Base):
    def save_template(
        self,
        name: str,
        steps: list[dict[str, Any]],
        *,
        entity_type_id: int = DEAL_TYPE,
        stage: str = "",
        variables: dict[str, Any] | None = None,
        portal: str = "first",
    ) -> int:
        """A business process, or with stage the robots of that stage. The template's number."""
        values = {"steps": steps, "entity_type_id": entity_type_id, "stage": stage, "variables": variables}
        return self.do("save_template", portal=portal, name=name, **values)

    def start_workflow(
        self,
        template: int | list[dict[str, Any]],
        document: list[str] | None = None,
        *,
        user_id: int = ADMIN,
        parameters: dict[str, Any] | None = None,
        variables: dict[str, Any] | None = None,
        portal: str = "first",
    ) -> str:
        """Start a saved template (its number) or bare steps on a document (the seeded deal by default); its id."""
        values = {"user_id": user_id, "parameters": parameters, "variables": variables}
        document = document or DEAL_DOCUMENT
        return self.do("start_workflow", portal=portal, template=template, document=document, **values)

    def workflow(self, workflow_id: str, portal: str = "first") -> dict[str, Any]:
        """state (running, completed, terminated, failed), waiting, variables, outputs {step: {id: value}}, steps,
        journal [{at, step, kind, text}], answers [{values, log_message, applied}]."""
        return self.do("workflow", portal=portal, workflow_id=workflow_id)

    def workflows(self, portal: str = "first") -> list[dict[str, Any]]:
        return self.do("workflows", portal=portal)

    def wait_workflow(self, workflow_id: str, seconds: float = 20, portal: str = "first") -> dict[str, Any]:
        """The workflow when it runs no more. Raises TimeoutError with its journal."""
        return self.wait_for(
            lambda: self.workflow(workflow_id, portal),
            lambda workflow: workflow["state"] != "running",
            seconds,
        )

    def terminate_workflow(self, workflow_id: str, portal: str = "first") -> None:
        self.do("terminate_workflow", portal=portal, workflow_id=workflow_id)

    def lock_workflow(self, workflow_id: str, seconds: float, portal: str = "first") -> None:
        """With event_send="legacy": the workflow answers 423 for so long."""
        self.do("lock_workflow", portal=portal, workflow_id=workflow_id, seconds=seconds)

    def send_call(
        self, code: str, properties: dict[str, Any] | None = None, portal: str = "first", **more: Any
    ) -> dict[str, Any]:
        """Queue one hand-made call of a registered code; more: entity_type_id, item_id, user_id, use_subscription,
        timeout_duration, url, changes (members of the body that are replaced). The delivery and its event_token."""
        return self.do("send_call", portal=portal, code=code, properties=properties, **more)

    def deliveries(self, name: str = "", portal: str = "first") -> list[dict[str, Any]]:
        """What the queue carried: id, kind, name, url, body, copies, statuses, errors, is_done."""
        found = self.do("deliveries", portal=portal)
        return [one for one in found if not name or one["name"].lower() == name.lower()]

    def wait_deliveries(self, seconds: float = 20, portal: str = "first") -> list[dict[str, Any]]:
        """All deliveries once none is under way."""
        self.wait_for(lambda: self.do("queue_length", portal=portal), lambda count: count == 0, seconds)
        return self.deliveries(portal=portal)
