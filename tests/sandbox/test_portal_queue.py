"""The queue server: late, shuffled, twice, never, and never again."""

from sandbox.portal.phpform import parse_query
from tests.sandbox import portal_fixtures

handler, client = portal_fixtures.handler, portal_fixtures.client


def numbers(handler) -> list[str]:
    return [received.form["properties[n]"] for received in handler.at("/call")]


def register(client, handler) -> None:
    client.register("step", handler.url + "/call", PROPERTIES={"n": {"Name": "n"}})


def test_a_refused_delivery_is_not_repeated(client, handler):
    register(client, handler)
    handler.status = 500

    client.sandbox.send_call("step", {"n": "1"})

    [delivery] = client.sandbox.wait_deliveries()
    assert delivery["statuses"] == [500]
    assert len(handler.at("/call")) == 1


def test_a_delivery_to_nobody_is_remembered_with_its_error(client, handler):
    register(client, handler)

    client.sandbox.send_call("step", {"n": "1"}, url="http://127.0.0.1:9/call")

    [delivery] = client.sandbox.wait_deliveries()
    assert (delivery["statuses"], delivery["errors"]) == ([0], ["ConnectionError"])


def test_a_call_may_be_lost(client, handler):
    register(client, handler)
    client.sandbox.settings(queue_drop_next=1)

    client.sandbox.send_call("step", {"n": "lost"})
    client.sandbox.send_call("step", {"n": "kept"})

    assert [one["copies"] for one in client.sandbox.wait_deliveries()] == [0, 1]
    assert numbers(handler) == ["kept"]


def test_a_call_may_come_twice_with_the_same_token(client, handler):
    register(client, handler)
    client.sandbox.settings(queue_duplicate_next=1)

    client.sandbox.send_call("step", {"n": "1"})

    client.sandbox.wait_deliveries()
    first, second = handler.at("/call")
    assert first.form == second.form


def test_calls_may_overtake_each_other(client, handler):
    register(client, handler)
    client.sandbox.settings(queue_out_of_order=True)

    for number in range(4):
        client.sandbox.send_call("step", {"n": str(number)})

    client.sandbox.wait_deliveries()
    assert sorted(numbers(handler)) == ["0", "1", "2", "3"]
    assert numbers(handler) != ["0", "1", "2", "3"]


def test_calls_may_come_late(client, handler):
    register(client, handler)
    client.sandbox.settings(queue_delay_seconds=30)

    client.sandbox.send_call("step", {"n": "1"})

    assert client.sandbox.deliveries()[0]["is_done"] is False
    assert handler.at("/call") == []


def test_a_reset_forgets_what_was_under_way(client, handler):
    register(client, handler)
    client.sandbox.settings(queue_delay_seconds=0.2)
    client.sandbox.send_call("step", {"n": "1"})

    client.sandbox.reset()

    assert client.sandbox.deliveries() == []


def test_a_hand_made_call_may_be_changed(client, handler):
    register(client, handler)

    sent = client.sandbox.send_call("step", {"n": "1"}, changes={"auth": {"member_id": "x"}, "code": "other"})

    body = parse_query(client.sandbox.wait_deliveries()[0]["body"])
    assert (body["auth"], body["code"]) == ({"member_id": "x"}, "other")
    assert body["event_token"] == sent["event_token"]
    assert client.answer(sent["event_token"]) is True
