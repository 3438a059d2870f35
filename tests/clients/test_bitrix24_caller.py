"""One call to a portal: token, turn, errors, address."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import requests
import responses

from clients.bitrix24 import faults
from clients.bitrix24.caller import is_read
from errors import (
    Conflict,
    NoAccess,
    NotFoundThere,
    PortalAuthLost,
    RateLimited,
    RequestRejected,
    ServiceError,
    SubscriptionEnded,
    Unavailable,
)
from tests.clients.bitrix24_support import APP_INFO_URL, PORTAL, Kit, sample

NEW_PORTAL = "https://renamed.bitrix24.example/rest/"
EXPIRED = {"error": "expired_token", "error_description": "The access token provided has expired."}


@pytest.fixture
def kit(monkeypatch):
    monkeypatch.setattr("clients.bitrix24.caller.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(faults, "QUERY_LIMIT_SECONDS", 0.01)
    with responses.mock:
        yield Kit()


def test_a_call_is_json_with_the_token_in_the_body_and_not_in_the_address(kit):
    kit.answers("crm.item.get", {"result": {"item": {}}})

    kit.client.call("crm.item.get", {"id": 1, "since": date(2026, 11, 21), "sum": Decimal("10.50")})

    request = responses.calls[0].request
    assert request.url == PORTAL + "crm.item.get"
    assert request.headers["Content-Type"] == "application/json"
    assert kit.sent() == {"id": 1, "since": "2026-11-21", "sum": "10.50", "auth": "access-1"}


def test_fractions_of_an_answer_stay_exact(kit):
    kit.answers("crm.item.get", '{"result": {"opportunity": 1234567890123456.78}}')

    result = kit.client.call("crm.item.get")

    assert result == {"opportunity": Decimal("1234567890123456.78")}


def test_every_request_waits_for_its_turn(kit):
    kit.answers("profile", EXPIRED, status=401)
    kit.answers("profile", {"result": {}})
    kit.refreshes()

    kit.client.call("profile")

    assert kit.throttle.turns == ["profile", "profile"]


def test_what_a_method_spent_is_reported(kit):
    spent = {"operating": 0.7169, "operating_reset_at": 1769509015, "finish": 1769508416.04}
    kit.answers("crm.item.list", {"result": {"items": []}, "time": spent})

    kit.client.call("crm.item.list")

    assert kit.operating == [("crm.item.list", 0.7169, datetime.fromtimestamp(1769509015, UTC))]


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


@pytest.mark.parametrize(
    ("code", "text", "status", "kind"),
    [
        ("ACCESS_DENIED", "Access denied! Application context required", 403, NoAccess),
        ("ACCESS_DENIED", "Access denied.", 400, NoAccess),
        ("ACCESS_DENIED", "REST API is available only on commercial plans", 403, SubscriptionEnded),
        ("insufficient_scope", "", 403, NoAccess),
        ("insufficient_scope", "", 401, NoAccess),
        ("INVALID_CREDENTIALS", "", 401, NoAccess),
        ("user_access_error", "", 403, NoAccess),
        ("allowed_only_intranet_user", "", 403, NoAccess),
        ("WRONG_AUTH_TYPE", "", 403, NoAccess),
        ("ERROR_METHOD_NOT_FOUND", "Method not found!", 404, NoAccess),
        ("METHOD_CONFIRM_WAITING", "", 401, NoAccess),
        ("PAYMENT_REQUIRED", "Subscription has been ended", 401, SubscriptionEnded),
        ("DOCGEN_LIMIT_ERROR", "", 400, SubscriptionEnded),
        ("UPDATE_DYNAMIC_ITEM_RESTRICTED", "", 400, SubscriptionEnded),
        ("PORTAL_DELETED", "", 500, PortalAuthLost),
        ("PORTAL_DELETED", "", 410, PortalAuthLost),
        ("APPLICATION_NOT_FOUND", "", 401, PortalAuthLost),
        ("authorization_error", "", 401, PortalAuthLost),
        ("NOT_FOUND", "Элемент не найден", 400, NotFoundThere),
        ("ERROR_NOT_FOUND", "Could not find entity with id `5`", 400, NotFoundThere),
        ("OWNER_NOT_FOUND", "", 400, NotFoundThere),
        ("", "Not found", 400, NotFoundThere),
        (0, "The Requisite with ID '27' is not found", 400, NotFoundThere),
        ("0", "Document not found", 400, NotFoundThere),
        ("", "Access denied.", 400, NoAccess),
        (404, "Not found", 400, NotFoundThere),
        (423, "locked", 400, Unavailable),
        (100, "Could not find value for parameter {id}", 400, RequestRejected),
        ("INVALID_ARG_VALUE", "", 400, RequestRejected),
        ("ERROR_ACTIVITY_ALREADY_INSTALLED", "", 400, Conflict),
        ("ERROR_ACTIVITY_ADD_FAILURE", "Activity or Robot already added!", 400, Conflict),
        ("ERROR_ACTIVITY_ADD_FAILURE", "Activity save error!", 400, RequestRejected),
        ("ERROR_CORE", "broken", 400, RequestRejected),
        ("ERROR_CORE", "broken", 500, Unavailable),
        ("INTERNAL_SERVER_ERROR", "", 500, Unavailable),
        ("CONNECTION_ERROR", "", 400, Unavailable),
        ("NEVER_SEEN", "", 503, Unavailable),
        ("NEVER_SEEN", "", 400, RequestRejected),
        ("NEVER_SEEN", "", 200, RequestRejected),
        (None, "words", 400, RequestRejected),
        ({"code": 1}, "words", 400, RequestRejected),
    ],
)
def test_an_error_is_told_by_its_code_whatever_the_status(kit, code, text, status, kind):
    kit.fails("crm.item.add", code, text, status=status)

    with pytest.raises(ServiceError) as caught:
        kit.client.call("crm.item.add")

    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(responses.calls) == 1


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 502, 503])
def test_a_page_instead_of_json_is_a_portal_out_of_order(kit, status):
    kit.answers("crm.item.add", "<html>Maintenance</html>", status=status)

    with pytest.raises(Unavailable):
        kit.client.call("crm.item.add")


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"time": {}}', "[" * 100_000, "\xff\xfe"])
def test_an_answer_without_a_result_is_a_portal_out_of_order(kit, body):
    kit.answers("crm.item.add", body)

    with pytest.raises(Unavailable):
        kit.client.call("crm.item.add")


def test_a_null_result_is_a_result(kit):
    kit.answers("app.option.get", {"result": None})

    assert kit.client.call("app.option.get") is None


def test_an_error_text_loses_tags_tokens_and_length(kit):
    text = "Wrong<br>value access-1 at https://x/?auth=hush&token=disk|hush " + "x" * 1000
    kit.fails("crm.item.add", "INVALID_ARG_VALUE", text)

    with pytest.raises(RequestRejected) as caught:
        kit.client.call("crm.item.add")

    assert caught.value.detail.startswith("Wrong value … at https://x/?auth=…&token=… x")
    assert len(caught.value.detail) <= 300


def test_too_many_requests_hold_everybody_back_and_are_repeated_even_if_they_write(kit):
    kit.fails("crm.item.add", "QUERY_LIMIT_EXCEEDED", "Too many requests", status=503)
    kit.answers("crm.item.add", {"result": {"item": {"id": 1}}})

    result = kit.client.call("crm.item.add")

    assert result == {"item": {"id": 1}}
    assert kit.throttle.blocks == [(0.01, "")]


def test_too_many_requests_for_longer_are_handed_up(kit):
    kit.fails("crm.item.add", "QUERY_LIMIT_EXCEEDED", "Too many requests", status=503)

    with pytest.raises(RateLimited) as caught:
        kit.client.call("crm.item.add")

    assert caught.value.retry_after == 0.01
    assert len(responses.calls) > 1


def test_a_method_over_its_time_is_blocked_alone_until_its_reset(kit):
    body = {
        "error": "OPERATION_TIME_LIMIT",
        "error_description": "Method is blocked due to operation time limit.",
        "time": {"finish": 1769508416.04, "operating_reset_at": 1769508536},
    }
    kit.answers("crm.item.list", body, status=429)

    with pytest.raises(RateLimited) as caught:
        kit.client.call("crm.item.list")

    assert caught.value.retry_after == 120
    assert kit.throttle.blocks == [(120, "crm.item.list")]
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("headers", "spent", "seconds"),
    [({"Retry-After": "7"}, {}, 7), ({}, {}, 60), ({}, [], 60), ({}, {"finish": 1, "operating_reset_at": 10**9}, 600)],
)
def test_a_method_over_its_time_without_a_clear_reset_waits_a_bounded_time(kit, headers, spent, seconds):
    kit.answers("crm.item.list", {"error": "OPERATION_TIME_LIMIT", "time": spent}, status=429, headers=headers)

    with pytest.raises(RateLimited) as caught:
        kit.client.call("crm.item.list")

    assert caught.value.retry_after == seconds


def test_a_portal_blocked_by_hand_is_left_alone_for_a_minute(kit):
    kit.fails("profile", "OVERLOAD_LIMIT", status=503)

    with pytest.raises(RateLimited):
        kit.client.call("profile")

    assert kit.throttle.blocks == [(60.0, "")]
    assert len(responses.calls) == 1


def test_a_turn_that_is_far_away_is_handed_up(kit):
    def wait_turn(method, cost=1):
        raise RateLimited(system="Битрикс24", retry_after=30)

    kit.throttle.wait_turn = wait_turn

    with pytest.raises(RateLimited):
        kit.client.call("profile")

    assert len(responses.calls) == 0


def test_a_read_is_repeated_after_an_unclear_failure(kit):
    responses.post(PORTAL + "crm.item.get", body=requests.ConnectionError("reset"))
    kit.answers("crm.item.get", "<html>", status=502)
    kit.answers("crm.item.get", {"result": {"item": {}}})

    kit.client.call("crm.item.get")

    assert len(responses.calls) == 3


@pytest.mark.parametrize("method", ["crm.item.add", "bizproc.event.send", "batch", "im.notify.system.add"])
def test_a_write_is_not_repeated_after_an_unclear_failure(kit, method):
    responses.post(PORTAL + method, body=requests.ReadTimeout("late"))
    kit.answers(method, {"result": True})

    with pytest.raises(Unavailable):
        kit.client.call(method)

    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("crm.item.get", True),
        ("disk.storage.getForApp", True),
        ("crm.requisite.link.list", True),
        ("profile", True),
        ("crm.item.update", False),
        ("crm.item.delete", False),
        ("crm.timeline.comment.add", False),
        ("disk.folder.uploadFile", False),
        ("batch", False),
    ],
)
def test_reads_are_told_by_their_names(method, answer):
    assert is_read(method) is answer


# A renamed portal


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


@pytest.mark.parametrize("spent", [[], {}, {"operating": None}, {"operating": "much"}, None])
def test_a_portal_that_counts_no_time_is_fine(kit, spent):
    kit.answers("profile", {"result": {}, "time": spent})

    kit.client.call("profile")

    assert kit.operating == []


# Lists


def test_all_pages_are_read_by_id_without_counting(kit):
    kit.answers("crm.item.list", {"result": {"items": [{"id": number} for number in range(1, 51)]}})
    kit.answers("crm.item.list", {"result": {"items": [{"id": 77}]}})
    params = {"entityTypeId": 2, "filter": {"companyId": 7}, "select": ["title"]}

    items = list(kit.client.list_all("crm.item.list", params, "items", id_field="id"))

    assert [item["id"] for item in items] == [*range(1, 51), 77]
    assert kit.sent(0)["start"] == -1
    assert kit.sent(0)["select"] == ["title", "id"]
    assert kit.sent(0)["order"] == {"id": "ASC"}
    assert kit.sent(0)["filter"] == {"companyId": 7}
    assert kit.sent(1)["filter"] == {"companyId": 7, ">id": 50}


def test_a_list_that_does_not_advance_is_an_error_and_no_loop(kit):
    kit.answers("crm.item.list", {"result": {"items": [{"id": 5}] * 50}})

    with pytest.raises(ServiceError, match="do not advance"):
        list(kit.client.list_all("crm.item.list", key="items", id_field="id"))

    assert len(responses.calls) == 2


@pytest.mark.parametrize("result", [[], {}, None, {"items": []}, {"items": None}])
def test_an_empty_list_is_empty_however_php_writes_it(kit, result):
    kit.answers("crm.item.list", {"result": result})

    assert list(kit.client.list_all("crm.item.list", key="items")) == []


def test_pages_by_offset_end_where_the_portal_says(kit):
    kit.answers("user.get", {"result": [{"ID": "1"}], "next": 50, "total": 51})
    kit.answers("user.get", {"result": {"7": {"ID": "2"}}, "next": 50, "total": 51})

    users = list(kit.client.list_pages("user.get"))

    assert users == [{"ID": "1"}, {"ID": "2"}]
    assert [kit.sent(0)["start"], kit.sent(1)["start"]] == [0, 50]
