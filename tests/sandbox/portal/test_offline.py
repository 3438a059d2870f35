"""Offline events wait for the application, one of each object, and are reserved while it works on them."""

import pytest

from sandbox.portal.driver import MANAGER
from tests.sandbox.portal_handler import client_of

EVENT = {"event": "ONCRMDEALUPDATE", "event_type": "offline"}


@pytest.fixture
def bound(client):
    client.call("event.bind", **EVENT)
    return client


def change(client, number: str = "1") -> None:
    client.sandbox.change_item({"UF_CRM_CONTRACT_NUMBER": number})


def test_an_event_waits_in_the_queue_once_for_each_object(bound, handler):
    change(bound, "1")
    change(bound, "2")

    queued = bound.call("event.offline.list")

    assert [(one["EVENT_NAME"], one["EVENT_DATA"]) for one in queued] == [("ONCRMDEALUPDATE", {"FIELDS": {"ID": 1}})]
    assert handler.at("/") == []


def test_what_was_taken_is_gone(bound):
    change(bound)

    taken = bound.call("event.offline.get")

    assert taken["process_id"] is None
    assert len(taken["events"]) == 1
    assert bound.call("event.offline.get")["events"] == []


def test_what_is_reserved_stays_until_it_is_cleared(bound):
    change(bound)
    taken = bound.call("event.offline.get", clear=0)

    assert bound.call("event.offline.get", clear=0)["events"] == []
    again = bound.call("event.offline.get", clear=0, process_id=taken["process_id"])
    assert again["events"] == taken["events"]
    bound.call("event.offline.clear", process_id=taken["process_id"])
    assert bound.call("event.offline.list") == []


def test_a_change_during_the_work_is_an_event_of_its_own(bound):
    change(bound, "1")
    bound.call("event.offline.get", clear=0)

    change(bound, "2")

    assert [bool(one["PROCESS_ID"]) for one in bound.call("event.offline.list")] == [True, False]


def test_failed_events_are_given_out_only_when_wanted(bound):
    change(bound)
    taken = bound.call("event.offline.get", clear=0)

    bound.call("event.offline.error", process_id=taken["process_id"], message_id=[taken["events"][0]["MESSAGE_ID"]])

    process = {"clear": 0, "process_id": taken["process_id"]}
    assert bound.call("event.offline.get", **process)["events"] == []
    assert len(bound.call("event.offline.get", **process, error=1)["events"]) == 1


def test_the_application_is_pinged(bound, handler):
    bound.call("event.bind", event="ONOFFLINEEVENT", handler=handler.url + "/ping", options={"minTimeout": 60})

    change(bound, "1")
    handler.wait("/ping")
    change(bound, "2")
    bound.sandbox.wait_deliveries()

    assert len(handler.at("/ping")) == 1


def test_queues_of_connectors_are_apart(client):
    client.call("event.bind", **EVENT, auth_connector="edo")
    change(client)

    assert client.call("event.offline.list") == []
    assert len(client.call("event.offline.list", auth_connector="edo")) == 1


def test_an_offline_binding_is_listed_and_taken_back(bound):
    assert [one["offline"] for one in bound.call("event.get")] == [1]
    assert bound.call("event.unbind", **EVENT) == {"count": 1}
    assert bound.call("event.get") == []


@pytest.mark.parametrize("method", ["get", "list", "clear", "error"])
def test_the_queue_is_for_administrators(bound, portal_sandbox, method):
    manager = client_of(portal_sandbox, bound.app, MANAGER)

    assert manager.refusal(f"event.offline.{method}", process_id="x")[:2] == (403, "ACCESS_DENIED")


def test_a_process_must_be_named_to_clear(bound):
    assert bound.refusal("event.offline.clear")[1] == "ERROR_ARGUMENT"
