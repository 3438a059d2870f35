"""What a portal calls an error, limits among them, and what is repeated."""

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
from tests.clients.bitrix24_support import PORTAL, Kit


@pytest.fixture
def kit(monkeypatch):
    monkeypatch.setattr("clients.bitrix24.caller.PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(faults, "QUERY_LIMIT_SECONDS", 0.01)
    with responses.mock:
        yield Kit()


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
