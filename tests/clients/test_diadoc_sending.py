"""Sending: messages, patches, drafts, deletions, service documents."""

import base64
import json

import pytest
import responses

from clients.diadoc.answers import StillInProgress
from clients.diadoc.models import MessagePatchToPost, MessageToPost
from errors import Unavailable
from tests.clients.diadoc_support import (
    ACT,
    ADDRESS,
    API,
    MESSAGE,
    OUR_BOX,
    OUR_BOX_GUID,
    THEIR_BOX,
    THEIR_BOX_GUID,
    client,
    sample,
)


@pytest.fixture
def remote():
    with responses.RequestsMock() as mock:
        yield mock


def asked(remote) -> tuple[dict, dict]:
    """Parameters and JSON of the last request."""
    request = remote.calls[-1].request
    return request.params, json.loads(request.body) if request.body else {}


def test_a_message_is_posted_under_its_operation_id(remote):
    remote.post(f"{API}/V3/PostMessage", json=sample("message"))
    message = MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=())

    posted = client().post_message(message, operation_id="op-1")

    params, body = asked(remote)
    assert posted.message_id == MESSAGE
    assert params == {"operationId": "op-1"}
    assert body["ToBoxId"] == THEIR_BOX_GUID


def test_a_message_still_being_saved_is_not_posted_and_not_lost(remote):
    remote.post(f"{API}/V3/PostMessage", status=204, headers={"Retry-After": "10"})
    message = MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=())

    with pytest.raises(StillInProgress) as caught:
        client().post_message(message, operation_id="op-1")

    assert caught.value.retry_after == 10
    assert caught.value.temporary


def test_a_success_without_an_id_is_asked_again_later(remote):
    remote.post(f"{API}/V3/PostMessage", json={})

    with pytest.raises(Unavailable):
        client().post_message(MessageToPost(from_box_id=OUR_BOX, documents=()), operation_id="op-1")


def test_a_patch_a_draft_and_a_deletion_are_sent(remote):
    remote.post(f"{API}/V4/PostMessagePatch", json={"MessageId": MESSAGE, "PatchId": "P1"})
    remote.post(f"{API}/SendDraft", json=sample("message"))
    remote.post(f"{API}/RecycleDraft")
    remote.post(f"{API}/Delete")
    diadoc = client()

    patch = diadoc.post_message_patch(MessagePatchToPost(box_id=OUR_BOX, message_id=MESSAGE), operation_id="op-2")
    letter = diadoc.send_draft(box_id=OUR_BOX, draft_id="d", to_box_id=THEIR_BOX, operation_id="op-3")
    diadoc.recycle_draft(box_id=OUR_BOX, draft_id="d")
    diadoc.delete(box_id=OUR_BOX, message_id=MESSAGE)

    _, sent, recycled, deleted = (call.request for call in remote.calls)
    assert (patch.patch_id, letter.message_id) == ("p1", MESSAGE)
    assert sent.params == {"operationId": "op-3"}
    assert json.loads(sent.body) == {"BoxId": OUR_BOX_GUID, "DraftId": "d", "ToBoxId": THEIR_BOX_GUID}
    assert recycled.params == {"boxId": OUR_BOX_GUID, "draftId": "d"}
    assert deleted.params == {"boxId": OUR_BOX_GUID, "messageId": MESSAGE}


def test_service_documents_are_generated_with_their_names(remote):
    headers = {"Content-Disposition": 'attachment; filename="ON_1.xml"'}
    remote.post(f"{API}/V2/GenerateRevocationRequestXml", body=b"<revocation/>", headers=headers)
    remote.post(f"{API}/V2/GenerateSignatureRejectionXml", body=b"<rejection/>", headers=headers)
    diadoc = client()

    revocation = diadoc.generate_revocation_request_xml(**ADDRESS, comment="Ошибка")
    rejection = diadoc.generate_signature_rejection_xml(**ADDRESS, reason="Нет", signer_content=b"<s/>")

    first, second = (call.request for call in remote.calls)
    assert (revocation.file_name, revocation.content) == ("ON_1.xml", b"<revocation/>")
    assert rejection.content == b"<rejection/>"
    assert first.params["attachmentId"] == ACT
    assert json.loads(first.body) == {"Comment": "Ошибка"}
    assert json.loads(second.body) == {
        "ErrorMessage": "Нет",
        "MessageId": MESSAGE,
        "AttachmentId": ACT,
        "SignerContent": base64.b64encode(b"<s/>").decode(),
    }


@pytest.mark.parametrize("answer", [{"body": b"<html>", "content_type": "text/html"}, {"body": b""}])
def test_a_page_in_the_place_of_a_service_document_is_refused(remote, monkeypatch, answer):
    monkeypatch.setattr("clients.diadoc.transport.PATIENCE_SECONDS", 0)
    remote.post(f"{API}/V2/GenerateRevocationRequestXml", **answer)

    with pytest.raises(Unavailable):
        client().generate_revocation_request_xml(**ADDRESS, comment="Ошибка")
