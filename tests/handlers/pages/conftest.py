"""Our application on the sandbox portal, and people who open its pages."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from registry.portals import Portals
from registry.tables import Portal
from sandbox.diadoc import seed
from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import ADMIN, LocalApp, PortalSandbox
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit


@pytest.fixture
def local_app(door: Door, portal_sandbox: PortalSandbox, diadoc_process: list[str]) -> LocalApp:
    """Our application, installed on the first portal; Diadoc is where the sandbox is."""
    app = portal_sandbox.add_local_app(f"{door.url}/bitrix24/pages/app", f"{door.url}/bitrix24/install")
    keys = {"bitrix24_client_id": app.client_id, "bitrix24_client_secret": app.client_secret}
    diadoc = {"diadoc_client_id": seed.CLIENT_ID, "diadoc_client_secret": seed.CLIENT_SECRET}
    diadoc |= {"diadoc_api_url": diadoc_process[0], "diadoc_identity_url": diadoc_process[0]}
    diadoc |= {"diadoc_developer_key": DiadocSandbox.developer_key}
    door.opens_with(replace(door.config, bitrix24_oauth_urls=(portal_sandbox.auth_url,), **keys, **diadoc))
    portal_sandbox.install(app)
    return app


@pytest.fixture
def visit(door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox) -> Callable[..., Visit]:
    """visit(user_id=ADMIN, placement=…, options=…): somebody opens the application's page."""

    def visits(user_id: int = ADMIN, **frame: Any) -> Visit:
        return Visit(portal_sandbox, local_app, user_id, **frame)

    return visits


@pytest.fixture
def visitor(visit: Callable[..., Visit]) -> Visit:
    """An administrator on the application's page."""
    return visit()


@pytest.fixture
def ours(door: Door, visitor: Visit) -> Portal:
    """The portal whose page is open."""
    return next(one for one in Portals(door.database).all() if one.member_id == visitor.fields["member_id"])
