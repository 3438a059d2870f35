"""The REST door: forms of a request, the envelope, errors common to all methods, renamed and broken portals."""

import json

import pytest
import requests

from sandbox.portal import phpform
from sandbox.portal.driver import DISMISSED, MANAGER
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import client_of

handler, client = portal_fixtures.handler, portal_fixtures.client


def refused(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def title(answer: requests.Response) -> str:
    return answer.json()["result"]["item"]["title"]


@pytest.mark.parametrize("suffix", ["", ".json", ".JSON", "/"])
def test_a_method_is_found_with_and_without_a_suffix(client, suffix):
    answer = requests.post(
        client.endpoint + "profile" + suffix, json={"auth": client.tokens["access_token"]}, timeout=10
    )

    assert answer.json()["result"]["ID"] == "1"


def test_names_of_methods_are_case_insensitive(client):
    assert client.call("PROFILE")["ADMIN"] is True


def test_json_form_query_and_multipart_say_the_same(client):
    url, auth = client.endpoint + "crm.item.add", client.tokens["access_token"]
    form = {"auth": auth, "entityTypeId": "2", "fields[title]": "x", "fields[contactIds][0]": "1"}

    answers = [
        requests.post(
            url, json={"auth": auth, "entityTypeId": 2, "fields": {"title": "x", "contactIds": [1]}}, timeout=10
        ),
        requests.post(url, data=form, timeout=10),
        requests.get(url, params=form, timeout=10),
        requests.post(url, files={name: (None, value) for name, value in form.items()}, timeout=10),
    ]

    assert [title(answer) for answer in answers] == ["x"] * 4
    assert all(answer.json()["result"]["item"]["contactIds"] == [1] for answer in answers)


def test_query_and_body_are_merged(client):
    url = client.endpoint + "crm.item.get?entityTypeId=2&id=1"

    assert title(requests.post(url, json={"auth": client.tokens["access_token"]}, timeout=10))


def test_a_json_body_under_another_content_type_is_not_read(client):
    body = json.dumps({"auth": client.tokens["access_token"]})
    answer = requests.post(client.endpoint + "profile", data=body, headers={"Content-Type": "text/plain"}, timeout=10)

    assert refused(answer) == (401, "NO_AUTH_FOUND", "Wrong authorization data")


def test_a_bearer_header_opens_too(client):
    header = {"Authorization": f"Bearer {client.tokens['access_token']}"}

    assert requests.post(client.endpoint + "profile", headers=header, timeout=10).status_code == 200


def test_the_envelope_carries_times(client):
    body = client.post("server.time").json()

    assert set(body["time"]) == {
        *("start", "finish", "duration", "processing", "date_start", "date_finish", "operating_reset_at", "operating")
    }
    assert body["time"]["date_start"].endswith("+03:00")


def test_an_empty_map_comes_as_an_empty_list(client):
    assert client.call("app.option.get") == []
    client.call("app.option.set", options={"a": "1"})
    assert client.call("app.option.get") == {"a": "1"}


def test_an_unknown_method_is_not_found_even_without_a_token(client):
    answer = requests.post(client.endpoint + "no.such.method", json={}, timeout=10)

    assert refused(answer) == (404, "ERROR_METHOD_NOT_FOUND", "Method not found!")


def test_an_expired_token_says_so(client):
    client.sandbox.expire_tokens()

    assert client.refusal("profile") == (401, "expired_token", "The access token provided has expired")


def test_the_life_of_a_token_is_a_setting(client):
    client.sandbox.settings(access_token_seconds=-1)
    late = client_of(client.sandbox, client.app)

    assert late.refusal("profile")[1] == "expired_token"


def test_a_made_up_token_is_invalid(client):
    answer = requests.post(client.endpoint + "profile", json={"auth": "f" * 70}, timeout=10)

    assert refused(answer)[:2] == (401, "invalid_token")


@pytest.mark.parametrize("status", [403, 401])
def test_a_method_outside_the_scope_is_refused(client, status):
    client.sandbox.settings(scope_error_status=status)
    client.sandbox.change_app(client.app, scopes=["crm"])
    narrow = client_of(client.sandbox, client.app)

    assert narrow.refusal("disk.storage.getForApp") == (
        status,
        "insufficient_scope",
        "The request requires higher privileges than provided by the access token",
    )


def test_a_dismissed_user_cannot_be_authorized(client):
    tokens = client_of(client.sandbox, client.app, DISMISSED)

    assert tokens.refusal("profile") == (401, "authorization_error", "Unable to authorize user")


def test_an_external_user_is_not_let_in(client):
    client.sandbox.change_user(MANAGER, is_intranet=False)

    assert client_of(client.sandbox, client.app, MANAGER).refusal("profile")[:2] == (403, "allowed_only_intranet_user")


def test_a_user_without_a_right_to_the_application_is_refused(client):
    client.sandbox.change_app(client.app, allowed_users=[1])

    assert client_of(client.sandbox, client.app, MANAGER).refusal("profile")[:2] == (403, "user_access_error")


def test_a_plan_without_rest_denies_everything(client):
    client.sandbox.change_portal(has_rest=False)

    answer = client.refusal("profile")

    assert answer == (403, "ACCESS_DENIED", "REST API is available only on commercial plans")


@pytest.mark.parametrize("status", [500, 403, 410])
def test_a_deleted_portal_says_so_with_any_status(client, status):
    client.sandbox.settings(portal_deleted_status=status)
    client.sandbox.change_portal(is_deleted=True)

    assert client.refusal("profile")[:2] == (status, "PORTAL_DELETED")


def test_an_overloaded_portal_is_blocked(client):
    client.sandbox.change_portal(is_overloaded=True)

    assert client.refusal("profile")[:2] == (503, "OVERLOAD_LIMIT")


def test_an_unpaid_application_is_refused(client):
    client.sandbox.change_app(client.app, is_paid=False)

    assert client.refusal("profile") == (401, "PAYMENT_REQUIRED", "Subscription has been ended")


@pytest.mark.parametrize(
    ("state", "refusal"), [("waiting", (401, "METHOD_CONFIRM_WAITING")), ("denied", (403, "METHOD_CONFIRM_DENIED"))]
)
def test_a_method_may_wait_for_an_administrators_consent(client, state, refusal):
    client.sandbox.change_portal(confirmations={"user.current": state})

    assert client.refusal("user.current")[:2] == refusal


def test_plain_http_is_refused_when_https_is_demanded(client):
    client.sandbox.settings(require_https=True)

    assert client.refusal("profile") == (400, "INVALID_REQUEST", "Https required")


def test_maintenance_answers_with_a_page(client):
    client.sandbox.change_portal(is_in_maintenance=True)

    answer = client.post("profile")

    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_renamed_portal_points_to_its_new_address(client):
    new_url = client.sandbox.rename("spare")

    answer = client.post("profile")
    again = requests.post(answer.headers["Location"], json={"auth": client.tokens["access_token"]}, timeout=10)

    assert answer.status_code == 302
    assert answer.headers["Location"] == new_url + "/rest/profile"
    assert again.json()["result"]["ID"] == "1"


def test_a_refresh_after_renaming_names_the_new_endpoint(client):
    new_url = client.sandbox.rename("spare")
    given = {"grant_type": "refresh_token", "refresh_token": client.tokens["refresh_token"]}
    given |= {"client_id": client.app.client_id, "client_secret": client.app.client_secret}

    pair = requests.get(client.sandbox.auth_url + "/oauth/token/", params=given, timeout=10).json()

    assert pair["client_endpoint"] == new_url + "/rest/"


def test_a_webhook_calls_without_an_application(client):
    base = client.sandbox.webhook(1, "hook", ["crm"])

    assert requests.post(base + "profile", timeout=10).json()["result"]["ADMIN"] is True
    assert refused(requests.post(base + "app.info", timeout=10)) == (
        403,
        "ACCESS_DENIED",
        "Access denied! Application context required",
    )


def test_a_wrong_webhook_is_refused(client):
    url = client.sandbox.first_url + "/rest/1/wrong/profile"

    assert refused(requests.post(url, timeout=10)) == (403, "INVALID_CREDENTIALS", "Invalid request credentials")


def test_methods_of_a_missing_feature_do_not_exist(client):
    client.sandbox.change_portal(features=["crm_automation_deal"])

    assert client.refusal("bizproc.activity.list")[:2] == (404, "ERROR_METHOD_NOT_FOUND")
    assert client.call("bizproc.robot.list") == []
    assert client.call("method.get", name="bizproc.activity.add") == {"isExisting": False, "isAvailable": False}
    assert client.call("method.get", name="bizproc.robot.add") == {"isExisting": True, "isAvailable": True}


def test_armed_faults_hit_a_method_of_the_portal(client):
    client.sandbox.fault("profile", "status", status=503, body='{"error": "INTERNAL_SERVER_ERROR"}')

    assert client.post("profile").status_code == 503
    assert client.post("profile").status_code == 200
    assert [one["status"] for one in client.sandbox.requests("profile")] == [503, 200]


@pytest.mark.parametrize(
    "value",
    [
        {"a": "1", "b": {"c": ["x", "y"], "d": {"e": "&=[]"}}},
        {"l": [{"k": "v"}, ["0", "1"]]},
        {"text": "строка\nвторая + %"},
    ],
)
def test_nested_forms_survive_both_ways(value):
    assert phpform.parse_query(phpform.build(value)) == value


def test_forms_cannot_say_empty_lists():
    assert phpform.build({"a": [], "b": None, "c": {}}) == "b="


def test_brackets_without_a_number_append():
    assert phpform.parse([("a[]", "x"), ("a[]", "y")]) == {"a": ["x", "y"]}
