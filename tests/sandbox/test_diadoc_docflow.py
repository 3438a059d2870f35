"""Docflow methods: states in batches, the feed of states, packets, search; and who may use them."""

from typing import Any

import pytest

from sandbox.diadoc.driver import CLERK, LYUTIK, ROBOT, DiadocSandbox, User
from tests.sandbox.diadoc_letters import BOX, PDF, attachment, b64, document, refusal, send


def ask(sandbox: DiadocSandbox, method: str, body: dict[str, Any], *, user: User = ROBOT):
    return sandbox.call("POST", f"/V4/{method}?boxId={BOX}", user=user, json=body)


def requests_for(*addresses: tuple[str, str], **options: Any) -> dict:
    return {
        "Requests": [{"DocumentId": {"MessageId": one, "EntityId": two}, **options} for one, two in addresses],
    }


def events(sandbox: DiadocSandbox, **body: Any) -> list[dict]:
    answer = ask(sandbox, "GetDocflowEvents", {"Filter": {}, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()["Events"]


def test_states_come_in_the_order_they_were_asked_for(diadoc_sandbox: DiadocSandbox):
    message_id, (first, second) = send(diadoc_sandbox, attachment(), attachment())

    answer = ask(diadoc_sandbox, "GetDocflows", requests_for((message_id, second), (message_id, first))).json()

    assert [one["DocumentId"]["EntityId"] for one in answer["Documents"]] == [second, first]


def test_both_signatures_can_be_found_for_download(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    diadoc_sandbox.sign_by_recipient(message_id)

    state = ask(diadoc_sandbox, "GetDocflows", requests_for((message_id, entity_id))).json()["Documents"][0]["Docflow"]
    signatures = [state["SenderTitle"]["Attachment"]["Signature"], state["RecipientResponse"]["Signature"]]
    query = {"boxId": BOX, "messageId": message_id}
    contents = [
        diadoc_sandbox.call("GET", "/V4/GetEntityContent", params={**query, "entityId": one["Cms"]["EntityId"]})
        for one in signatures
    ]

    assert [one["SignerBoxId"] for one in signatures] == [BOX, LYUTIK.box]
    assert [len(one.content) for one in contents] == [one["Cms"]["Content"]["Size"] for one in signatures]


def test_contents_come_when_asked_for(diadoc_sandbox: DiadocSandbox):
    address = send(diadoc_sandbox)
    where = (address[0], address[1][0])

    def content(**options: bool) -> dict:
        found = ask(diadoc_sandbox, "GetDocflows", requests_for(where, **options)).json()["Documents"][0]
        return found["Docflow"]["SenderTitle"]["Attachment"]["Attachment"]["Entity"]["Content"]

    assert content() == {"Size": len(PDF)}
    assert content(InjectEntityContent=True) == {"Size": len(PDF), "Data": b64(PDF)}


def test_contents_over_a_megabyte_are_left_out_silently(diadoc_sandbox: DiadocSandbox):
    big = {"Content": b64(bytes(1_048_577))}
    message_id, (entity_id,) = send(diadoc_sandbox, attachment(SignedContent=big))
    query = {"boxId": BOX, "messageId": message_id, "entityId": entity_id}

    found = diadoc_sandbox.call("GET", "/V3/GetDocument", params=query).json()

    assert found["Content"] == {"Size": 1_048_577}


def test_unknown_documents_and_wrong_batches_are_refused(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    known = (message_id, entity_id)

    assert refusal(ask(diadoc_sandbox, "GetDocflows", requests_for(known, (message_id, BOX))))[0] == 404
    assert refusal(ask(diadoc_sandbox, "GetDocflows", requests_for(*[known] * 101)))[0] == 400
    assert refusal(ask(diadoc_sandbox, "GetDocflows", {"Requests": []}))[0] == 400


@pytest.mark.parametrize("method", ["GetDocflows", "GetDocflowEvents", "GetDocflowsByPacketId", "SearchDocflows"])
def test_a_user_who_does_not_see_everything_is_refused(diadoc_sandbox: DiadocSandbox, method: str):
    assert (
        refusal(ask(diadoc_sandbox, method, {"Filter": {}, "PacketId": BOX, "QueryString": "1"}, user=CLERK))[0] == 403
    )


def test_every_change_of_a_document_is_an_event_with_its_state(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    diadoc_sandbox.refuse(message_id, "Неверная сумма")

    found = events(diadoc_sandbox, PopulateDocuments=True)

    assert [one["DocumentId"] for one in found] == [{"MessageId": message_id, "EntityId": entity_id}] * 4
    assert [one.get("PreviousEventId", "") for one in found] == ["", *[one["EventId"] for one in found[:-1]]]
    response = found[-1]["Document"]["Docflow"]["RecipientResponse"]
    assert response["Rejection"]["PlainText"] == "Неверная сумма"
    assert "Document" not in events(diadoc_sandbox)[0]


def test_the_feed_of_states_needs_its_filter_under_the_right_name(diadoc_sandbox: DiadocSandbox):
    assert refusal(ask(diadoc_sandbox, "GetDocflowEvents", {"TimeBasedFilter": {}}))[0] == 400


def test_the_feed_of_states_has_keys_of_its_own(diadoc_sandbox: DiadocSandbox):
    message_id, _ = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    found = events(diadoc_sandbox)

    rest = events(diadoc_sandbox, AfterIndexKey=found[0]["IndexKey"])
    page = events(diadoc_sandbox, Limit=1)
    wrong = ask(diadoc_sandbox, "GetDocflowEvents", {"Filter": {}, "AfterIndexKey": "AAAA"})

    assert (rest, page) == (found[1:], found[:1])
    assert refusal(wrong) == (400, "cursor must have valid value")


def test_the_feed_of_states_is_filtered(diadoc_sandbox: DiadocSandbox):
    message_id, _ = send(diadoc_sandbox)
    middle = diadoc_sandbox.messages()[0]["TimestampTicks"] + 1
    later, _ = send(
        diadoc_sandbox, attachment("Contract", metadata={"DocumentNumber": "1", "DocumentDate": "01.01.2026"})
    )

    def found(**body: Any) -> list[str]:
        return [one["DocumentId"]["MessageId"] for one in events(diadoc_sandbox, **body)]

    assert found(TypeNamedIds=["Contract"]) == [later]
    assert found(DocumentDirections=["Inbound"]) == []
    assert found(MessageTypes=["Letter"]) == [message_id, later]
    assert found(Filter={"SortDirection": "Descending"}) == [later, message_id]
    assert found(Filter={"FromTimestamp": {"Ticks": middle + 10_000}})[-1:] == [later]


def test_a_packet_is_read_through_an_empty_page(diadoc_sandbox: DiadocSandbox):
    message_id, entity_ids = send(diadoc_sandbox, *[attachment()] * 3)
    packet_id = document(diadoc_sandbox, message_id, entity_ids[0])["PacketId"]
    body = {"PacketId": packet_id, "Count": 2}

    pages, key = [], ""
    for _ in range(10):
        page = ask(diadoc_sandbox, "GetDocflowsByPacketId", body | ({"AfterIndexKey": key} if key else {})).json()
        pages.append([one["Document"]["DocumentId"]["EntityId"] for one in page["Documents"]])
        key = page.get("NextPageIndexKey", "")
        if not key:
            break

    assert pages == [[], entity_ids[:2], entity_ids[2:]]


def test_the_empty_page_can_be_left_out(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(packet_empty_page=False)
    message_id, (entity_id,) = send(diadoc_sandbox)
    packet_id = document(diadoc_sandbox, message_id, entity_id)["PacketId"]

    page = ask(diadoc_sandbox, "GetDocflowsByPacketId", {"PacketId": packet_id}).json()

    assert [one["Document"]["DocumentId"]["EntityId"] for one in page["Documents"]] == [entity_id]
    assert refusal(ask(diadoc_sandbox, "GetDocflowsByPacketId", {"PacketId": BOX}))[0] == 404


@pytest.mark.parametrize("query", ["b24_item: 4711", "17/А", "договор.pdf", LYUTIK.inn])
def test_documents_are_found_by_tag_number_name_and_inn(diadoc_sandbox: DiadocSandbox, query: str):
    tags = [{"Key": "b24_item", "Value": "4711"}]
    message_id, _ = send(diadoc_sandbox, attachment(metadata={"DocumentNumber": "17/А"}, CustomData=tags))

    found = ask(diadoc_sandbox, "SearchDocflows", {"QueryString": query}).json()
    nothing = ask(diadoc_sandbox, "SearchDocflows", {"QueryString": "нет такого"}).json()

    assert [one["DocumentId"]["MessageId"] for one in found["Documents"]] == [message_id]
    assert nothing == {"Documents": [], "HaveMoreDocuments": False}
