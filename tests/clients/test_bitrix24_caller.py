"""One call to a portal: what goes out, what comes back, page after page."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import responses

from clients.bitrix24 import faults
from errors import ServiceError
from tests.clients.bitrix24_support import PORTAL, Kit

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


def test_a_null_result_is_a_result(kit):
    kit.answers("app.option.get", {"result": None})

    assert kit.client.call("app.option.get") is None


@pytest.mark.parametrize("spent", [[], {}, {"operating": None}, {"operating": "much"}, None])
def test_a_portal_that_counts_no_time_is_fine(kit, spent):
    kit.answers("profile", {"result": {}, "time": spent})

    kit.client.call("profile")

    assert kit.operating == []


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
