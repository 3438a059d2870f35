"""Calls of workflows that really wait on the sandbox portal, without a web process in between."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from registry.portals import Installation
from registry.tables import Answer, Call, Portal
from sandbox.portal.driver import DEAL_DOCUMENT, LocalApp, PortalSandbox
from worker.enqueue import NewCall, remember
from worker.running import Running

CODE = "diadoc_check_requisites"


@dataclass(frozen=True)
class Workflows:
    """Starts workflows of one waiting step and remembers their calls as the web would."""

    running: Running
    sandbox: PortalSandbox
    portal: Portal
    app: LocalApp

    def start(self, **properties: Any) -> tuple[str, str]:
        """A workflow that waits; its id and its event token."""
        step = {"activity": CODE, "name": "step", "properties": properties}
        workflow_id = self.sandbox.start_workflow([step])
        return workflow_id, self.sandbox.workflow(workflow_id)["steps"][-1]["event_token"]

    def call(self, *, wants_answer: bool = True, lives: timedelta = timedelta(hours=1), **changes: Any) -> int:
        """A remembered call of a new workflow; its id."""
        workflow_id, event_token = self.start()
        now = datetime.now(UTC)
        values = {
            "portal_id": self.portal.id,
            "code": CODE,
            "event_token": event_token,
            "workflow_id": workflow_id,
            "workflow_document_id": list(DEAL_DOCUMENT),
            "properties": {},
            "user_id": 1,
            "wants_answer": wants_answer,
            "received_at": now,
            "deadline_at": now + lives,
            "step_limit_at": None,
            **changes,
        }
        call_id = remember(self.running.database, NewCall(**values))
        assert call_id is not None
        self.forget_jobs()
        return call_id

    def of(self, call_id: int) -> Call:
        call = self.running.calls.get(call_id)
        assert call is not None
        return call

    def answer(self, call_id: int) -> Answer:
        answer = self.running.answers.get(call_id)
        assert answer is not None
        return answer

    def workflow(self, call_id: int, seconds: float = 5) -> dict[str, Any]:
        """The call's workflow when it runs no more."""
        return self.sandbox.wait_workflow(self.of(call_id).workflow_id, seconds)

    def journal(self, call_id: int) -> str:
        lines = self.sandbox.workflow(self.of(call_id).workflow_id)["journal"]
        return "\n".join(line["text"] for line in lines)

    def jobs(self) -> list[tuple[str, int]]:
        """What is queued: task and call, in the order it was put there."""
        rows = text("select task_name, (args->>'call_id')::bigint from procrastinate_jobs order by id")
        with self.running.database.session() as session:
            return [(row[0], row[1]) for row in session.execute(rows)]

    def forget_jobs(self) -> None:
        self.sql("delete from procrastinate_jobs")

    def sql(self, statement: str, **values: Any) -> None:
        """Bend the rows, as time or an accident would."""
        with self.running.database.session() as session:
            session.execute(text(statement), values)


def installed(portal_sandbox: PortalSandbox, app: LocalApp) -> Installation:
    """What is proven about an application of the sandbox portal."""
    described, tokens = portal_sandbox.portal(), portal_sandbox.tokens(app)
    return Installation(
        member_id=described["member_id"],
        client_endpoint=described["client_endpoint"],
        server_endpoint=described["server_endpoint"],
        application_token=app.application_token,
        user_id=1,
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        expires_at=None,
    )
