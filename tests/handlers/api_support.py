"""A program of the customer that speaks to /api/v1, and a portal with something to see."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from activities.states import DocflowState
from registry.api_tokens import ApiTokens
from registry.database import Database
from registry.packages import Packages
from registry.tables import Document, Portal
from tests.registry import reckoning
from tests.registry.reckoning import Asking, Paper, Step, World

CHECK = {
    "code": "diadoc_check_requisites",
    "inputs": {"for_inn": "7707083893", "for_kpp": "773601001", "look_up_in_diadoc": False},
}


@dataclass
class Program:
    """One token at work."""

    client: FlaskClient
    token: str

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query or None, headers=self.headers())

    def json(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def call(self, asked: Any, key: str | None = "key-000001", **headers: str) -> TestResponse:
        keyed = {"Idempotency-Key": key} if key is not None else {}
        return self.client.post("/api/v1/calls", json=asked, headers={**self.headers(), **keyed, **headers})

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def program(client: FlaskClient, database: Database, portal: Portal, role: str) -> Program:
    _, token = ApiTokens(database, portal.id).create(name=role, role=role)
    return Program(client, token)


def filled(database: Database, portal: Portal) -> World:
    """Three packages of one paper each: an unsent one, a delivered contract, a signed invoice; and one failed call."""
    now = datetime.now(UTC)
    usual: dict[str, Any] = {"needs_reply": True, "box": 0, "currency": "RUB", "deleted_hours": None}

    def paper(inn: str, document_type: str, *states: DocflowState) -> Paper:
        steps = tuple(Step(state, "", 24) for state in states)
        created_at = now - timedelta(days=6)
        return Paper(created_at=created_at, steps=steps, inn=inn, document_type=document_type, total="1220.50", **usual)

    papers = [
        paper("7707083893", "Invoice"),
        paper("7707083893", "Contract", DocflowState.SENT, DocflowState.DELIVERED),
        paper("500100732259", "Invoice", DocflowState.SIGNED_BY_COUNTERAGENT),
    ]
    calls = [Asking(7, "page", "diadoc_send_package", "INN_INVALID", "error", now - timedelta(days=1), 1, False)]
    return reckoning.store(database, portal, papers, calls)


def keep_file(services: Any, database: Database, portal: Portal, document_id: int, content: bytes, name: str) -> int:
    """A signed file that came back: its number."""
    blob = services.blobs.put(portal.id, BytesIO(content))
    packages = Packages(database, portal.id)
    packages.keep_file(document_id, kind="original", file_name=name, blob=blob)
    return packages.kept_files(document_id)[-1].id


def put_paper(services: Any, database: Database, portal: Portal, document_id: int, content: bytes) -> None:
    """Bytes under a document that was stored without any."""
    blob = services.blobs.put(portal.id, BytesIO(content))
    with database.session() as session:
        document = session.get_one(Document, document_id)
        document.blob, document.file_size, document.sha256 = blob.key, blob.size, blob.sha256
