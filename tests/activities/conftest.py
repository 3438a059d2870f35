"""An activity's context as the worker makes it: real database, real clients, the sandboxes on the other end."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from activities.base import Activity
from activities.connections import Connections
from activities.context import Context
from activities.crm_ids import DEAL, CrmItem
from activities.diadoc_add_document import DiadocAddDocument
from activities.values import Text
from clients.diadoc.ids import normal_box_id
from config import Config, read_config
from credentials import Token
from registry.blobs import BlobStore
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.portals import Installation, Portals
from registry.tables import Box, Portal
from sandbox.diadoc import seed
from sandbox.portal.driver import CONTRACT_FILE
from tests.conftest import SECRET_KEY


class Journal:
    """StepJournal in memory. `steps`: what was done, by name; `forget(name)`: as if we had been killed before it was
    recorded; `lines`: what the workflow's journal was told."""

    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}
        self.begun: set[str] = set()
        self.lines: list[Text] = []

    def step(self, name: str, do: Callable[[], Any], look: Callable[[], Any] | None) -> Any:
        if name in self.steps:
            return self.steps[name]
        found = look() if name in self.begun and look is not None else None
        self.begun.add(name)
        self.steps[name] = do() if found is None else found
        return self.steps[name]

    def forget(self, name: str) -> None:
        del self.steps[name]

    def log(self, line: Text) -> None:
        self.lines.append(line)


@pytest.fixture
def app(portal_sandbox):
    """Our application on the sandbox portal, installed."""
    app = portal_sandbox.add_local_app("http://127.0.0.1:9/bitrix24/activities", api_only=True)
    portal_sandbox.install(app)
    return app


@pytest.fixture
def connected_config(tmp_path: Path, app, portal_sandbox, diadoc_sandbox) -> Config:
    """Settings that point at the sandboxes."""
    return read_config(
        {
            "DATA_DIR": str(tmp_path / "data"),
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "SECRET_KEYS": SECRET_KEY,
            "BITRIX24_CLIENT_ID": app.client_id,
            "BITRIX24_CLIENT_SECRET": app.client_secret,
            "BITRIX24_OAUTH_URLS": portal_sandbox.auth_url,
            "DIADOC_API_URL": diadoc_sandbox.url,
            "DIADOC_IDENTITY_URL": diadoc_sandbox.url,
            "DIADOC_CLIENT_ID": seed.CLIENT_ID,
            "DIADOC_CLIENT_SECRET": seed.CLIENT_SECRET,
            "DIADOC_SCOPE": "openid profile Diadoc.PublicAPI offline_access",
            "RETRY_SECONDS": "0.05",
        }
    )


@pytest.fixture
def connected_portal(database: Database, app, portal_sandbox) -> Portal:
    """The sandbox portal in our registry, with its administrator's tokens."""
    described, tokens = portal_sandbox.portal(), portal_sandbox.tokens(app)
    installation = Installation(
        member_id=described["member_id"],
        client_endpoint=described["client_endpoint"],
        server_endpoint=described["server_endpoint"],
        application_token=app.application_token,
        user_id=1,
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        expires_at=None,
    )
    return Portals(database).install(installation)


@pytest.fixture
def registry(database: Database, connected_portal: Portal) -> PortalRegistry:
    return PortalRegistry(database, connected_portal.id)


@pytest.fixture
def connect(registry: PortalRegistry, diadoc_sandbox) -> Callable[..., Box]:
    """connect(seed.LOGISTICS): connect one more box of ours, as the robot user."""

    def connect(organization: seed.Organization, user: seed.User = seed.ROBOT) -> Box:
        token = Token("", seed.first_refresh_token(user))
        account_id = _account(registry, user.login, token)
        names = {"inn": organization.inn, "kpp": organization.kpp, "name": organization.name}
        return registry.boxes.connect(account_id=account_id, box_id=normal_box_id(organization.box), **names)

    return connect


def _account(registry: PortalRegistry, login: str, token: Token) -> int:
    known: dict[str, int] = registry.__dict__.setdefault("accounts", {})
    if login not in known:  # one user is one account, or the second would own a spent refresh token
        known[login] = registry.boxes.add_account(kind="oidc", login=login, token=token)
    return known[login]


@pytest.fixture
def box(connect: Callable[..., Box]) -> Box:
    """Our box in the sandbox Diadoc, connected: seed.ROMASHKA."""
    return connect(seed.ROMASHKA)


@pytest.fixture
def lonely_context(
    connected_config: Config, database: Database, connected_portal: Portal, registry: PortalRegistry
) -> Context:
    """A context on the seeded deal of a portal that has connected no box yet."""
    return Context(
        portal=connected_portal,
        language="ru",
        operation_id="1",
        workflow_id="workflow-1",
        crm_item=CrmItem(DEAL, 1),
        registry=registry,
        blobs=BlobStore(connected_config.blob_url),
        connections=Connections(connected_config, database),
        journal=Journal(),
    )


@pytest.fixture
def context(lonely_context: Context, box: Box) -> Context:
    """A context on the seeded deal (D_1), with seed.ROMASHKA connected. Its journal is a `Journal`."""
    return lonely_context


@pytest.fixture
def run(lonely_context: Context) -> Callable[..., dict[str, Any]]:
    """run(DiadocWait(), use_package="1"): an activity run with what a portal would send, its outputs as the portal gets
    them. Another context goes by `on=`."""

    def run(activity: Activity, on: Context = lonely_context, **inputs: Any) -> Any:
        outcome = activity.run(on, **activity.load_inputs(inputs))
        return activity.dump_outputs(outcome) if isinstance(outcome, dict) else outcome

    return run


@pytest.fixture
def again() -> Callable[..., Context]:
    """again(context): another call on the same portal; again(context, crm_item=None): on a list."""

    def again(context: Context, **changes: Any) -> Context:
        return replace(context, **{"journal": Journal(), **changes})

    return again


INVOICE = {
    "document_type": "ProformaInvoice",
    "number": "17",
    "date": "20.11.2026",
    "total": "1220,00",
    "vat": "220",
    "grounds": "Договор № 5",
}


@pytest.fixture
def invoice(portal_sandbox) -> bytes:
    """A file in the deal's field of one file: its bytes."""
    portal_sandbox.put_file(CONTRACT_FILE, "Счёт № 17.pdf", b"%PDF-1.4 a paper")
    return b"%PDF-1.4 a paper"


@pytest.fixture
def add(run: Callable[..., dict[str, Any]], again: Callable[..., Context], lonely_context: Context):
    """add(number="18"): add the deal's file as an invoice, each time as a call of its own; its outputs."""

    def add(on: Context | None = None, **inputs: Any) -> dict[str, Any]:
        wanted = {"source": "field", "file_field": CONTRACT_FILE, **INVOICE, **inputs}
        return run(DiadocAddDocument(), on=on or again(lonely_context), **wanted)

    return add
