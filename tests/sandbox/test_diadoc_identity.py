"""The identity provider and the older tokens: who gets in, for how long, and what is said to the others."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.diadoc.driver import DIRECTOR, ROBOT, ROMASHKA, SCOPE, DiadocSandbox

REDIRECT = "http://127.0.0.1:9/callback?from=diadoc"


def token(sandbox: DiadocSandbox, **form: str) -> requests.Response:
    form = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret, **form}
    return requests.post(f"{sandbox.url}/connect/token", data=form, timeout=10)


def refresh(sandbox: DiadocSandbox, refresh_token: str) -> requests.Response:
    return token(sandbox, grant_type="refresh_token", refresh_token=refresh_token)


def organizations(sandbox: DiadocSandbox, authorization: str) -> requests.Response:
    headers = {"Accept": "application/json", **({"Authorization": authorization} if authorization else {})}
    return requests.get(f"{sandbox.url}/GetMyOrganizations", headers=headers, timeout=10)


def developer_header(sandbox: DiadocSandbox, token: str = "", separator: str = ",") -> str:
    pair = f"{separator}ddauth_token={token}" if token else ""
    return f"DiadocAuth ddauth_api_client_id={sandbox.developer_key}{pair}"


def log_in(sandbox: DiadocSandbox, **credentials: str) -> requests.Response:
    headers = {"Authorization": developer_header(sandbox)}
    url = f"{sandbox.url}/V3/Authenticate?type=password"
    return requests.post(url, json=credentials, headers=headers, timeout=10)


def test_discovery_names_the_endpoints(diadoc_sandbox: DiadocSandbox):
    found = requests.get(f"{diadoc_sandbox.url}/.well-known/openid-configuration", timeout=10).json()

    assert found["authorization_endpoint"] == f"{diadoc_sandbox.url}/connect/authorize"
    assert found["token_endpoint"] == f"{diadoc_sandbox.url}/connect/token"
    assert {"authorization_code", "refresh_token"} <= set(found["grant_types_supported"])


def test_consent_leads_to_tokens_of_the_person_who_gave_it(diadoc_sandbox: DiadocSandbox):
    code = diadoc_sandbox.authorize(REDIRECT, "state-1", user=DIRECTOR)
    answer = token(diadoc_sandbox, grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()
    employee = requests.get(
        f"{diadoc_sandbox.url}/GetMyEmployee?boxId={ROMASHKA.box}",
        headers={"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"},
        timeout=10,
    ).json()

    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert answer["refresh_token"]
    assert employee["User"]["UserId"] == DIRECTOR.id


def test_the_state_comes_back_beside_the_code(diadoc_sandbox: DiadocSandbox):
    query = {"response_type": "code", "client_id": diadoc_sandbox.client_id, "scope": SCOPE, "redirect_uri": REDIRECT}

    back = parse_qs(urlsplit(diadoc_sandbox.consent(query | {"state": "a b&c"})).query)

    assert back["state"] == ["a b&c"]
    assert back["from"] == ["diadoc"]
    assert back["code"]


@pytest.mark.parametrize(
    ("change", "decision", "error"),
    [
        ({}, "deny", "access_denied"),
        ({"scope": "openid everything"}, "allow", "invalid_scope"),
        ({"scope": "openid"}, "allow", "invalid_scope"),
        ({"response_type": "token"}, "allow", "unsupported_response_type"),
    ],
)
def test_what_is_not_granted_comes_back_as_an_error(diadoc_sandbox: DiadocSandbox, change, decision, error):
    query = {"response_type": "code", "client_id": diadoc_sandbox.client_id, "scope": SCOPE, "redirect_uri": REDIRECT}

    back = parse_qs(urlsplit(diadoc_sandbox.consent(query | change, decision=decision)).query)

    assert back["error"] == [error]
    assert "code" not in back


def test_an_unknown_application_is_not_sent_back(diadoc_sandbox: DiadocSandbox):
    query = {"response_type": "code", "client_id": "somebody", "scope": SCOPE, "redirect_uri": REDIRECT}

    answer = requests.get(f"{diadoc_sandbox.url}/connect/authorize", params=query, timeout=10)

    assert answer.status_code == 400


def test_a_code_is_good_once_and_for_its_redirect_address(diadoc_sandbox: DiadocSandbox):
    code = diadoc_sandbox.authorize(REDIRECT, "s")

    wrong = token(diadoc_sandbox, grant_type="authorization_code", code=code, redirect_uri="http://127.0.0.1:9/other")
    right = token(diadoc_sandbox, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    again = token(diadoc_sandbox, grant_type="authorization_code", code=code, redirect_uri=REDIRECT)

    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_grant"})
    assert right.status_code == 200
    assert again.json() == {"error": "invalid_grant"}


def test_without_offline_access_there_is_no_refresh_token(diadoc_sandbox: DiadocSandbox):
    code = diadoc_sandbox.authorize(REDIRECT, "s", scope="openid Diadoc.PublicAPI")

    answer = token(diadoc_sandbox, grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()

    assert "refresh_token" not in answer


def test_strict_rotation_refuses_a_used_refresh_token(diadoc_sandbox: DiadocSandbox):
    first = refresh(diadoc_sandbox, diadoc_sandbox.refresh_token())
    again = refresh(diadoc_sandbox, diadoc_sandbox.refresh_token())
    rotated = refresh(diadoc_sandbox, first.json()["refresh_token"])

    assert first.status_code == rotated.status_code == 200
    assert first.json()["refresh_token"] != rotated.json()["refresh_token"]
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_lenient_rotation_takes_the_old_refresh_token_again(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(refresh_rotation="lenient")

    answers = [refresh(diadoc_sandbox, diadoc_sandbox.refresh_token()).json() for _ in range(2)]

    assert answers[0]["refresh_token"] != answers[1]["refresh_token"]


def test_without_rotation_no_new_refresh_token_comes(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(refresh_rotation="none")

    answers = [refresh(diadoc_sandbox, diadoc_sandbox.refresh_token()).json() for _ in range(2)]

    assert all(answer["access_token"] and "refresh_token" not in answer for answer in answers)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "somebody"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"refresh_token": "made-up"}, "invalid_grant"),
    ],
)
def test_the_token_endpoint_names_what_is_wrong(diadoc_sandbox: DiadocSandbox, form: dict, error: str):
    form = {"grant_type": "refresh_token", "refresh_token": diadoc_sandbox.refresh_token(), **form}

    answer = token(diadoc_sandbox, **form)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer made-up", "Basic abc", "DiadocAuth nonsense"])
def test_no_or_a_wrong_token_is_401_in_plain_text(diadoc_sandbox: DiadocSandbox, authorization: str):
    answer = organizations(diadoc_sandbox, authorization)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Diadoc-ErrorCode"]


def test_an_access_token_lives_as_long_as_it_says(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(access_token_seconds=60)
    answer = refresh(diadoc_sandbox, diadoc_sandbox.refresh_token()).json()

    young = organizations(diadoc_sandbox, f"Bearer {answer['access_token']}")
    diadoc_sandbox.advance_clock(61)
    old = organizations(diadoc_sandbox, f"Bearer {answer['access_token']}")

    assert answer["expires_in"] == 60
    assert (young.status_code, old.status_code) == (200, 401)


def test_revoked_tokens_are_dead_by_kind(diadoc_sandbox: DiadocSandbox):
    answer = refresh(diadoc_sandbox, diadoc_sandbox.refresh_token()).json()

    diadoc_sandbox.revoke_tokens(ROBOT, "access")
    dead = organizations(diadoc_sandbox, f"Bearer {answer['access_token']}")
    alive = refresh(diadoc_sandbox, answer["refresh_token"])
    diadoc_sandbox.revoke_tokens(ROBOT)
    gone = refresh(diadoc_sandbox, alive.json()["refresh_token"])

    assert dead.status_code == 401
    assert alive.status_code == 200
    assert gone.json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("separator", [",", ", "])
def test_a_developer_key_and_a_password_open_the_api(diadoc_sandbox: DiadocSandbox, separator: str):
    found = log_in(diadoc_sandbox, login=ROBOT.login, password=ROBOT.password)

    answer = organizations(diadoc_sandbox, developer_header(diadoc_sandbox, found.text, separator))

    assert found.headers["Content-Type"].startswith("text/plain")
    assert [one["Inn"] for one in answer.json()["Organizations"]] == ["9660001014", "9660002025"]


def test_a_wrong_password_or_key_is_401(diadoc_sandbox: DiadocSandbox):
    wrong_password = log_in(diadoc_sandbox, login=ROBOT.login, password="guess")
    wrong_key = organizations(diadoc_sandbox, "DiadocAuth ddauth_api_client_id=guess,ddauth_token=x")

    assert (wrong_password.status_code, wrong_key.status_code) == (401, 401)


def test_a_diadoc_token_lives_24_hours(diadoc_sandbox: DiadocSandbox):
    header = developer_header(diadoc_sandbox, log_in(diadoc_sandbox, login=ROBOT.login, password=ROBOT.password).text)

    diadoc_sandbox.advance_clock(24 * 3600 - 60)
    young = organizations(diadoc_sandbox, header)
    diadoc_sandbox.advance_clock(61)
    old = organizations(diadoc_sandbox, header)

    assert (young.status_code, old.status_code) == (200, 401)


def test_developer_keys_can_be_switched_off(diadoc_sandbox: DiadocSandbox):
    header = developer_header(diadoc_sandbox, diadoc_sandbox.diadoc_token())
    diadoc_sandbox.settings(diadoc_auth=False)

    answer = organizations(diadoc_sandbox, header)

    assert answer.status_code == 401


def test_looking_up_an_organization_needs_no_more_than_a_developer_key(diadoc_sandbox: DiadocSandbox):
    headers = {"Authorization": developer_header(diadoc_sandbox), "Accept": "application/json"}
    urls = [
        f"{diadoc_sandbox.url}/GetOrganizationsByInnKpp?inn={ROMASHKA.inn}",
        f"{diadoc_sandbox.url}/GetMyOrganizations",
    ]

    statuses = [requests.get(url, headers=headers, timeout=10).status_code for url in urls]

    assert statuses == [200, 401]
