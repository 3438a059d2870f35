"""The main feed: order, keys, filters, pages, and everything that is unpleasant about it."""

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.diadoc.driver import (
    CLERK,
    LOGISTICS,
    LYUTIK,
    PARTNER_SIGNER,
    ROAMING_PARTNER,
    SALES,
    DiadocSandbox,
)
from tests.sandbox.diadoc_letters import BOX, INVOICE, attachment, document, feed, letter, post, refusal, send


def ask(sandbox: DiadocSandbox, path: str = "/V8/GetNewEvents", **query: Any):
    return sandbox.call("GET", path, params={"boxId": BOX, **query})


def ids(events: list[dict]) -> list[str]:
    return [event["EventId"] for event in events]


def walk(sandbox: DiadocSandbox, key: str = "", **query: Any) -> list[list[dict]]:
    """All pages until an empty one, at most 50."""
    pages = []
    for _ in range(50):
        page = feed(sandbox, **({"afterIndexKey": key} if key else {}), **query)
        if not page:
            break
        pages.append(page)
        key = page[-1]["IndexKey"]
    return pages


def test_an_empty_box_has_no_last_event(diadoc_sandbox: DiadocSandbox):
    answers = [ask(diadoc_sandbox, path) for path in ("/V2/GetLastEvent", "/GetLastEvent")]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert ask(diadoc_sandbox).json() == {"Events": [], "TotalCount": 0, "TotalCountType": "Equal"}


def test_reading_starts_from_the_last_event(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)
    last = ask(diadoc_sandbox, "/V2/GetLastEvent").json()
    message_id, _ = send(diadoc_sandbox, attachment(CustomDocumentId="new"))

    (event,) = feed(diadoc_sandbox, afterIndexKey=last["IndexKey"])

    assert event["Message"]["MessageId"] == message_id


def test_without_a_key_the_oldest_event_comes_first(diadoc_sandbox: DiadocSandbox):
    written = diadoc_sandbox.act("fill_feed", box=BOX, count=3)["message_ids"]

    events = feed(diadoc_sandbox)

    assert [event["Message"]["MessageId"] for event in events] == written
    assert [event["Message"]["MessageId"] for event in feed(diadoc_sandbox, orderBy="Descending")] == written[::-1]


def test_pages_hold_100_events_at_most_and_the_key_is_exclusive(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=BOX, count=205)

    pages = walk(diadoc_sandbox)

    assert [len(page) for page in pages] == [100, 100, 5]
    assert len({event_id for page in pages for event_id in ids(page)}) == 205
    assert [len(page) for page in walk(diadoc_sandbox, limit=90)] == [90, 90, 25]


def test_the_server_may_give_smaller_pages_than_asked_for(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(feed_page_limit=2)
    diadoc_sandbox.act("fill_feed", box=BOX, count=5)

    assert [len(page) for page in walk(diadoc_sandbox, limit=100)] == [2, 2, 1]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
def test_a_limit_out_of_range_is_400(diadoc_sandbox: DiadocSandbox, limit: str):
    assert refusal(ask(diadoc_sandbox, limit=limit))[0] == 400


def test_keys_must_be_escaped_in_an_address(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=BOX, count=60)
    key = next(event["IndexKey"] for event in feed(diadoc_sandbox) if "+" in event["IndexKey"])
    path = f"/V8/GetNewEvents?boxId={BOX}&afterIndexKey="

    raw = diadoc_sandbox.call("GET", path + key)
    escaped = diadoc_sandbox.call("GET", path + quote(key, safe=""))

    assert refusal(raw) == (400, "cursor must have valid value")
    assert escaped.status_code == 200


def test_a_key_of_another_box_or_of_nowhere_is_400(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=LOGISTICS.box)
    (foreign,) = feed(diadoc_sandbox, box=LOGISTICS.box)

    for key in (foreign["IndexKey"], "AAAA"):
        assert refusal(ask(diadoc_sandbox, afterIndexKey=key)) == (400, "cursor must have valid value")


def test_the_old_cursor_works_but_not_beside_the_new_one(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=BOX, count=2)
    first, second = feed(diadoc_sandbox)

    both = ask(diadoc_sandbox, afterIndexKey=first["IndexKey"], afterEventId=first["EventId"])

    assert ids(feed(diadoc_sandbox, afterEventId=first["EventId"])) == [second["EventId"]]
    assert refusal(both)[0] == 400


def test_events_are_filtered(diadoc_sandbox: DiadocSandbox):
    plain, _ = send(diadoc_sandbox)
    invoice, _ = send(diadoc_sandbox, attachment("ProformaInvoice", metadata=INVOICE), ToBoxId=ROAMING_PARTNER.box)
    draft = post(diadoc_sandbox, letter(IsDraft=True, DelaySend=False)).json()["MessageId"]
    incoming = diadoc_sandbox.incoming([{}])["message_id"]
    feed(diadoc_sandbox)  # the incoming letter has arrived now

    def found(**query: str) -> set[str]:
        return {event["Message"]["MessageId"] for event in feed(diadoc_sandbox, **query)}

    assert found() == {plain, invoice, draft, incoming}
    assert found(messageType="Draft") == {draft}
    assert found(messageType="Letter,Template") == {plain, invoice, incoming}
    assert found(documentDirection="Inbound") == {incoming}
    assert found(typeNamedId="ProformaInvoice,Contract") == {invoice}
    assert found(counteragentBoxId=ROAMING_PARTNER.box) == {invoice}


def test_events_are_filtered_by_time(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=BOX, count=3)
    first, second, third = (event["Message"]["MessageId"] for event in feed(diadoc_sandbox))
    middle = next(one["TimestampTicks"] for one in diadoc_sandbox.messages() if one["MessageId"] == second)

    later = [event["Message"]["MessageId"] for event in feed(diadoc_sandbox, timestampFromTicks=middle)]
    earlier = [event["Message"]["MessageId"] for event in feed(diadoc_sandbox, timestampToTicks=middle)]

    assert (later, earlier) == ([second, third], [first])


def test_a_user_of_one_department_names_it_and_sees_no_drafts(diadoc_sandbox: DiadocSandbox):
    own, _ = send(diadoc_sandbox, FromDepartmentId=SALES)
    send(diadoc_sandbox, attachment(CustomDocumentId="head"))
    post(diadoc_sandbox, letter(IsDraft=True, DelaySend=False, FromDepartmentId=SALES))

    def read(query: str):
        return diadoc_sandbox.call("GET", f"/V8/GetNewEvents?boxId={BOX}{query}", user=CLERK)

    assert refusal(read(""))[0] == 400
    assert refusal(read("&departmentId=00000000-0000-0000-0000-000000000000"))[0] == 403
    assert refusal(read(f"&departmentId={LYUTIK.box}")) == (404, "Department wasn't found")
    assert [event["Message"]["MessageId"] for event in read(f"&departmentId={SALES}").json()["Events"]] == [own]


def test_an_event_stays_as_it_was(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    before = feed(diadoc_sandbox)[0]

    diadoc_sandbox.sign_by_sender(message_id)

    assert feed(diadoc_sandbox)[0] == before
    assert document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"


def test_contents_never_travel_in_the_feed(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox, attachment(Comment="c"))

    entities = feed(diadoc_sandbox)[0]["Message"]["Entities"]

    assert [set(entity["Content"]) for entity in entities] == [{"Size"}, {"Size"}]


def test_one_event_is_read_by_its_id(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)
    (event,) = feed(diadoc_sandbox)
    body = {"Filter": {}}
    docflow_event = diadoc_sandbox.call("POST", f"/V4/GetDocflowEvents?boxId={BOX}", json=body).json()["Events"][0]

    found = ask(diadoc_sandbox, "/V3/GetEvent", eventId=event["EventId"].upper())
    foreign = ask(diadoc_sandbox, "/V3/GetEvent", eventId=docflow_event["EventId"])
    missing = ask(diadoc_sandbox, "/V3/GetEvent", eventId=BOX)

    assert found.json() == event
    assert refusal(foreign) == (400, "Could not determine message id for event")
    assert refusal(missing)[0] == 404


def test_the_first_event_may_have_the_message_id_as_its_own(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(event_id_is_message_id=True)
    message_id, _ = send(diadoc_sandbox)

    assert ids(feed(diadoc_sandbox)) == [message_id]


def test_every_event_may_come_twice_under_new_keys(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(feed_repeat_events=True)
    send(diadoc_sandbox)

    first, again = feed(diadoc_sandbox)

    assert first["EventId"] == again["EventId"]
    assert first["IndexKey"] != again["IndexKey"]


def test_an_old_event_can_be_repeated_later(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("fill_feed", box=BOX, count=2)
    first, second = ids(feed(diadoc_sandbox))

    diadoc_sandbox.act("repeat_event", box=BOX, event_id=first)

    assert ids(feed(diadoc_sandbox)) == [first, second, first]


def test_a_held_event_turns_up_where_the_reader_has_passed(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("hold_events", box=BOX, count=1)
    written = diadoc_sandbox.act("fill_feed", box=BOX, count=2)["message_ids"]
    (seen,) = feed(diadoc_sandbox)

    diadoc_sandbox.act("release_events", box=BOX)

    assert seen["Message"]["MessageId"] == written[1]
    assert feed(diadoc_sandbox, afterIndexKey=seen["IndexKey"]) == []
    assert [event["Message"]["MessageId"] for event in feed(diadoc_sandbox)] == written


def test_a_held_event_can_turn_up_at_the_end(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.act("hold_events", box=BOX, count=1)
    written = diadoc_sandbox.act("fill_feed", box=BOX, count=2)["message_ids"]
    (seen,) = feed(diadoc_sandbox)

    diadoc_sandbox.act("release_events", box=BOX, at_the_end=True)
    (late,) = feed(diadoc_sandbox, afterIndexKey=seen["IndexKey"])

    assert late["Message"]["MessageId"] == written[0]


@pytest.mark.parametrize(("mode", "left"), [("skip", 0), ("repeat", 1)])
def test_two_events_may_share_a_key_at_a_page_border(diadoc_sandbox: DiadocSandbox, mode: str, left: int):
    diadoc_sandbox.settings(feed_same_key=mode)
    diadoc_sandbox.act("fill_feed", box=BOX)
    diadoc_sandbox.act("share_next_key", box=BOX)
    diadoc_sandbox.act("fill_feed", box=BOX)
    both = feed(diadoc_sandbox)

    (first,) = feed(diadoc_sandbox, limit=1)
    rest = feed(diadoc_sandbox, afterIndexKey=first["IndexKey"], limit=1)

    assert both[0]["IndexKey"] == both[1]["IndexKey"]
    assert ids(rest) == ids(both)[1:] * left


def test_v7_answers_the_same_events(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)

    assert ask(diadoc_sandbox, "/V7/GetNewEvents").json()["Events"] == feed(diadoc_sandbox)


def test_each_box_has_a_feed_of_its_own(diadoc_sandbox: DiadocSandbox):
    message_id, _ = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    ours, theirs = feed(diadoc_sandbox), feed(diadoc_sandbox, box=LYUTIK.box, user=PARTNER_SIGNER)

    assert (len(ours), len(theirs)) == (3, 1)
    assert not {event["IndexKey"] for event in ours} & {event["IndexKey"] for event in theirs}
    assert theirs[0]["Message"]["Entities"][0]["DocumentInfo"]["DocumentDirection"] == "Inbound"
