"""`b24-edo registry`: preparing the registries from the console, and looking at them."""

import json

import pytest

from registry.database import Database
from registry.portals import Installation, Portals
from registry.tables import Portal
from registry.throttle import set_rate
from tests.commands.conftest import Run


@pytest.fixture
def installed(run: Run, database: Database, portal_sandbox, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """The sandbox portal, with its administrator's tokens."""
    app = portal_sandbox.add_local_app("http://127.0.0.1:9/bitrix24/pages/app", api_only=True)
    portal_sandbox.install(app)
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    monkeypatch.setenv("BITRIX24_CLIENT_ID", app.client_id)
    monkeypatch.setenv("BITRIX24_CLIENT_SECRET", app.client_secret)
    monkeypatch.setenv("BITRIX24_OAUTH_URLS", portal_sandbox.auth_url)
    described, tokens = portal_sandbox.portal(), portal_sandbox.tokens(app)
    portal = Portals(database).install(
        Installation(
            member_id=described["member_id"],
            client_endpoint=described["client_endpoint"],
            server_endpoint=described["server_endpoint"],
            application_token=app.application_token,
            user_id=1,
            access_token=tokens["access_token"],
            refresh_token=tokens["refresh_token"],
            expires_at=None,
        )
    )
    set_rate(database, name=f"portal:{portal.id}", rate=500.0, burst=1_000.0)
    return portal


def test_registries_are_prepared_and_shown(run: Run, installed: Portal) -> None:
    done = run("registry", "prepare", "--json")
    shown = run("registry", "show", "--json")

    assert done.exit_code == 0, done.output
    made, listed = json.loads(done.stdout), json.loads(shown.stdout)
    assert [(one["kind"], one["is_new"]) for one in made] == [("packages", True), ("documents", True)]
    assert {one["kind"]: one["entity_type_id"] for one in listed} == {
        one["kind"]: one["entity_type_id"] for one in made
    }
    assert "1/3 EDI packages" in done.stderr


def test_preparing_again_says_that_nothing_was_new(run: Run, installed: Portal) -> None:
    run("registry", "prepare")

    again = run("registry", "prepare", "--json")

    assert again.exit_code == 0
    assert [(one["is_new"], one["fields_made"]) for one in json.loads(again.stdout)] == [(False, [])] * 2


def test_a_portal_without_registries_shows_none(run: Run, installed: Portal) -> None:
    shown = run("registry", "show", "--json")

    assert (shown.exit_code, json.loads(shown.stdout)) == (0, [])


def test_what_the_portal_refuses_is_told_in_a_sentence(run: Run, installed: Portal, portal_sandbox) -> None:
    portal_sandbox.change_user(1, is_admin=False)

    refused = run("registry", "prepare")

    assert refused.exit_code == 1
    assert "administrator of the CRM" in refused.stderr
    assert "Traceback" not in refused.stderr
