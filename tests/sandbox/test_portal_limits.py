"""The leaky bucket, the running time of methods, and batch."""

import time

import requests

from tests.sandbox import portal_fixtures

handler, client = portal_fixtures.handler, portal_fixtures.client


def statuses(client, count: int) -> list[int]:
    return [client.post("server.time").status_code for _number in range(count)]


def test_the_bucket_overflows_after_its_burst(client):
    client.sandbox.settings(rate_burst=5, rate_per_second=0)

    found = statuses(client, 7)

    assert found == [200] * 5 + [503] * 2
    assert client.refusal("server.time") == (503, "QUERY_LIMIT_EXCEEDED", "Too many requests")


def test_the_bucket_leaks(client):
    client.sandbox.settings(rate_burst=2, rate_per_second=20)
    assert statuses(client, 2) == [200, 200]

    deadline = time.monotonic() + 5
    while client.post("server.time").status_code != 200:
        assert time.monotonic() < deadline


def test_a_refused_call_does_not_fill_the_bucket(client):
    client.sandbox.settings(rate_burst=3, rate_per_second=0)
    statuses(client, 6)
    client.sandbox.settings(rate_burst=4)

    assert statuses(client, 1) == [200]


def test_all_applications_and_webhooks_of_an_address_share_the_bucket_of_a_portal(client):
    base = client.sandbox.webhook(1, "hook", ["crm"])
    other = client.sandbox.webhook(1, "hook", ["crm"], portal="second")
    client.sandbox.settings(rate_burst=1, rate_per_second=0)

    assert client.post("server.time").status_code == 200
    assert requests.post(base + "server.time", timeout=10).status_code == 503
    assert requests.post(other + "server.time", timeout=10).status_code == 200


def test_a_method_that_ran_too_long_is_blocked_alone(client):
    client.sandbox.settings(operating_limit_seconds=100, operating_cost={"crm.item.list": 60})

    crossing = [client.post("crm.item.list", entityTypeId=2) for _number in range(3)]

    assert [answer.status_code for answer in crossing] == [200, 200, 429]
    assert crossing[1].json()["time"]["operating"] > 120
    assert crossing[2].json() == {
        "error": "OPERATION_TIME_LIMIT",
        "error_description": "Method is blocked due to operation time limit.",
    }
    assert client.post("crm.item.get", entityTypeId=2, id=1).status_code == 200


def test_a_blocked_method_is_free_again_when_its_buckets_have_passed(client):
    client.sandbox.settings(
        operating_limit_seconds=10, operating_cost={"server.time": 60}, operating_bucket_seconds=0.05
    )
    assert client.post("server.time").status_code == 200

    deadline = time.monotonic() + 5
    while client.post("server.time").status_code == 429:
        assert time.monotonic() < deadline


def test_operating_may_be_absent(client):
    client.sandbox.settings(operating_shown=False)

    assert "operating" not in client.post("server.time").json()["time"]


def test_a_batch_hands_results_on(client):
    found = client.call(
        "batch",
        cmd={
            "deal": "crm.item.get?entityTypeId=2&id=1",
            "company": "crm.item.get?entityTypeId=4&id=$result[deal][item][companyId]",
            "first": "crm.item.get?entityTypeId=3&id=$result[deal][item][contactIds][0]",
        },
    )

    assert found["result"]["company"]["item"]["title"] == "ООО «Лютик»"
    assert found["result"]["first"]["item"]["lastName"] == "Астров"
    assert found["result_error"] == []


def test_a_batch_reports_errors_beside_results(client):
    found = client.call("batch", cmd={"bad": "crm.item.get?entityTypeId=2&id=999", "good": "server.time"})

    assert found["result_error"]["bad"]["error"] == "NOT_FOUND"
    assert list(found["result"]) == ["good"]


def test_a_halted_batch_stops_at_the_first_error(client):
    found = client.call("batch", halt=1, cmd={"good": "profile", "bad": "no.such", "late": "profile"})

    assert list(found["result"]) == ["good"]
    assert list(found["result_error"]) == ["bad"]
    assert found["result_time"].keys() == {"good"}


def test_a_batch_takes_fifty_commands(client):
    found = client.call("batch", cmd=["server.time"] * 52)

    assert len(found["result"]) == 50
    assert {error["error"] for error in found["result_error"].values()} == {"ERROR_BATCH_LENGTH_EXCEEDED"}
    assert list(found["result_error"]) == ["50", "51"]


def test_a_batch_inside_a_batch_is_refused(client):
    found = client.call("batch", cmd={"inner": "batch?cmd[a]=profile"})

    assert found["result_error"]["inner"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_a_batch_given_as_a_list_is_answered_as_a_list(client):
    found = client.call("batch", cmd=["profile", "server.time"])

    assert found["result"][0]["ID"] == "1"
    assert isinstance(found["result_time"], list)


def test_a_batch_carries_totals_and_next_pages(client):
    for number in range(55):
        client.sandbox.create_item(4, {"TITLE": f"Компания {number}"})

    found = client.call("batch", cmd={"page": "crm.item.list?entityTypeId=4"})

    assert found["result_total"] == {"page": 58}
    assert found["result_next"] == {"page": 50}


def test_each_command_of_a_batch_is_booked_and_the_batch_itself_is_not(client):
    client.sandbox.settings(operating_limit_seconds=10, operating_cost={"server.time": 20})

    found = client.call("batch", cmd=["server.time", "server.time"])

    assert found["result_error"]["1"]["error"] == "OPERATION_TIME_LIMIT"
    assert "operating" not in client.post("batch", cmd=["profile"]).json()["time"]
