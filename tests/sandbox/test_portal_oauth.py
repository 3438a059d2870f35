"""The auth server: codes, rotation of refresh tokens, refusals, what it says about a token."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.portal.driver import DISMISSED, LocalApp, PortalSandbox
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import Client, Handler, installed_app

handler, client = portal_fixtures.handler, portal_fixtures.client


def ask(sandbox: PortalSandbox, app: LocalApp, **given: Any) -> requests.Response:
    keys = {"client_id": app.client_id, "client_secret": app.client_secret}
    return requests.get(sandbox.auth_url + "/oauth/token/", params={**keys, **given}, timeout=10)


def refresh(client: Client, token: str) -> requests.Response:
    return ask(client.sandbox, client.app, grant_type="refresh_token", refresh_token=token)


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_a_refresh_token_gives_a_new_pair_of_the_same_user(client):
    pair = refresh(client, client.tokens["refresh_token"]).json()

    assert pair["access_token"] != client.tokens["access_token"]
    assert pair["refresh_token"] != client.tokens["refresh_token"]
    assert (pair["user_id"], pair["expires_in"], pair["status"]) == (1, 3600, "L")
    assert pair["client_endpoint"] == client.sandbox.urls["first"] + "/rest/"
    assert pair["server_endpoint"] == client.sandbox.auth_url + "/rest/"
    assert pair["member_id"] == client.sandbox.member_id()


def test_the_domain_of_a_token_is_that_of_the_auth_server(client):
    pair = refresh(client, client.tokens["refresh_token"]).json()

    assert pair["domain"] == urlsplit(client.sandbox.auth_url).netloc


def test_a_used_refresh_token_is_refused(client):
    refresh(client, client.tokens["refresh_token"])

    assert refused(refresh(client, client.tokens["refresh_token"])) == (400, "invalid_grant")


def test_of_parallel_refreshes_with_one_token_a_single_one_wins(client):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refresh, [client] * 8, [client.tokens["refresh_token"]] * 8))

    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


def test_a_used_refresh_token_is_good_again_within_the_grace_period(client):
    client.sandbox.settings(refresh_grace_seconds=60)
    refresh(client, client.tokens["refresh_token"])

    assert refresh(client, client.tokens["refresh_token"]).status_code == 200


def test_an_expired_refresh_token_is_refused(client):
    client.sandbox.expire_refresh_tokens()

    assert refused(refresh(client, client.tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_works_once(client):
    code = client.sandbox.authorization_code(client.app)
    first = ask(client.sandbox, client.app, grant_type="authorization_code", code=code)
    second = ask(client.sandbox, client.app, grant_type="authorization_code", code=code)

    assert first.status_code == 200
    assert refused(second) == (400, "invalid_grant")


def test_a_code_that_is_too_old_is_refused(client):
    client.sandbox.settings(code_seconds=-1)
    code = client.sandbox.authorization_code(client.app)

    answer = ask(client.sandbox, client.app, grant_type="authorization_code", code=code)

    assert refused(answer) == (400, "invalid_grant")


@pytest.mark.parametrize(("mode", "status"), [("invalid_client", 400), ("wrong_client", 200)])
def test_a_wrong_secret_is_refused_in_the_way_that_is_switched_on(client, mode, status):
    client.sandbox.settings(wrong_secret_answer=mode)

    token = client.tokens["refresh_token"]
    answer = ask(client.sandbox, client.app, grant_type="refresh_token", refresh_token=token, client_secret="no")

    assert refused(answer) == (status, mode)


def test_a_request_without_its_token_is_malformed(client):
    assert refused(ask(client.sandbox, client.app, grant_type="refresh_token")) == (400, "invalid_request")
    assert refused(ask(client.sandbox, client.app, grant_type="password")) == (400, "invalid_request")


def test_a_wider_scope_than_the_card_is_refused(client):
    token = client.tokens["refresh_token"]
    answer = ask(client.sandbox, client.app, grant_type="refresh_token", refresh_token=token, scope="crm,telephony")

    assert refused(answer) == (403, "invalid_scope")


def test_an_unpaid_application_gets_no_tokens(client):
    client.sandbox.change_app(client.app, is_paid=False)

    assert refused(refresh(client, client.tokens["refresh_token"])) == (402, "PAYMENT_REQUIRED")


def test_a_removed_application_is_no_client_any_more(client):
    client.sandbox.uninstall(client.app)

    assert refused(refresh(client, client.tokens["refresh_token"])) == (400, "invalid_client")


def test_a_dismissed_user_gets_no_new_tokens(client):
    tokens = client.sandbox.tokens(client.app, DISMISSED)

    assert refused(refresh(client, tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_form_is_read_only_when_that_is_switched_on(client):
    form = {"grant_type": "refresh_token", "refresh_token": client.tokens["refresh_token"]}
    form |= {"client_id": client.app.client_id, "client_secret": client.app.client_secret}
    url = client.sandbox.auth_url + "/oauth/token/"

    assert refused(requests.post(url, data=form, timeout=10)) == (400, "invalid_request")
    client.sandbox.settings(token_form_post=True)
    assert requests.post(url, data=form, timeout=10).status_code == 200


def test_the_portals_own_token_address_is_no_token_endpoint(client):
    answer = requests.get(client.sandbox.first_url + "/oauth/token/", timeout=10)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_auth_server_tells_the_truth_about_a_token(client):
    answer = requests.get(
        client.sandbox.auth_url + "/rest/app.info", params={"auth": client.tokens["access_token"]}, timeout=10
    )

    found = answer.json()["result"]
    assert (found["client_id"], found["user_id"]) == (client.app.client_id, 1)
    assert found["install"]["member_id"] == client.sandbox.member_id()
    assert found["install"]["client_endpoint"] == client.endpoint
    assert found["install"]["installed"] is True


def test_the_auth_server_knows_nothing_about_a_made_up_token(client):
    answer = requests.get(client.sandbox.auth_url + "/rest/app.info", params={"auth": "0" * 70}, timeout=10)

    assert refused(answer) == (401, "invalid_token")


def test_consent_ends_at_the_handler_with_a_code(client):
    url = client.sandbox.first_url + "/oauth/authorize/"
    asked = {"client_id": client.app.client_id, "state": "s1"}
    answer = requests.get(url, params=asked, timeout=10, allow_redirects=False)

    address = urlsplit(answer.headers["Location"])
    given = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert answer.status_code == 302
    assert address.path == "/app"
    assert set(given) == {"code", "state", "domain", "member_id", "scope", "server_domain"}
    assert given["state"] == "s1"
    grant = ask(client.sandbox, client.app, grant_type="authorization_code", code=given["code"])
    assert grant.json()["user_id"] == 1


def test_a_refused_login_never_comes_back(client):
    client.sandbox.settings(login_refused=True)
    url = client.sandbox.first_url + "/oauth/authorize/"

    answer = requests.get(url, params={"client_id": client.app.client_id}, timeout=10, allow_redirects=False)

    assert answer.status_code == 403
    assert "Location" not in answer.headers


def test_nobody_can_log_in_to_an_application_that_is_not_installed(
    portal_sandbox: PortalSandbox, handler: Handler
) -> None:
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")

    url = portal_sandbox.first_url + "/oauth/authorize/"
    answer = requests.get(url, params={"client_id": app.client_id}, timeout=10, allow_redirects=False)

    assert answer.status_code == 404


def test_keys_of_one_portal_do_not_open_another(portal_sandbox, handler):
    app = installed_app(portal_sandbox, handler)
    tokens = portal_sandbox.tokens(app)

    url = portal_sandbox.urls["second"] + "/rest/profile"
    answer = requests.post(url, json={"auth": tokens["access_token"]}, timeout=10)

    assert refused(answer) == (401, "invalid_token")
