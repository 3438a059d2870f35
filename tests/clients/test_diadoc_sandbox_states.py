"""What people do in the sandbox Diadoc, as documents, docflows and the feed tell it."""

import pytest

from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import DocumentId
from clients.diadoc.states import RecipientResponseStatus, RevocationStatus, RoamingStatus
from errors import NoAccess, NotFoundThere, RequestRejected
from sandbox.diadoc import seed
from tests.clients.diadoc_wire import LONG_WAIT, OURS, THEIRS, Wire, act, address, letter


@pytest.fixture
def wire(diadoc_sandbox):
    return Wire(diadoc_sandbox)


@pytest.fixture
def diadoc(wire) -> DiadocClient:
    return wire.diadoc


@pytest.fixture
def posted(diadoc):
    """An unsigned act: the message and its only document."""
    message = diadoc.post_message(letter(), operation_id="op-1")
    return message, message.documents[0]


@pytest.fixture
def signed(diadoc_sandbox, posted):
    diadoc_sandbox.sign_by_sender(posted[0].message_id)
    diadoc_sandbox.sign_by_recipient(posted[0].message_id)
    diadoc_sandbox.settings(retry_after_seconds=LONG_WAIT)
    return posted[1]


def test_a_document_signed_by_both_tells_so_in_document_and_docflow(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.sign_by_recipient(message.message_id)

    signed = diadoc.get_document(**address(document))
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])
    (by_packet,) = diadoc.get_docflows_by_packet_id(box_id=OURS, packet_id=signed.packet_id)

    assert signed.recipient_response_status == RecipientResponseStatus.SIGNED
    assert signed.sent_at <= signed.delivered_at <= signed.changed_at
    assert docflow.response_status == RecipientResponseStatus.SIGNED
    assert docflow.sender_signature_entity_id != docflow.recipient_signature_entity_id != ""
    assert docflow.answered_at is not None
    assert by_packet == docflow
    entities = diadoc.get_message(box_id=OURS, message_id=message.message_id).children(entity_id=document.entity_id)
    assert {docflow.sender_signature_entity_id, docflow.recipient_signature_entity_id} <= {
        entity.entity_id for entity in entities if entity.is_signature
    }


@pytest.mark.parametrize("form", ["xml", "text", "universal"])
def test_a_refusal_is_told_with_its_reason(diadoc_sandbox, posted, diadoc, form):
    message, document = posted
    diadoc_sandbox.settings(refusal_form=form)
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.refuse(message.message_id, "Неверная сумма")

    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert docflow.response_status == RecipientResponseStatus.REJECTED
    assert docflow.refusal_text == "Неверная сумма"


def test_a_revocation_by_the_counteragent_is_seen(diadoc_sandbox, posted, diadoc):
    message, document = posted
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.sign_by_recipient(message.message_id)
    diadoc_sandbox.request_revocation(message.message_id, "Ошибка", side="recipient")

    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert diadoc.get_document(**address(document)).revocation_status == RevocationStatus.REQUESTS_MINE
    assert docflow.revocation.status == RevocationStatus.REQUESTS_MINE
    assert docflow.revocation.initiator_box_id == THEIRS
    assert docflow.revocation.request_text == "Ошибка"


def test_a_roaming_error_is_told_with_its_reason(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(delivery="manual")
    partner = normal_box_id(seed.ROAMING_PARTNER.box)
    message = diadoc.post_message(letter(to=partner), operation_id="op-1")
    diadoc_sandbox.sign_by_sender(message.message_id)
    diadoc_sandbox.roaming_error(message.message_id, "Получатель не найден")

    document = diadoc.get_document(**address(message.documents[0]))
    (docflow,) = diadoc.get_docflows(box_id=OURS, document_ids=[document.document_id])

    assert document.roaming_status == RoamingStatus.ERROR
    assert document.roaming_description == "Получатель не найден"
    assert docflow.roaming_succeeded is False


def test_the_feed_brings_every_event_once_whatever_its_key(diadoc_sandbox, diadoc):
    assert diadoc.get_last_event(box_id=OURS) is None
    messages = [diadoc.post_message(letter(act(f"a-{n}")), operation_id=f"op-{n}") for n in range(6)]
    for message in messages:
        diadoc_sandbox.sign_by_sender(message.message_id)

    seen, key = [], ""
    while page := diadoc.get_new_events(box_id=OURS, after_index_key=key, limit=5):
        if not page.events:
            break
        seen.extend(page.events)
        key = page.last_index_key

    ids = [event.event_id for event in seen]
    assert len(ids) == len(set(ids)) >= 12
    assert any(set("+/") & set(event.index_key) for event in seen)
    assert {event.message_id for event in seen} == {message.message_id for message in messages}
    assert diadoc.get_last_event(box_id=OURS).index_key == key
    assert diadoc.get_event(box_id=OURS, event_id=ids[-1]).event_id == ids[-1]
    signature = next(event for event in seen if any(entity.is_signature for entity in event.entities))
    assert messages[0].documents[0].entity_id in signature.touched_entity_ids


def test_a_foreign_key_is_refused(diadoc):
    with pytest.raises(RequestRejected, match="cursor"):
        diadoc.get_new_events(box_id=OURS, after_index_key="AAAA+/==")


def test_a_user_who_sees_one_department_gets_neither_feed_nor_docflows(diadoc_sandbox, posted):
    clerk = Wire(diadoc_sandbox, user=seed.CLERK).diadoc

    assert not clerk.get_my_employee(box_id=OURS).sees_all_documents
    with pytest.raises((NoAccess, RequestRejected)):
        clerk.get_new_events(box_id=OURS)
    with pytest.raises(NoAccess):
        clerk.get_docflows(box_id=OURS, document_ids=[posted[1].document_id])


def test_an_unknown_document_is_not_found(diadoc):
    nowhere = "00000000-1111-4222-8333-444444444444"

    with pytest.raises(NotFoundThere):
        diadoc.get_document(box_id=OURS, message_id=nowhere, entity_id=nowhere)
    with pytest.raises(NotFoundThere):
        diadoc.get_docflows(box_id=OURS, document_ids=[DocumentId(message_id=nowhere, entity_id=nowhere)])
