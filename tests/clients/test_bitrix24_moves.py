"""A renamed portal: followed once its auth server vouches for the new host."""

import pytest
import responses

from clients.bitrix24 import faults
from errors import Unavailable
from tests.clients.bitrix24_support import APP_INFO_URL, PORTAL, Kit, sample

NEW_PORTAL = "https://renamed.bitrix24.example/rest/"
EXPIRED = {"error": "expired_token", "error_description": "The access token provided has expired."}


@pytest.fixture
def kit(monkeypatch):
    monkeypatch.setattr("clients.bitrix24.caller.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(faults, "QUERY_LIMIT_SECONDS", 0.01)
    with responses.mock:
        yield Kit()


def redirects(kit, method: str, location: str, status: int = 302) -> None:
    kit.answers(method, "<html>moved</html>", status=status, headers={"Location": location})


def vouches(endpoint: str) -> None:
    info = sample("app_info.json")
    info["result"]["install"]["client_endpoint"] = endpoint
    responses.get(APP_INFO_URL, json=info)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_renamed_portal_is_followed_once_its_auth_server_vouches_for_the_new_host(kit, status):
    redirects(kit, "crm.item.add", NEW_PORTAL + "crm.item.add", status)
    vouches(NEW_PORTAL)
    kit.answers("crm.item.add", {"result": {"item": {"id": 1}}}, endpoint=NEW_PORTAL)

    kit.client.call("crm.item.add", {"fields": {"title": "Paper"}})

    assert responses.calls[-1].request.method == "POST"
    assert responses.calls[-1].request.url == NEW_PORTAL + "crm.item.add"
    assert kit.sent() == {"fields": {"title": "Paper"}, "auth": "access-1"}
    assert kit.tokens.token.endpoint == NEW_PORTAL


@pytest.mark.parametrize(
    "confirmed", [PORTAL, "https://other.example/rest/", "http://renamed.bitrix24.example/rest/", "", "nonsense"]
)
def test_a_host_that_nobody_vouches_for_never_sees_the_token(kit, confirmed):
    redirects(kit, "profile", NEW_PORTAL + "profile")
    vouches(confirmed)

    with pytest.raises(Unavailable):
        kit.client.call("profile")

    assert not [call for call in responses.calls if "renamed" in call.request.url]
    assert kit.tokens.token.endpoint == PORTAL


def test_a_portal_is_not_followed_from_https_to_http(kit):
    redirects(kit, "profile", "http://renamed.bitrix24.example/rest/profile")
    vouches("http://renamed.bitrix24.example/rest/")

    with pytest.raises(Unavailable):
        kit.client.call("profile")

    assert kit.tokens.token.endpoint == PORTAL


def test_a_new_host_is_proven_with_a_renewed_token_when_the_old_one_has_expired(kit):
    redirects(kit, "profile", NEW_PORTAL + "profile")
    responses.get(APP_INFO_URL, json=EXPIRED, status=401)
    vouches(NEW_PORTAL)
    kit.refreshes(client_endpoint=NEW_PORTAL)
    kit.answers("profile", {"result": {"ID": "1"}}, endpoint=NEW_PORTAL)

    result = kit.client.call("profile")

    assert result == {"ID": "1"}
    assert kit.sent()["auth"] == "access-2"
    assert kit.tokens.token.endpoint == NEW_PORTAL


@pytest.mark.parametrize("location", ["/auth/", PORTAL + "profile", "https://example.bitrix24.example:443/login/"])
def test_a_redirect_on_the_same_host_is_no_move(kit, location):
    redirects(kit, "profile", location)

    with pytest.raises(Unavailable):
        kit.client.call("profile", repeat=False)

    assert len(responses.calls) == 1


def test_two_redirects_in_a_row_end_the_call(kit):
    redirects(kit, "crm.item.add", NEW_PORTAL + "crm.item.add")
    vouches(NEW_PORTAL)
    kit.answers("crm.item.add", "", status=302, headers={"Location": PORTAL}, endpoint=NEW_PORTAL)

    with pytest.raises(Unavailable):
        kit.client.call("crm.item.add")

    assert len(responses.calls) == 3
