"""Reading documents, docflows and the feed: what is asked, and what comes of the answer."""

import json
from datetime import UTC, datetime

import pytest
import responses

from clients.diadoc.models import DocumentId
from clients.diadoc.states import Direction, MessageType
from clients.diadoc.ticks import to_ticks
from errors import ServiceError
from tests.clients.diadoc_support import ACT, ADDRESS, API, MESSAGE, OUR_BOX, OUR_BOX_GUID, client, sample


@pytest.fixture
def remote():
    with responses.RequestsMock() as mock:
        yield mock


def asked(remote) -> tuple[dict, dict]:
    """Parameters and JSON of the last request."""
    request = remote.calls[-1].request
    return request.params, json.loads(request.body) if request.body else {}


def test_a_document_is_read_without_its_content(remote):
    remote.get(f"{API}/V3/GetDocument", json=sample("document_signed"))

    document = client().get_document(**ADDRESS)

    assert document.entity_id == ACT
    assert asked(remote)[0] == {
        "boxId": OUR_BOX_GUID,
        "messageId": MESSAGE,
        "entityId": ACT,
        "injectEntityContent": "false",
    }


def test_documents_are_found_by_message_and_by_our_id(remote):
    found = {"TotalCount": 1, "Documents": [sample("document_waiting")]}
    remote.get(f"{API}/GetDocumentsByMessageId", json=found)
    remote.get(f"{API}/GetDocumentsByCustomId", json={"TotalCount": 0, "Documents": []})
    diadoc = client()

    by_message = diadoc.get_documents_by_message_id(box_id=OUR_BOX, message_id=MESSAGE)
    by_our_id = diadoc.get_documents_by_custom_id(box_id=OUR_BOX, custom_document_id="b24-1-a")

    assert [document.entity_id for document in by_message] == [ACT]
    assert by_our_id == ()
    assert asked(remote)[0] == {"boxId": OUR_BOX_GUID, "customDocumentId": "b24-1-a"}


def test_a_message_is_read_with_the_signatures_that_were_given(remote):
    remote.get(f"{API}/V6/GetMessage", json=sample("message"))

    message = client().get_message(box_id=OUR_BOX, message_id=MESSAGE)

    assert len(message.documents) == 2
    assert asked(remote)[0] == {"boxId": OUR_BOX_GUID, "messageId": MESSAGE, "originalSignature": "true"}


def test_docflows_are_read_by_the_hundred(remote):
    remote.post(f"{API}/V4/GetDocflows", json=sample("docflows_signed"))
    wanted = [DocumentId(message_id=MESSAGE, entity_id=str(number)) for number in range(250)]

    found = client().get_docflows(box_id=OUR_BOX, document_ids=wanted)

    sizes = [len(json.loads(call.request.body)["Requests"]) for call in remote.calls]
    assert sizes == [100, 100, 50]
    assert len(found) == 3
    assert json.loads(remote.calls[0].request.body)["Requests"][0] == {
        "DocumentId": {"MessageId": MESSAGE, "EntityId": "0"},
        "InjectEntityContent": False,
    }


def test_no_docflows_are_not_asked_for():
    assert client().get_docflows(box_id=OUR_BOX, document_ids=[]) == ()


def test_an_empty_page_of_a_packet_is_not_its_end(remote):
    url = f"{API}/V4/GetDocflowsByPacketId"
    last = {"Documents": [{"Document": sample("docflows_signed")["Documents"][0], "IndexKey": "eA=="}]}
    remote.post(url, json={"Documents": [], "NextPageIndexKey": "a+b="})
    remote.post(url, json=last)

    found = client().get_docflows_by_packet_id(box_id=OUR_BOX, packet_id="p-1")

    assert [docflow.entity_id for docflow in found] == [ACT]
    assert asked(remote)[1]["AfterIndexKey"] == "a+b="
    assert "AfterIndexKey" not in json.loads(remote.calls[0].request.body)


def test_a_packet_without_end_is_left(remote):
    remote.post(f"{API}/V4/GetDocflowsByPacketId", json={"NextPageIndexKey": "again"})

    with pytest.raises(ServiceError, match="no end"):
        client().get_docflows_by_packet_id(box_id=OUR_BOX, packet_id="p-1")


def test_the_feed_goes_on_after_a_key_of_any_characters(remote):
    remote.get(f"{API}/V8/GetNewEvents", json=sample("events"))

    page = client().get_new_events(
        box_id=OUR_BOX,
        after_index_key="AAE+Bw/=1",
        message_types=(MessageType.LETTER, MessageType.DRAFT),
        directions=(Direction.OUTBOUND,),
        since=datetime(2026, 11, 1, tzinfo=UTC),
    )

    assert page.last_index_key == "AAE+Bw/=4"
    assert "afterIndexKey=AAE%2BBw%2F%3D1" in remote.calls[0].request.url
    assert asked(remote)[0] == {
        "boxId": OUR_BOX_GUID,
        "afterIndexKey": "AAE+Bw/=1",
        "messageType": "Letter,Draft",
        "documentDirection": "Outbound",
        "timestampFromTicks": str(to_ticks(datetime(2026, 11, 1, tzinfo=UTC))),
        "limit": "100",
    }


def test_the_end_of_the_feed_has_no_key(remote):
    remote.get(f"{API}/V8/GetNewEvents", json=sample("events_empty"))

    page = client().get_new_events(box_id=OUR_BOX, after_index_key="k")

    assert page.events == ()
    assert page.last_index_key == ""


def test_an_event_without_a_key_stops_the_reader_instead_of_resetting_it(remote):
    remote.get(f"{API}/V8/GetNewEvents", json={"Events": [{"EventId": "e", "Patch": {"MessageId": MESSAGE}}]})

    with pytest.raises(ServiceError, match="key"):
        client().get_new_events(box_id=OUR_BOX)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "5"}])
def test_an_empty_box_has_no_last_event(remote, headers):
    remote.get(f"{API}/V2/GetLastEvent", status=204, headers=headers)

    assert client().get_last_event(box_id=OUR_BOX) is None


def test_the_last_event_and_one_event_are_read(remote):
    event = sample("events")["Events"][1]
    remote.get(f"{API}/V2/GetLastEvent", json=event)
    remote.get(f"{API}/V3/GetEvent", json=event)
    diadoc = client()

    last = diadoc.get_last_event(box_id=OUR_BOX)
    again = diadoc.get_event(box_id=OUR_BOX, event_id=last.event_id)

    assert last.index_key == "AAE+Bw/=2"
    assert again == last
