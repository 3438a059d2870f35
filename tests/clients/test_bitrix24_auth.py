"""The auth servers: who is asked, what they grant, what their errors mean."""

from datetime import UTC, datetime

import pytest
import requests
import responses

from clients.bitrix24.auth import Bitrix24Auth
from errors import NoAccess, PortalAuthLost, RequestRejected, SubscriptionEnded, Unavailable
from tests.clients.bitrix24_support import APP_INFO_URL, MEMBER_ID, PORTAL, SERVER, TOKEN_URL, sample


@pytest.fixture
def auth() -> Bitrix24Auth:
    return Bitrix24Auth(client_id="local.1", client_secret="hush-secret", allowed_servers=("https://oauth.example/",))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr("clients.http.PATIENCE_SECONDS", 0)
    with responses.mock as mock:
        yield mock


def test_a_refresh_gives_a_new_pair_and_the_portals_own_address(auth):
    responses_of(sample("oauth_token.json"))

    grant = auth.refresh(SERVER, "refresh-1")

    assert (grant.access_token, grant.refresh_token) == ("access-2", "refresh-2")
    assert grant.client_endpoint == PORTAL
    assert grant.expires_at == datetime.fromtimestamp(1790298894, UTC)
    assert (grant.member_id, grant.user_id, grant.scope) == (MEMBER_ID, 1, ("crm", "bizproc"))


def test_a_refresh_asks_in_the_vendors_words(auth, no_network):
    responses_of(sample("oauth_token.json"))

    auth.refresh(SERVER, "refresh-1")

    assert no_network.calls[0].request.method == "GET"
    assert no_network.calls[0].request.params == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": "local.1",
        "client_secret": "hush-secret",
    }


def test_a_code_is_exchanged(auth, no_network):
    responses_of(sample("oauth_token.json"))

    grant = auth.exchange("code-1", SERVER)

    assert grant.access_token == "access-2"
    assert no_network.calls[0].request.params["grant_type"] == "authorization_code"
    assert no_network.calls[0].request.params["code"] == "code-1"


def test_a_grant_shows_no_tokens(auth):
    responses_of(sample("oauth_token.json"))

    shown = repr(auth.refresh(SERVER, "refresh-1"))

    assert "access-2" not in shown
    assert "refresh-2" not in shown


def test_an_answer_that_names_no_address_keeps_the_stored_one(auth):
    responses_of({**sample("oauth_token.json"), "client_endpoint": None})

    token = auth.refresh(SERVER, "refresh-1").token(PORTAL)

    assert token.endpoint == PORTAL


def test_a_lifetime_is_counted_from_now_when_no_moment_is_named(auth):
    answer = sample("oauth_token.json")
    del answer["expires"]
    responses_of({**answer, "expires_in": "600"})

    grant = auth.refresh(SERVER, "refresh-1")

    assert 590 < (grant.expires_at - datetime.now(UTC)).total_seconds() <= 600


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/rest/",
        "http://oauth.example/rest/",
        "https://oauth.example:444/rest/",
        "https://oauth.example@evil.example/rest/",
        "https://oauth.example.evil.example/rest/",
        "https://[oauth.example/rest/",
        "oauth.example",
        "",
    ],
)
def test_a_server_that_is_not_allowed_is_never_asked(auth, no_network, server):
    for ask in (auth.refresh, auth.app_info):
        with pytest.raises(NoAccess):
            ask(server, "refresh-1")
    with pytest.raises(NoAccess):
        auth.exchange("code", server)

    assert len(no_network.calls) == 0
    assert not auth.is_allowed(server)


def test_an_allowed_server_is_recognised_whatever_its_path_and_case(auth):
    assert auth.is_allowed("https://OAUTH.example:443/rest/")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("invalid_grant", 400, PortalAuthLost),
        ("NOT_INSTALLED", 401, PortalAuthLost),
        ("ERROR_OAUTH", 401, PortalAuthLost),
        ("bad_verification_code", 401, PortalAuthLost),
        ("NO_AUTH_FOUND", 401, PortalAuthLost),
        ("PAYMENT_REQUIRED", 402, SubscriptionEnded),
        ("PAYMENT_REQUIRED", 401, SubscriptionEnded),
        ("invalid_client", 401, NoAccess),
        ("wrong_client", 200, NoAccess),
        ("insufficient_scope", 403, NoAccess),
        ("invalid_scope", 403, NoAccess),
        ("invalid_request", 400, RequestRejected),
        ("something_new", 500, Unavailable),
        ("invalid_grant", 200, PortalAuthLost),
    ],
)
def test_an_error_is_told_by_its_code(auth, code, status, kind):
    responses_of({"error": code, "error_description": "words"}, status=status)

    with pytest.raises(kind) as caught:
        auth.refresh(SERVER, "refresh-1")

    assert type(caught.value) is kind
    assert (caught.value.vendor_code, caught.value.status) == (code, status)


@pytest.mark.parametrize(
    ("status", "body"),
    [(502, "<html>bad gateway</html>"), (200, ""), (200, "[]"), (200, '{"access_token": "only"}'), (200, "[" * 100000)],
)
def test_an_answer_without_tokens_is_a_server_out_of_order(auth, status, body):
    responses.get(TOKEN_URL, body=body, status=status)

    with pytest.raises(Unavailable):
        auth.refresh(SERVER, "refresh-1")


def test_a_server_that_does_not_answer_is_out_of_order_and_no_secret_is_shown(auth):
    problem = f"{TOKEN_URL}?client_secret=hush-secret&refresh_token=refresh-1"
    responses.get(TOKEN_URL, body=requests.ConnectionError(problem))

    with pytest.raises(Unavailable) as caught:
        auth.refresh(SERVER, "refresh-1")

    assert "hush-secret" not in str(caught.value)
    assert "refresh-1" not in str(caught.value)


def test_secrets_that_come_back_in_an_error_are_removed(auth):
    responses_of({"error": "invalid_grant", "error_description": "refresh-1 of hush-secret is <b>dead</b>"}, status=400)

    with pytest.raises(PortalAuthLost) as caught:
        auth.refresh(SERVER, "refresh-1")

    assert caught.value.detail == "… of … is dead"


def test_app_info_says_whose_token_it_is(auth, no_network):
    responses.get(APP_INFO_URL, json=sample("app_info.json"))

    info = auth.app_info(SERVER, "access-1")

    assert (info.client_id, info.member_id, info.user_id) == ("local.1", MEMBER_ID, 1)
    assert (info.client_endpoint, info.status, info.installed, info.version) == (PORTAL, "L", True, 3)
    assert no_network.calls[0].request.params == {"auth": "access-1"}


def test_app_info_of_an_empty_answer_confirms_nothing(auth):
    responses.get(APP_INFO_URL, json={"result": []})

    info = auth.app_info(SERVER, "access-1")

    assert (info.client_id, info.member_id, info.client_endpoint) == ("", "", "")


@pytest.mark.parametrize("code", ["expired_token", "invalid_token", "NO_AUTH_FOUND"])
def test_a_token_that_the_server_does_not_take_confirms_nothing(auth, code):
    responses.get(APP_INFO_URL, json={"error": code, "error_description": "no"}, status=401)

    with pytest.raises(NoAccess) as caught:
        auth.app_info(SERVER, "access-1")

    assert caught.value.vendor_code == code


def responses_of(body: dict, status: int = 200) -> None:
    responses.get(TOKEN_URL, json=body, status=status)
