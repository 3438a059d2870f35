"""Both ways to be known to Diadoc, and who gets to see the secrets."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from clients.diadoc.auth import DeveloperKeyAuth, OidcAuth
from credentials import Token
from errors import DiadocAuthLost, NoAccess, RateLimited, RequestRejected, Unavailable
from tests.clients.diadoc_support import ADDRESS, API, Tokens, client, sample

IDENTITY = "https://identity.example"
TOKEN_URL = f"{IDENTITY}/connect/token"
DISCOVERY_URL = f"{IDENTITY}/.well-known/openid-configuration"
ENDPOINTS = {"authorization_endpoint": f"{IDENTITY}/connect/authorize", "token_endpoint": TOKEN_URL}
SECRET = "the-client-secret"


@pytest.fixture
def remote():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(DISCOVERY_URL, json=ENDPOINTS)
        yield mock


@pytest.fixture
def auth():
    return OidcAuth(
        identity_url=IDENTITY, client_id="b24-edo", client_secret=SECRET, scope="openid offline_access Diadoc"
    )


def form(call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.request.body).items()}


def test_a_person_is_sent_to_consent_with_state_and_nonce(remote, auth):
    url = auth.authorization_url("https://edo.example/diadoc/callback", "s+1", "n&1")

    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{IDENTITY}/connect/authorize?")
    assert query == {
        "response_type": "code",
        "client_id": "b24-edo",
        "scope": "openid offline_access Diadoc",
        "redirect_uri": "https://edo.example/diadoc/callback",
        "state": "s+1",
        "nonce": "n&1",
    }


def test_a_code_becomes_a_token(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a1", "refresh_token": "r1", "expires_in": 3600})

    token = auth.exchange("the-code", "https://edo.example/diadoc/callback")

    assert (token.access_token, token.refresh_token) == ("a1", "r1")
    assert abs(token.expires_at - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert form(remote.calls[-1]) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "https://edo.example/diadoc/callback",
        "client_id": "b24-edo",
        "client_secret": SECRET,
    }


def test_a_renewal_takes_the_new_refresh_token_or_keeps_the_old(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a2", "refresh_token": "r2", "expires_in": "3600"})
    remote.post(TOKEN_URL, json={"access_token": "a3", "expires_in": 3600})

    second = auth.renew(Token("a1", "r1"))
    third = auth.renew(second)

    assert (second.refresh_token, third.refresh_token) == ("r2", "r2")
    assert [form(call).get("refresh_token") for call in remote.calls[-2:]] == ["r1", "r2"]
    assert second.expires_at is not None


@pytest.mark.parametrize("answer", [{}, {"expires_in": None}, {"expires_in": "soon"}, {"expires_in": 60}])
def test_a_life_unknown_or_too_short_to_renew_ahead_lasts_until_refused(remote, auth, answer):
    remote.post(TOKEN_URL, json={"access_token": "a1", "refresh_token": "r1"} | answer)

    assert auth.renew(Token("a0", "r0")).expires_at is None


def test_endpoints_are_asked_for_once(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a2"})

    auth.renew(Token("a1", "r1"))
    auth.renew(Token("a1", "r1"))

    assert [call.request.url for call in remote.calls].count(DISCOVERY_URL) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/connect/token",
        "http://identity.example/connect/token",
        "https://identity.example:444/connect/token",
        "https://identity.example@evil.example/token",
        "",
    ],
)
def test_the_secret_never_goes_to_another_host(remote, auth, endpoint):
    remote.replace(responses.GET, DISCOVERY_URL, json=ENDPOINTS | {"token_endpoint": endpoint})

    with pytest.raises(NoAccess):
        auth.renew(Token("a1", "r1"))

    assert len(remote.calls) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant"}, DiadocAuthLost),
        (401, {"error": "invalid_client"}, NoAccess),
        (400, {"error": "invalid_scope"}, NoAccess),
        (400, {"error": "invalid_request"}, RequestRejected),
        (403, {}, NoAccess),
        (429, {}, RateLimited),
        (500, {}, Unavailable),
        (200, {}, Unavailable),
        (200, {"access_token": "a\r\nb"}, Unavailable),
    ],
)
def test_only_a_dead_grant_loses_the_box(remote, auth, status, body, kind):
    remote.post(TOKEN_URL, status=status, json=body | {"error_description": f"bad {SECRET} r1"})

    with pytest.raises(kind) as caught:
        auth.renew(Token("a1", "r1"))

    assert isinstance(caught.value, DiadocAuthLost) == (kind is DiadocAuthLost)
    assert SECRET not in str(caught.value)


def test_without_a_refresh_token_there_is_nothing_to_ask(remote, auth):
    with pytest.raises(DiadocAuthLost):
        auth.renew(Token("a1"))

    assert len(remote.calls) == 0


def test_a_refresh_is_asked_for_once_even_when_the_line_breaks(remote, auth):
    remote.post(TOKEN_URL, body=requests.ConnectionError("gone"))

    with pytest.raises(Unavailable):
        auth.renew(Token("a1", "r1"))

    assert len(remote.calls) == 2


def id_token(nonce: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"nonce": nonce}).encode()).decode().rstrip("=")
    return f"e30.{payload}.sig"


@pytest.mark.parametrize("token", [id_token("theirs"), "e30.e30.sig", "nonsense", "a.!.c"])
def test_an_id_token_of_another_request_is_refused(remote, auth, token):
    remote.post(TOKEN_URL, json={"access_token": "a1", "refresh_token": "r1", "id_token": token})

    with pytest.raises(RequestRejected):
        auth.exchange("c", "https://edo.example", nonce="ours")


def test_an_id_token_of_our_request_is_accepted(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a1", "refresh_token": "r1", "id_token": id_token("ours")})

    assert auth.exchange("c", "https://edo.example", nonce="ours").access_token == "a1"


def test_a_token_is_renewed_two_minutes_before_its_end(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a2", "refresh_token": "r2", "expires_in": 3600})
    remote.get(f"{API}/V3/GetDocument", json=sample("document_waiting"))
    tokens = Tokens(Token("a1", "r1", datetime.now(UTC) + timedelta(seconds=100)))

    client(tokens=tokens, auth=auth).get_document(**ADDRESS)
    client(tokens=tokens, auth=auth).get_document(**ADDRESS)

    assert tokens.renewals == 1
    assert remote.calls[-1].request.headers["Authorization"] == "Bearer a2"


def test_a_renewal_ahead_of_time_that_fails_leaves_the_living_token(remote, auth):
    remote.post(TOKEN_URL, status=503)
    remote.get(f"{API}/V3/GetDocument", json=sample("document_waiting"))
    tokens = Tokens(Token("a1", "r1", datetime.now(UTC) + timedelta(seconds=100)))

    client(tokens=tokens, auth=auth).get_document(**ADDRESS)

    assert remote.calls[-1].request.headers["Authorization"] == "Bearer a1"


def test_a_dead_grant_is_reported_to_the_store(remote, auth):
    remote.post(TOKEN_URL, status=400, json={"error": "invalid_grant"})
    remote.get(f"{API}/V3/GetDocument", status=401)
    tokens = Tokens(Token("a1", "r1"))

    with pytest.raises(DiadocAuthLost):
        client(tokens=tokens, auth=auth).get_document(**ADDRESS)

    assert tokens.is_dead


def test_fifty_threads_with_a_refused_token_ask_for_one(remote, auth):
    remote.post(TOKEN_URL, json={"access_token": "a2", "refresh_token": "r2", "expires_in": 3600})
    remote.get(
        f"{API}/V3/GetDocument",
        json=sample("document_waiting"),
        match=[responses.matchers.header_matcher({"Authorization": "Bearer a2"})],
    )
    remote.get(
        f"{API}/V3/GetDocument",
        status=401,
        match=[responses.matchers.header_matcher({"Authorization": "Bearer a1"})],
    )
    tokens, found = Tokens(Token("a1", "r1")), []
    diadoc = client(tokens=tokens, auth=auth)
    threads = [threading.Thread(target=lambda: found.append(diadoc.get_document(**ADDRESS))) for _ in range(50)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 50
    assert tokens.renewals == 1


class TestDeveloperKey:
    URL = f"{API}/V3/Authenticate"

    @pytest.fixture
    def key(self):
        return DeveloperKeyAuth(api_url=API, developer_key="key-1", login="robot", password="pass-1")

    def test_a_login_becomes_a_token_for_a_day(self, remote, key):
        remote.post(self.URL, body="token+1/=")

        token = key.authenticate()

        request = remote.calls[-1].request
        assert token.access_token == "token+1/="
        assert abs(token.expires_at - datetime.now(UTC) - timedelta(hours=24)) < timedelta(minutes=1)
        assert request.params == {"type": "password"}
        assert json.loads(request.body) == {"login": "robot", "password": "pass-1"}
        assert request.headers["Authorization"] == "DiadocAuth ddauth_api_client_id=key-1"

    def test_requests_carry_key_and_token(self, key):
        assert key.header(Token("t")) == "DiadocAuth ddauth_api_client_id=key-1,ddauth_token=t"

    @pytest.mark.parametrize(
        ("status", "body", "kind"),
        [
            (401, "no pass-1", DiadocAuthLost),
            (403, "", DiadocAuthLost),
            (400, "bad pass-1", RequestRejected),
            (429, "", RateLimited),
            (500, "", Unavailable),
            (200, "", Unavailable),
            (200, "<html></html>", Unavailable),
        ],
    )
    def test_a_refused_login_loses_the_box_and_shows_no_password(self, remote, key, status, body, kind):
        remote.post(self.URL, status=status, body=body)

        with pytest.raises(kind) as caught:
            key.authenticate()

        assert "pass-1" not in str(caught.value)

    def test_an_expired_token_is_replaced(self, remote, key):
        remote.post(self.URL, body="t2")
        remote.get(f"{API}/V3/GetDocument", json=sample("document_waiting"))
        tokens = Tokens(Token("t1", "", datetime.now(UTC) - timedelta(hours=1)))

        client(tokens=tokens, auth=key).get_document(**ADDRESS)

        assert tokens.token.access_token == "t2"
