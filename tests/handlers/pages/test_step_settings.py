"""The settings of a step: shown to whom the portal vouches for, out of options that nobody checked before us."""

from dataclasses import replace
from typing import Any

import pytest

from credentials import Token
from registry.boxes import Boxes
from registry.portals import Portals
from sandbox.portal.driver import MANAGER, LocalApp, PortalSandbox
from sandbox.portal.driving.seeded import Page
from tests.handlers.conftest import Door

DIALOG = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG"
FIELDS = {"UF_CRM_SCAN": {"Name": "Скан <b>", "Type": "file"}, "TITLE": {"Name": "Название", "Type": "string"}}


@pytest.fixture(autouse=True)
def own_catalog() -> None:
    """The real activities: their forms are what is tested."""


@pytest.fixture
def local_app(door: Door, portal_sandbox: PortalSandbox) -> LocalApp:
    app = portal_sandbox.add_local_app(f"{door.url}/bitrix24/pages/app", f"{door.url}/bitrix24/install")
    keys = {"bitrix24_client_id": app.client_id, "bitrix24_client_secret": app.client_secret}
    door.opens_with(replace(door.config, bitrix24_oauth_urls=(portal_sandbox.auth_url,), **keys))
    portal_sandbox.install(app)
    return app


def opened(door: Door, portal: PortalSandbox, app: LocalApp, *, user_id: int = 1, **options: Any) -> Page:
    given = {"code": "diadoc_add_document", "document_fields": FIELDS, **options}
    return portal.open_page(app, user_id, DIALOG, given, f"{door.url}/bitrix24/pages/activity-settings")


def test_the_form_holds_inputs_values_and_fields(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    page = opened(door, portal_sandbox, local_app, current_values={"number": "{=Document:TITLE}", "source": "drive"})

    assert page.status == 200
    assert 'value="{=Document:TITLE}"' in page.body
    assert '<option value="drive" selected>' in page.body
    assert '<option value="UF_CRM_SCAN">Скан &lt;b&gt;</option>' in page.body


def test_our_boxes_are_offered_to_whoever_edits_the_step(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    boxes = Boxes(door.database, Portals(door.database).all()[0].id)
    account_id = boxes.add_account(kind="oidc", token=Token("diadoc-secret", "diadoc-refresh"))
    boxes.connect(account_id=account_id, box_id="b" * 32, inn="9660001014", kpp="966001001", name="ООО «Ромашка»")

    page = opened(door, portal_sandbox, local_app, user_id=MANAGER, code="diadoc_send_package_activity")

    assert page.status == 200
    assert '<option value="9660001014/966001001">' in page.body
    assert "diadoc-secret" not in page.body


@pytest.mark.parametrize("code", ["diadoc_wait", "../../etc", ""])
def test_a_step_without_a_page_of_ours_is_not_found(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox, code: str
) -> None:
    assert opened(door, portal_sandbox, local_app, code=code).status == 404


def test_a_post_that_the_portal_does_not_vouch_for_is_refused(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    url = f"{door.url}/bitrix24/pages/activity-settings"

    page = portal_sandbox.open_page(
        local_app, 1, DIALOG, {"code": "diadoc_add_document"}, url, changes={"AUTH_ID": "made-up"}
    )

    assert page.status == 403
    assert "data-step" not in page.body
