"""Sending to the sandbox Diadoc: once, whatever happens on the way."""

import io

import pytest

from clients.diadoc import conflicts
from clients.diadoc.answers import StillInProgress
from clients.diadoc.client import DiadocClient
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import MessagePatchToPost, MessageToPost, ResolutionRequestToPost
from clients.diadoc.states import LockMode, ResolutionStatus, SenderSignatureStatus
from errors import Conflict, NoAccess, NotFoundThere, RequestRejected
from sandbox.diadoc import seed
from tests.clients.diadoc_wire import LONG_WAIT, OURS, PDF, THEIRS, Wire, act, address, letter


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


def test_an_unsigned_act_waits_for_our_signature(posted, diadoc):
    message, document = posted

    again = diadoc.get_document(**address(document))

    assert message.to_box_id == document.counteragent_box_id == THEIRS
    assert again.sender_signature_status == SenderSignatureStatus.WAITING
    assert again.sent_at is None
    assert again.custom_document_id == "act-1"


def test_a_repeated_operation_sends_nothing_twice(diadoc_sandbox, diadoc):
    first = diadoc.post_message(letter(), operation_id="op-1")
    second = diadoc.post_message(letter(act("act-1", comment="changed")), operation_id="OP-1")

    assert first.message_id == second.message_id
    assert len(diadoc_sandbox.messages()) == 1


def test_a_lost_reply_is_made_good_by_the_repeat(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("PostMessage", "lost_reply")

    message = diadoc.post_message(letter(), operation_id="op-1")

    assert [one["MessageId"].lower() for one in diadoc_sandbox.messages()] == [message.message_id]


def test_a_page_of_a_proxy_after_the_work_was_done_is_made_good_too(diadoc_sandbox, diadoc):
    diadoc_sandbox.fault("PostMessage", "garbage")

    diadoc.post_message(letter(), operation_id="op-1")

    assert len(diadoc_sandbox.messages()) == 1


@pytest.mark.parametrize("answer", ["204", "409"])
def test_an_operation_in_progress_is_temporary_and_then_answered(diadoc_sandbox, diadoc, answer):
    diadoc_sandbox.settings(post_in_progress_calls=1, post_in_progress_answer=answer, retry_after_seconds=LONG_WAIT)

    with pytest.raises(StillInProgress) as caught:
        diadoc.post_message(letter(), operation_id="op-1")
    message = diadoc.post_message(letter(), operation_id="op-1")

    assert caught.value.temporary
    assert caught.value.retry_after > 3
    assert len(diadoc_sandbox.messages()) == 1
    assert message.documents[0].custom_document_id == "act-1"


def test_an_operation_that_is_over_soon_is_waited_for(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(post_in_progress_calls=1)

    assert diadoc.post_message(letter(), operation_id="op-1").message_id


def test_a_document_of_the_shelf_is_sent_and_comes_back_whole(diadoc_sandbox, diadoc):
    content = PDF * 450_000
    diadoc_sandbox.settings(shelf_lost_parts=[0, 2])

    name = diadoc.shelf_upload(io.BytesIO(content), "pdf")
    message = diadoc.post_message(letter(act(name_on_shelf=name)), operation_id="op-1")
    to = io.BytesIO()
    download = diadoc.get_entity_content(**address(message.documents[0]), to=to)

    assert to.getvalue() == content
    assert download.size == len(content)


def test_a_name_unknown_to_the_shelf_is_told(diadoc):
    with pytest.raises((RequestRejected, NotFoundThere)) as caught:
        diadoc.post_message(letter(act(name_on_shelf="gone.pdf")), operation_id="op-1")

    assert conflicts.shelf_file_gone(caught.value)


def test_what_was_sent_is_found_by_our_id(posted, diadoc):
    found = diadoc.get_documents_by_custom_id(box_id=OURS, custom_document_id="act-1")
    of_message = diadoc.get_documents_by_message_id(box_id=OURS, message_id=posted[0].message_id)

    assert [document.document_id for document in found] == [posted[1].document_id]
    assert [document.document_id for document in of_message] == [posted[1].document_id]
    assert diadoc.get_documents_by_custom_id(box_id=OURS, custom_document_id="other") == ()


@pytest.mark.parametrize(
    ("box", "kind", "predicate"),
    [
        (seed.CLOSED, Conflict, conflicts.only_counteragents),
        (seed.BLOCKER, Conflict, conflicts.blocked_sender),
        (seed.LIQUIDATED, NoAccess, None),
    ],
)
def test_a_recipient_that_takes_nothing_is_told(diadoc, box, kind, predicate):
    with pytest.raises(kind) as caught:
        diadoc.post_message(letter(to=normal_box_id(box.box)), operation_id="op-1")

    assert predicate is None or predicate(caught.value)


def test_a_missing_requisite_is_told_in_diadocs_words(diadoc):
    with pytest.raises(RequestRejected) as caught:
        diadoc.post_message(letter(act(metadata={})), operation_id="op-1")

    assert "FileName" in caught.value.detail


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_full_lock_without_the_paid_feature_is_told(diadoc_sandbox, diadoc, status):
    diadoc_sandbox.settings(lock_full_status=status)
    message = MessageToPost(
        from_box_id=normal_box_id(seed.LOGISTICS.box),
        to_box_id=THEIRS,
        documents=(act("1"), act("2")),
        lock_mode=LockMode.FULL,
    )

    with pytest.raises((Conflict, NoAccess, RequestRejected)) as caught:
        diadoc.post_message(message, operation_id="op-1")

    assert conflicts.lock_full_not_allowed(caught.value)


def test_a_signer_is_asked_to_sign(posted, diadoc):
    message, document = posted
    request = ResolutionRequestToPost(entity_id=document.entity_id, target_user_id=seed.DIRECTOR.id, comment="Прошу")
    patch = MessagePatchToPost(box_id=OURS, message_id=message.message_id, resolution_requests=(request,))

    answered = diadoc.post_message_patch(patch, operation_id="op-2")
    repeated = diadoc.post_message_patch(patch, operation_id="op-2")

    assert answered.patch_id == repeated.patch_id
    assert diadoc.get_document(**address(document)).resolution_status == ResolutionStatus.SIGNATURE_REQUESTED


def test_a_draft_becomes_another_message_when_it_is_sent_and_nothing_when_recycled(diadoc_sandbox, diadoc):
    sent = diadoc.post_message(letter(act("a"), delay_send=False, is_draft=True), operation_id="op-1")
    thrown = diadoc.post_message(letter(act("b"), delay_send=False, is_draft=True), operation_id="op-2")

    created = diadoc_sandbox.send_draft(sent.message_id)
    diadoc.recycle_draft(box_id=OURS, draft_id=thrown.message_id)

    draft = diadoc.get_message(box_id=OURS, message_id=sent.message_id)
    assert draft.letters_of_draft == (created["message_id"].lower(),)
    assert draft.draft_is_recycled
    assert diadoc.get_message(box_id=OURS, message_id=thrown.message_id).draft_is_recycled
    with pytest.raises(Conflict) as caught:
        diadoc.recycle_draft(box_id=OURS, draft_id=thrown.message_id)
    assert conflicts.already_done(caught.value)


def test_an_unsent_document_is_deleted_once(posted, diadoc):
    message, document = posted

    diadoc.delete(box_id=OURS, message_id=message.message_id, entity_id=document.entity_id)

    assert diadoc.get_document(**address(document)).is_deleted
    with pytest.raises(Conflict) as caught:
        diadoc.delete(box_id=OURS, message_id=message.message_id, entity_id=document.entity_id)
    assert conflicts.already_done(caught.value)


def test_a_read_right_after_the_post_may_know_nothing_yet(diadoc_sandbox, diadoc):
    diadoc_sandbox.settings(fresh_404_reads=1)
    message = diadoc.post_message(letter(), operation_id="op-1")

    with pytest.raises(NotFoundThere):
        diadoc.get_document(**address(message.documents[0]))
    assert diadoc.get_document(**address(message.documents[0])).custom_document_id == "act-1"
