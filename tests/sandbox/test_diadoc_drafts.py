"""Drafts: what becomes of them, and deleting and moving what is in a box."""

import pytest

from sandbox.diadoc.driver import (
    ACCOUNTING,
    CLERK,
    CMS,
    DIRECTOR,
    LYUTIK,
    SALES,
    VIEWER,
    DiadocSandbox,
    SandboxRefused,
)
from tests.sandbox.diadoc_letters import BOX, INVOICE, attachment, b64, document, feed, letter, post, refusal, send


def draft(sandbox: DiadocSandbox, **members: object) -> tuple[str, str]:
    answer = post(sandbox, letter(attachment(CustomDocumentId="mine"), IsDraft=True, DelaySend=False, **members))
    message = answer.json()
    assert (message["MessageType"], message["IsDraft"]) == ("Draft", True)
    return message["MessageId"], message["Entities"][0]["EntityId"]


def of_message(events: list[dict], message_id: str) -> list[dict]:
    bodies = [event.get("Message") or event["Patch"] for event in events]
    return [body for body in bodies if body["MessageId"] == message_id]


def test_a_sent_draft_becomes_a_letter_with_ids_of_its_own(diadoc_sandbox: DiadocSandbox):
    draft_id, entity_id = draft(diadoc_sandbox)

    new = diadoc_sandbox.send_draft(draft_id)
    events = feed(diadoc_sandbox)
    (created,), recycled = of_message(events, new["message_id"])[:1], of_message(events, draft_id)[-1]
    found = document(diadoc_sandbox, new["message_id"], new["entity_ids"][0])

    assert new["message_id"] != draft_id
    assert new["entity_ids"] != [entity_id]
    assert created["CreatedFromDraftId"] == draft_id
    assert (recycled["ForDraft"], recycled["DraftIsRecycled"]) == (True, True)
    assert recycled["DraftIsTransformedToMessageIdList"] == [new["message_id"]]
    assert found["Origin"] == {"MessageType": "Draft", "MessageId": draft_id}
    assert found["CustomDocumentId"] == "mine"
    assert found["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"


@pytest.mark.parametrize("letter_first", [True, False])
def test_the_two_events_come_in_either_order_with_others_between(diadoc_sandbox, letter_first: bool):
    draft_id, _ = draft(diadoc_sandbox)

    new = diadoc_sandbox.send_draft(draft_id, gap=3, letter_first=letter_first)
    told = [(event.get("Message") or event["Patch"])["MessageId"] for event in feed(diadoc_sandbox)]

    first, last = (new["message_id"], draft_id) if letter_first else (draft_id, new["message_id"])
    first_place = told.index(first, 1)
    assert told.index(last, first_place) == first_place + 4


def test_a_draft_is_sent_by_the_api_once(diadoc_sandbox: DiadocSandbox):
    draft_id, entity_id = draft(diadoc_sandbox)
    signatures = [{"ParentEntityId": entity_id, "Signature": b64(CMS)}]
    body = {"BoxId": BOX, "DraftId": draft_id, "DocumentSignatures": signatures}

    sent = diadoc_sandbox.call("POST", "/SendDraft?operationId=a", user=DIRECTOR, json=body)
    repeated = diadoc_sandbox.call("POST", "/SendDraft?operationId=a", user=DIRECTOR, json=body)
    again = diadoc_sandbox.call("POST", "/SendDraft?operationId=b", user=DIRECTOR, json=body)

    assert sent.json()["CreatedFromDraftId"] == draft_id
    assert repeated.json() == sent.json()
    assert refusal(again)[0] == 409


def test_sending_a_draft_needs_a_signer_and_a_recipient(diadoc_sandbox: DiadocSandbox):
    draft_id, entity_id = draft(diadoc_sandbox, ToBoxId="")
    signatures = [{"ParentEntityId": entity_id, "Signature": b64(CMS)}]
    body = {"BoxId": BOX, "DraftId": draft_id, "DocumentSignatures": signatures}

    robot = diadoc_sandbox.call("POST", "/SendDraft", json=body)
    nowhere = diadoc_sandbox.call("POST", "/SendDraft", user=DIRECTOR, json=body)
    somewhere = diadoc_sandbox.call("POST", "/SendDraft", user=DIRECTOR, json=body | {"ToBoxId": LYUTIK.box})

    assert (refusal(robot)[0], refusal(nowhere)[0], somewhere.status_code) == (403, 400, 200)


def test_a_draft_is_thrown_away_once(diadoc_sandbox: DiadocSandbox):
    draft_id, _ = draft(diadoc_sandbox)
    path = f"/RecycleDraft?boxId={BOX}&draftId={draft_id}"

    first, again = diadoc_sandbox.call("POST", path), diadoc_sandbox.call("POST", path)
    patch = feed(diadoc_sandbox)[-1]["Patch"]

    assert (first.status_code, refusal(again)[0]) == (200, 409)
    assert (patch["DraftIsRecycled"], patch["DraftIsTransformedToMessageIdList"]) == (True, [])
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.send_draft(draft_id)


def test_a_lenient_draft_may_lack_metadata(diadoc_sandbox: DiadocSandbox):
    body = letter(attachment("ProformaInvoice", Metadata=[]), IsDraft=True, DelaySend=False)

    assert post(diadoc_sandbox, body).status_code == 400
    assert post(diadoc_sandbox, body | {"StrictDraftValidation": False}).status_code == 200


def test_a_draft_is_no_letter_to_sign(diadoc_sandbox: DiadocSandbox):
    draft_id, entity_id = draft(diadoc_sandbox)

    with pytest.raises(SandboxRefused):
        diadoc_sandbox.sign_by_sender(draft_id, [entity_id])


def test_an_unsent_letter_is_deleted_once_and_comes_back(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    query = f"?boxId={BOX}&messageId={message_id}"

    answers = [
        diadoc_sandbox.call("POST", f"/{method}{query}") for method in ("Delete", "Delete", "Restore", "Restore")
    ]
    deleted, restored = (event["Patch"] for event in feed(diadoc_sandbox)[1:])

    assert [answer.status_code for answer in answers] == [200, 409, 200, 409]
    assert (deleted["MessageIsDeleted"], restored["MessageIsRestored"]) == (True, True)
    assert document(diadoc_sandbox, message_id, entity_id)["IsDeleted"] is False


def test_one_document_of_a_letter_is_deleted(diadoc_sandbox: DiadocSandbox):
    message_id, (first, second) = send(diadoc_sandbox, attachment(), attachment("Contract", metadata=INVOICE))

    diadoc_sandbox.call("POST", f"/Delete?boxId={BOX}&messageId={message_id}&documentId={first}")
    patch = feed(diadoc_sandbox)[-1]["Patch"]

    assert patch["MessageIsDeleted"] is False
    assert [(one["EntityId"], one["DocumentIsDeleted"]) for one in patch["EntityPatches"]] == [(first, True)]
    assert document(diadoc_sandbox, message_id, second)["IsDeleted"] is False


def test_deleting_is_refused_without_the_right_or_the_letter(diadoc_sandbox: DiadocSandbox):
    message_id, _ = send(diadoc_sandbox)

    by_viewer = diadoc_sandbox.call("POST", f"/Delete?boxId={BOX}&messageId={message_id}", user=VIEWER)
    nothing = diadoc_sandbox.call("POST", f"/Delete?boxId={BOX}&messageId={BOX}")

    assert (refusal(by_viewer)[0], refusal(nothing)[0]) == (403, 404)


def test_a_locked_packet_is_deleted_whole(diadoc_sandbox: DiadocSandbox):
    message_id, (first, _) = send(diadoc_sandbox, attachment(), attachment(), LockMode="Full")

    part = diadoc_sandbox.call("POST", f"/Delete?boxId={BOX}&messageId={message_id}&documentId={first}")
    whole = diadoc_sandbox.call("POST", f"/Delete?boxId={BOX}&messageId={message_id}")

    assert (refusal(part)[0], whole.status_code) == (409, 200)
    assert part.headers["X-Diadoc-ErrorCode"] == "DocumentService.NotAllowedForLockedPacket"


def test_a_moved_document_changes_hands(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, FromDepartmentId=ACCOUNTING)
    query = {"boxId": BOX, "messageId": message_id, "entityId": entity_id}
    ids = [{"MessageId": message_id, "EntityId": entity_id}]
    body = {"BoxId": BOX, "ToDepartmentId": SALES, "DocumentIds": ids}

    before = diadoc_sandbox.call("GET", "/V3/GetDocument", user=CLERK, params=query)
    moved = diadoc_sandbox.call("POST", "/MoveDocuments", json=body)
    after = diadoc_sandbox.call("GET", "/V3/GetDocument", user=CLERK, params=query)
    nowhere = diadoc_sandbox.call("POST", "/MoveDocuments", json=body | {"ToDepartmentId": BOX})

    assert refusal(before) == (403, "У вас нет доступа к документу")
    assert (moved.status_code, after.json()["DepartmentId"]) == (200, SALES)
    assert feed(diadoc_sandbox)[-1]["Patch"]["EntityPatches"][0]["MovedToDepartment"] == SALES
    assert refusal(nowhere) == (404, "Department wasn't found")
