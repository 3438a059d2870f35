"""A call's token: renewed once, found again, or lost."""

import pytest
import responses

from clients.bitrix24 import faults
from errors import NoAccess, PortalAuthLost
from tests.clients.bitrix24_support import PORTAL, Kit

EXPIRED = {"error": "expired_token", "error_description": "The access token provided has expired."}


@pytest.fixture
def kit(monkeypatch):
    monkeypatch.setattr("clients.bitrix24.caller.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(faults, "QUERY_LIMIT_SECONDS", 0.01)
    with responses.mock:
        yield Kit()


@pytest.mark.parametrize("code", ["expired_token", "invalid_token", "NO_AUTH_FOUND"])
def test_a_stale_token_is_renewed_and_the_call_repeated_even_if_it_writes(kit, code):
    kit.fails("crm.item.add", code, status=401)
    kit.answers("crm.item.add", {"result": {"item": {"id": 1}}})
    kit.refreshes()

    result = kit.client.call("crm.item.add", {"entityTypeId": 2})

    assert result == {"item": {"id": 1}}
    assert kit.sent()["auth"] == "access-2"
    assert kit.tokens.token.refresh_token == "refresh-2"
    assert kit.tokens.token.endpoint == PORTAL


def test_a_token_that_another_process_renewed_is_taken_without_asking(kit):
    kit.answers("profile", EXPIRED, status=401)
    kit.answers("profile", {"result": {"ID": "1"}})
    stale = kit.tokens.token
    kit.refreshes()
    fresh = kit.auth.refresh("https://oauth.example/rest/", "refresh-1").token(PORTAL)
    reads = iter([stale])
    kit.tokens.token = fresh
    kit.tokens.read = lambda: next(reads)

    result = kit.client.call("profile")

    assert result == {"ID": "1"}
    assert kit.tokens.renewals == 0


def test_a_token_that_stays_unknown_after_renewal_is_lost(kit):
    kit.fails("profile", "invalid_token", status=401)
    kit.refreshes()

    with pytest.raises(PortalAuthLost):
        kit.client.call("profile")

    assert len([call for call in responses.calls if "profile" in call.request.url]) == 2


def test_a_dead_refresh_token_ends_the_access(kit):
    kit.answers("profile", EXPIRED, status=401)
    responses.get("https://oauth.example/oauth/token/", json={"error": "invalid_grant"}, status=400)

    with pytest.raises(PortalAuthLost):
        kit.client.call("profile")

    assert kit.tokens.dead


def test_a_token_that_is_never_used_can_be_renewed_all_the_same(kit):
    kit.refreshes()

    kit.client.renew_token()

    assert kit.tokens.token.access_token == "access-2"
    assert kit.throttle.turns == []


@pytest.mark.parametrize(
    ("code", "kind", "is_dead"), [("invalid_token", PortalAuthLost, True), ("expired_token", NoAccess, False)]
)
def test_a_portal_that_knows_us_no_more_is_told_from_a_wrong_secret_of_ours(kit, code, kind, is_dead):
    kit.fails("profile", code, status=401)
    responses.get("https://oauth.example/oauth/token/", json={"error": "invalid_client"}, status=400)

    with pytest.raises(kind):
        kit.client.call("profile")

    assert kit.tokens.dead is is_dead


def test_a_pair_won_by_somebody_else_is_found_by_looking_once_more(kit):
    kit.answers("profile", EXPIRED, status=401)
    kit.answers("profile", {"result": {"ID": "1"}})
    kit.refreshes()
    winner = kit.auth.refresh("https://oauth.example/rest/", "refresh-1").token(PORTAL)

    def lose(stale, ask):
        kit.tokens.token = winner
        raise PortalAuthLost(system="Битрикс24", detail="invalid_grant")

    kit.tokens.renew = lose

    result = kit.client.call("profile")

    assert result == {"ID": "1"}
    assert kit.sent()["auth"] == "access-2"
