"""A worker between a real database and the sandbox Diadoc; the portal exists in our registry only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

import worker.answer
import worker.effects
import worker.execute
from activities.following import begin_feed
from clients.diadoc.ids import normal_box_id
from config import Config, read_config
from credentials import Token
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.portals import Portals
from registry.tables import Answer, Box, Call, Package, Portal
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender
from tests.conftest import SECRET_KEY
from tests.worker.scripted import Scripted
from tests.worker.workflows import Workflows, installed
from worker.enqueue import NewCall, remember
from worker.execute import execute
from worker.register import register
from worker.running import Running, make_running
from worker.settle import settle

_tokens = count(1)


@pytest.fixture(autouse=True)
def nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal of most of these tests answers nobody; those about what people are shown say so themselves."""
    monkeypatch.setattr(worker.effects, "SHOWN", ())


@pytest.fixture
def diadoc_config(tmp_path, diadoc_sandbox) -> Config:
    return read_config(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "SECRET_KEYS": SECRET_KEY,
            "BITRIX24_CLIENT_ID": "local.test",
            "BITRIX24_CLIENT_SECRET": "test-secret",
            "DIADOC_API_URL": diadoc_sandbox.url,
            "DIADOC_IDENTITY_URL": diadoc_sandbox.url,
            "DIADOC_CLIENT_ID": seed.CLIENT_ID,
            "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
            "DIADOC_SCOPE": "openid profile Diadoc.PublicAPI offline_access",
            "RETRY_SECONDS": "0.05",
        }
    )


@pytest.fixture
def running(diadoc_config: Config, database: Database) -> Running:
    return make_running(diadoc_config, database)


@pytest.fixture
def registry(database: Database, portal: Portal) -> PortalRegistry:
    return PortalRegistry(database, portal.id)


@pytest.fixture
def box(registry: PortalRegistry) -> Box:
    """Our box in the sandbox Diadoc; its feed has no key yet."""
    token = Token("", seed.first_refresh_token(seed.ROBOT))
    account_id = registry.boxes.add_account(kind="oidc", login=seed.ROBOT.login, token=token)
    names = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
    return registry.boxes.connect(account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), **names)


@pytest.fixture
def sender(running: Running, registry: PortalRegistry, box: Box) -> Sender:
    """Sends packages from the box, whose feed is read from here on."""
    client = running.connections.diadoc(box)
    begin_feed(client, running.feeds, box)
    return Sender(registry.packages, client, box)


@dataclass(frozen=True)
class Waits:
    """Calls of `diadoc_wait`, carried out as the worker does."""

    running: Running
    portal: Portal

    def wait(self, package: Package, **properties: Any) -> int:
        """A call that waits for the package; its id. Whatever its first steps queued is forgotten."""
        call_id = self.remember({"use_package": str(package.id), **properties})
        execute(self.running, call_id)
        assert self.call(call_id).state == "waiting"
        self.forget_jobs()
        return call_id

    def remember(self, properties: dict[str, Any]) -> int:
        now = datetime.now(UTC)
        call_id = remember(
            self.running.database,
            NewCall(
                portal_id=self.portal.id,
                code="diadoc_wait",
                event_token=f"workflow|A1|{next(_tokens)}",
                workflow_id="w1",
                workflow_document_id=["crm", "CCrmDocumentDeal", "DEAL_1"],
                properties=properties,
                user_id=1,
                wants_answer=True,
                received_at=now,
                deadline_at=now + timedelta(days=30),
                step_limit_at=None,
            ),
        )
        assert call_id is not None
        return call_id

    def call(self, call_id: int) -> Call:
        call = self.running.calls.get(call_id)
        assert call is not None
        return call

    def answer(self, call_id: int) -> Answer | None:
        return self.running.answers.get(call_id)

    def jobs(self) -> list[int]:
        """Calls that are queued to be settled."""
        rows = text("select (args->>'call_id')::bigint from procrastinate_jobs where task_name = 'settle' order by 1")
        with self.running.database.session() as session:
            return list(session.scalars(rows))

    def forget_jobs(self) -> None:
        with self.running.database.session() as session:
            session.execute(text("delete from procrastinate_jobs"))

    def settle(self) -> None:
        """Do what was queued."""
        for call_id in self.jobs():
            settle(self.running, call_id)
        self.forget_jobs()


@pytest.fixture
def waits(running: Running, portal: Portal) -> Waits:
    return Waits(running, portal)


@pytest.fixture
def index_key(running: Running, box: Box) -> Callable[[], str]:
    """How far the box's feed was read."""

    def index_key() -> str:
        found = running.feeds.get(box.id)
        assert found is not None
        assert found.index_key is not None
        return found.index_key

    return index_key


@pytest.fixture
def workflows(tmp_path, database: Database, portal_sandbox) -> Workflows:
    """Waiting workflows of an installed and registered application; Diadoc is not there."""
    app = portal_sandbox.add_local_app("http://127.0.0.1:9/bitrix24/pages/app", api_only=True)
    portal_sandbox.install(app)
    settings = {
        "DATA_DIR": str(tmp_path / "data"),
        "PUBLIC_URL": "http://127.0.0.1:9",
        "SECRET_KEYS": SECRET_KEY,
        "BITRIX24_CLIENT_ID": app.client_id,
        "BITRIX24_CLIENT_SECRET": app.client_secret,
        "BITRIX24_OAUTH_URLS": portal_sandbox.auth_url,
        "RETRY_SECONDS": "0.05",
    }
    running = make_running(read_config(settings), database)
    portal = Portals(database).install(installed(portal_sandbox, app))
    register(running, portal.id)
    return Workflows(running, portal_sandbox, portal, app)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """The only activity of the catalogue, which does what it is told."""
    activity = Scripted()
    for module in (worker.execute, worker.answer):
        monkeypatch.setattr(module, "catalog", lambda: {activity.code: activity})
    return activity
