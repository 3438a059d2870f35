"""What we send, as Diadoc wants it written."""

import json
from base64 import b64decode

import pytest

from clients.diadoc.models import (
    DocumentId,
    DocumentToPost,
    MessagePatchToPost,
    MessageToPost,
    ResolutionRequestToPost,
    SignedXmlToPost,
)
from clients.diadoc.models.posting import message_body, patch_body
from tests.clients.diadoc_support import (
    ACT,
    MESSAGE,
    OUR_BOX,
    OUR_BOX_GUID,
    THEIR_BOX,
    THEIR_BOX_GUID,
)


def test_a_message_is_written_as_diadoc_wants_it():
    contract = DocumentToPost(
        type_named_id="Contract",
        custom_document_id="c1",
        content=b"%PDF-1",
        metadata={"FileName": "Договор.pdf", "DocumentNumber": "1"},
        need_recipient_signature=True,
    )
    transfer = DocumentToPost(
        type_named_id="UniversalTransferDocument",
        custom_document_id="c2",
        name_on_shelf="shelf.xml",
        function="ДОП",
        version="utd970_05_03_01",
        initial_documents=(DocumentId(message_id="", entity_id="c1"),),
    )

    body = json.loads(
        message_body(MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=(contract, transfer)))
    )

    assert (body["FromBoxId"], body["ToBoxId"]) == (OUR_BOX_GUID, THEIR_BOX_GUID)
    assert body["DelaySend"] is True
    assert "IsDraft" not in body
    first, second = body["DocumentAttachments"]
    assert b64decode(first["SignedContent"]["Content"], validate=True) == b"%PDF-1"
    assert {"Key": "FileName", "Value": "Договор.pdf"} in first["Metadata"]
    assert "Signature" not in first["SignedContent"]
    assert second["SignedContent"] == {"NameOnShelf": "shelf.xml"}
    assert second["Metadata"] == []
    assert second["InitialDocumentIds"] == [{"MessageId": "", "EntityId": "c1"}]


def test_the_same_message_gives_the_same_bytes():
    document = DocumentToPost(type_named_id="Contract", custom_document_id="c1", content=b"1", metadata={"a": "1"})
    message = MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=(document,))

    assert message_body(message) == message_body(message)
    assert "content" not in repr(message)


def test_a_draft_is_not_delayed_as_well():
    draft = MessageToPost(from_box_id=OUR_BOX, documents=(), is_draft=True, delay_send=False)

    assert json.loads(message_body(draft)) == {
        "FromBoxId": OUR_BOX_GUID,
        "IsDraft": True,
        "LockMode": "None",
    }
    with pytest.raises(ValueError, match="draft"):
        MessageToPost(from_box_id=OUR_BOX, documents=(), is_draft=True)


@pytest.mark.parametrize("where", [{}, {"content": b"1", "name_on_shelf": "n"}])
def test_a_document_is_either_here_or_on_the_shelf(where):
    with pytest.raises(ValueError, match="either"):
        DocumentToPost(type_named_id="Contract", custom_document_id="c1", **where)


def test_a_patch_asks_a_signer_and_proposes_a_revocation():
    patch = MessagePatchToPost(
        box_id=OUR_BOX,
        message_id=MESSAGE,
        resolution_requests=(ResolutionRequestToPost(entity_id=ACT, target_user_id="u1", comment="Подпишите"),),
        revocation_requests=(SignedXmlToPost(entity_id=ACT, content=b"<x/>", signature=b"s"),),
    )

    body = json.loads(patch_body(patch))

    assert body["ResolutionRequests"] == [
        {"InitialDocumentId": ACT, "Type": "SignatureRequest", "TargetUserId": "u1", "Comment": "Подпишите"}
    ]
    assert body["RevocationRequests"][0]["SignedContent"] == {"Content": "PHgvPg==", "Signature": "cw=="}
    assert "Signatures" not in body
