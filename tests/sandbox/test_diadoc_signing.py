"""What people do to a letter, up to its delivery, and what each side then sees."""

import pytest

from sandbox.diadoc.driver import (
    DIRECTOR,
    LYUTIK,
    PARTNER_SIGNER,
    ROAMING_PARTNER,
    DiadocSandbox,
    SandboxRefused,
)
from tests.sandbox.diadoc_letters import BOX, attachment, docflow, document, events_added, feed, send


def test_our_signature_sends_and_the_letter_arrives_by_itself(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    done = diadoc_sandbox.sign_by_sender(message_id)
    found = document(diadoc_sandbox, message_id, entity_id)
    signature, delivery = events_added(diadoc_sandbox, 2)

    assert found["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"
    assert 0 < found["SendTimestampTicks"] < found["DeliveryTimestampTicks"] == found["LastModificationTimestampTicks"]
    assert signature["Entities"][0]["ParentEntityId"] == entity_id
    assert signature["Entities"][0]["SignerBoxId"] == BOX
    assert "DocumentInfo" not in signature["Entities"][0]
    assert (delivery["MessageIsDelivered"], delivery["DeliveredPatchId"]) == (True, done["patch_id"])


def test_delivery_can_be_left_to_a_person(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery="manual")
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    before = document(diadoc_sandbox, message_id, entity_id)["DeliveryTimestampTicks"]
    diadoc_sandbox.deliver(message_id)

    assert before == 0
    assert document(diadoc_sandbox, message_id, entity_id)["DeliveryTimestampTicks"] > 0
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.deliver(message_id)


def test_delivery_can_take_its_time(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery_seconds=3600)
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    before = document(diadoc_sandbox, message_id, entity_id)["DeliveryTimestampTicks"]
    diadoc_sandbox.advance_clock(3601)

    assert before == 0
    assert document(diadoc_sandbox, message_id, entity_id)["DeliveryTimestampTicks"] > 0


def test_a_signature_can_stay_unchecked_until_delivery(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery="manual", signature_check="on_delivery")
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    before = document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"]
    diadoc_sandbox.deliver(message_id)

    assert before == "SenderSignatureUnchecked"
    assert document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"


def test_an_invalid_signature_does_not_send_and_can_be_given_again(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    diadoc_sandbox.invalid_signature(message_id)
    failed = document(diadoc_sandbox, message_id, entity_id)
    (patch,) = events_added(diadoc_sandbox, 1)
    diadoc_sandbox.sign_by_sender(message_id)

    assert failed["SenderSignatureStatus"] == "SenderSignatureCheckedAndInvalid"
    assert failed["SendTimestampTicks"] == 0
    assert patch["Entities"][1]["AttachmentType"] == "SignatureVerificationReport"
    assert document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"


def test_a_signed_document_cannot_be_signed_again(diadoc_sandbox: DiadocSandbox):
    message_id, entity_ids = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    with pytest.raises(SandboxRefused, match="Текущее состояние документа не позволяет его подписать") as refused:
        diadoc_sandbox.sign_by_sender(message_id, entity_ids)

    assert refused.value.status == 409


def test_a_partly_signed_letter_arrives_in_two_events(diadoc_sandbox: DiadocSandbox):
    message_id, (first, second) = send(diadoc_sandbox, attachment(Comment="первый"), attachment())

    diadoc_sandbox.sign_by_sender(message_id, [first])
    (begun,) = feed(diadoc_sandbox, box=LYUTIK.box, user=PARTNER_SIGNER)
    diadoc_sandbox.sign_by_sender(message_id, [second])
    rest = feed(diadoc_sandbox, box=LYUTIK.box, user=PARTNER_SIGNER)[-1]

    assert [one["EntityId"] for one in begun["Message"]["Entities"] if "DocumentInfo" in one] == [first]
    assert len(begun["Message"]["Entities"]) == 3
    assert [one["EntityId"] for one in rest["Patch"]["Entities"] if "DocumentInfo" in one] == [second]
    assert document(diadoc_sandbox, message_id, second)["DeliveryTimestampTicks"] > 0


@pytest.mark.parametrize("lock", ["Send", "Full"])
def test_a_locked_packet_is_sent_whole(diadoc_sandbox: DiadocSandbox, lock: str):
    message_id, (first, second) = send(diadoc_sandbox, attachment(), attachment(), LockMode=lock)

    with pytest.raises(SandboxRefused) as refused:
        diadoc_sandbox.sign_by_sender(message_id, [first])
    diadoc_sandbox.sign_by_sender(message_id, [first, second])

    assert refused.value.status == 409


def test_roaming_delivers_with_a_notice_or_fails_with_a_text(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery="manual")
    good, (taken,) = send(diadoc_sandbox, ToBoxId=ROAMING_PARTNER.box)
    bad, (lost,) = send(diadoc_sandbox, attachment(CustomDocumentId="b"), ToBoxId=ROAMING_PARTNER.box)
    for message_id in (good, bad):
        diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.deliver(good)
    diadoc_sandbox.roaming_error(bad, "Получатель не найден у оператора")

    failed = document(diadoc_sandbox, bad, lost)
    assert document(diadoc_sandbox, good, taken)["RoamingNotificationStatus"] == "RoamingNotificationStatusSuccess"
    assert failed["RoamingNotificationStatus"] == "RoamingNotificationStatusError"
    assert failed["RoamingNotificationStatusDescription"] == "Получатель не найден у оператора"
    assert failed["DeliveryTimestampTicks"] == 0
    notice = docflow(diadoc_sandbox, bad, lost)["SenderTitle"]["RoamingNotification"]
    assert notice["IsSuccess"] is False


def test_a_failed_delivery_leaves_a_mark(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    done = diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.act("delivery_failure", message_id=message_id, entity_id=entity_id, text="ящик закрыт")
    mark = feed(diadoc_sandbox)[-1]["Patch"]

    assert mark["Entities"][0]["AttachmentType"] == "DeliveryFailureNotification"
    assert mark["NotDeliveredEventId"] == mark["Entities"][0]["NotDeliveredEventId"] == done["patch_id"]


def test_our_asked_signer_may_refuse(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.refuse_by_our_signer(message_id, "никто не просил", asked=True)

    diadoc_sandbox.act("request_signature", message_id=message_id, target_user=DIRECTOR.id)
    asked = document(diadoc_sandbox, message_id, entity_id)["ResolutionStatus"]
    diadoc_sandbox.refuse_by_our_signer(message_id, "не подпишу", asked=True)
    refused = document(diadoc_sandbox, message_id, entity_id)["ResolutionStatus"]
    request, denial = (patch["Entities"][0] for patch in events_added(diadoc_sandbox, 2))

    assert (asked["Type"], asked["Target"]["UserId"]) == ("SignatureRequested", DIRECTOR.id)
    assert (refused["Type"], refused["AuthorFIO"]) == ("SignatureDenied", DIRECTOR.name)
    assert denial["ResolutionRequestDenialInfo"]["InitialRequestId"] == request["EntityId"]


def test_deleting_hides_in_one_box_only(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.delete(message_id)
    theirs = document(diadoc_sandbox, message_id, entity_id, box=LYUTIK.box, user=PARTNER_SIGNER)
    patch = events_added(diadoc_sandbox, 3)[-1]
    diadoc_sandbox.act("restore", message_id=message_id)

    assert (patch["MessageIsDeleted"], patch["EntityPatches"][0]["DocumentIsDeleted"]) == (True, True)
    assert theirs["IsDeleted"] is False
    assert document(diadoc_sandbox, message_id, entity_id)["IsDeleted"] is False


def test_an_unknown_action_or_parameter_is_named(diadoc_sandbox: DiadocSandbox):
    message_id, _ = send(diadoc_sandbox)

    with pytest.raises(SandboxRefused, match="no action 'dance'"):
        diadoc_sandbox.act("dance")
    with pytest.raises(SandboxRefused, match="unexpected keyword argument 'how'"):
        diadoc_sandbox.act("deliver", message_id=message_id, how="fast")
