"""PostMessagePatch: what a program may do to a letter by itself."""

import pytest

from sandbox.diadoc.driver import (
    CLERK,
    CMS,
    DIRECTOR,
    INVALID_CMS,
    LYUTIK,
    PARTNER_SIGNER,
    SALES,
    STRANGER_ROBOT,
    DiadocSandbox,
)
from tests.sandbox.diadoc_letters import BOX, attachment, b64, document, feed, patch, refusal, send

THEIRS = {"box": LYUTIK.box, "user": PARTNER_SIGNER}


def signature(entity_id: str, cms: bytes = CMS) -> list[dict]:
    return [{"ParentEntityId": entity_id, "Signature": b64(cms)}]


def signed_xml(sandbox: DiadocSandbox, method: str, where: tuple[str, str], text: str, **who) -> list[dict]:
    """A service document made by Diadoc and signed by us."""
    box, user = who.get("box", BOX), who.get("user", DIRECTOR)
    query = {"boxId": box, "messageId": where[0], "attachmentId": where[1]}
    body = {"ErrorMessage": text, "Comment": text}
    xml = sandbox.call("POST", f"/V2/{method}", user=user, params=query, json=body)
    content = {"Content": b64(xml.content), "Signature": b64(CMS)}
    return [{"ParentEntityId": where[1], "SignedContent": content}]


@pytest.fixture
def delivered(diadoc_sandbox: DiadocSandbox) -> tuple[str, str]:
    message_id, (entity_id,) = send(diadoc_sandbox, attachment(NeedReceipt=True))
    diadoc_sandbox.sign_by_sender(message_id)
    return message_id, entity_id


def test_a_signature_of_somebody_who_may_sign_sends(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    robot = patch(diadoc_sandbox, message_id, Signatures=signature(entity_id))
    director = patch(diadoc_sandbox, message_id, user=DIRECTOR, Signatures=signature(entity_id))

    assert refusal(robot) == (403, "У вас нет права подписи в организации")
    assert director.json()["Entities"][0]["AuthorUserId"] == DIRECTOR.id
    assert document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"


def test_an_unknown_signature_is_found_invalid(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)

    patch(diadoc_sandbox, message_id, user=DIRECTOR, Signatures=signature(entity_id, INVALID_CMS))

    status = document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"]
    assert status == "SenderSignatureCheckedAndInvalid"


def test_a_second_signature_is_409(diadoc_sandbox: DiadocSandbox, delivered):
    answer = patch(diadoc_sandbox, delivered[0], user=DIRECTOR, Signatures=signature(delivered[1]))

    assert refusal(answer) == (409, "Текущее состояние документа не позволяет его подписать")


def test_the_other_side_signs_by_its_own_box(diadoc_sandbox: DiadocSandbox, delivered):
    answer = patch(diadoc_sandbox, delivered[0], Signatures=signature(delivered[1]), **THEIRS)

    assert answer.status_code == 200
    assert document(diadoc_sandbox, *delivered)["RecipientResponseStatus"] == "WithRecipientSignature"


def test_the_other_side_refuses_with_the_xml_diadoc_made(diadoc_sandbox: DiadocSandbox, delivered):
    rejections = signed_xml(diadoc_sandbox, "GenerateSignatureRejectionXml", delivered, "Неверная сумма", **THEIRS)

    answer = patch(diadoc_sandbox, delivered[0], XmlSignatureRejections=rejections, **THEIRS)

    assert answer.status_code == 200
    assert document(diadoc_sandbox, *delivered)["RecipientResponseStatus"] == "RecipientSignatureRequestRejected"


def test_a_revocation_goes_from_box_to_box(diadoc_sandbox: DiadocSandbox, delivered):
    requests = signed_xml(diadoc_sandbox, "GenerateRevocationRequestXml", delivered, "ошибка")

    asked = patch(diadoc_sandbox, delivered[0], user=DIRECTOR, RevocationRequests=requests).json()
    request_id = asked["Entities"][0]["EntityId"]
    accepted = patch(diadoc_sandbox, delivered[0], Signatures=signature(request_id), **THEIRS)

    assert accepted.status_code == 200
    assert document(diadoc_sandbox, *delivered)["RevocationStatus"] == "RevocationAccepted"


def test_a_revocation_is_refused_by_xml(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.request_revocation(delivered[0], "ошибка", side="recipient")
    request_id = feed(diadoc_sandbox)[-1]["Patch"]["Entities"][0]["EntityId"]
    where = (delivered[0], request_id)
    rejections = signed_xml(diadoc_sandbox, "GenerateSignatureRejectionXml", where, "не согласны")

    answer = patch(diadoc_sandbox, delivered[0], user=DIRECTOR, XmlSignatureRejections=rejections)

    assert answer.status_code == 200
    assert document(diadoc_sandbox, *delivered)["RevocationStatus"] == "RevocationRejected"


def test_a_receipt_is_sent_by_the_recipient(diadoc_sandbox: DiadocSandbox, delivered):
    receipts = signed_xml(diadoc_sandbox, "GenerateReceiptXml", delivered, "", **THEIRS)

    answer = patch(diadoc_sandbox, delivered[0], Receipts=receipts, **THEIRS)

    assert answer.status_code == 200
    assert document(diadoc_sandbox, *delivered)["RecipientReceiptMetadata"]["ReceiptStatus"] == "Finished"


def test_a_signature_can_be_asked_of_a_colleague(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    request = {
        "InitialDocumentId": entity_id,
        "Type": "SignatureRequest",
        "TargetUserId": DIRECTOR.id,
        "Comment": "да?",
    }

    answer = patch(diadoc_sandbox, message_id, ResolutionRequests=[request])

    entity = answer.json()["Entities"][0]
    status = document(diadoc_sandbox, message_id, entity_id)["ResolutionStatus"]
    assert (entity["AttachmentType"], entity["ParentEntityId"]) == ("ResolutionRequest", entity_id)
    assert (status["Type"], status["Target"]["User"]) == ("SignatureRequested", DIRECTOR.name)


def test_a_request_by_number_of_its_type_is_refused_by_the_asked_one(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    request = {"InitialDocumentId": entity_id, "Type": 1, "TargetDepartmentId": SALES}
    asked = patch(diadoc_sandbox, message_id, ResolutionRequests=[request]).json()["Entities"][0]

    denial = [{"InitialRequestId": asked["EntityId"], "Comment": "нет"}]
    patch(diadoc_sandbox, message_id, user=DIRECTOR, ResolutionRequestDenials=denial)

    status = document(diadoc_sandbox, message_id, entity_id)["ResolutionStatus"]
    assert (status["Type"], status["AuthorUserId"]) == ("SignatureDenied", DIRECTOR.id)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"TargetUserId": PARTNER_SIGNER.id}, 404),
        ({"TargetUserId": "nobody"}, 404),
        ({"TargetUserId": ""}, 400),
        ({"TargetDepartmentId": SALES}, 400),
        ({"TargetUserId": "", "TargetDepartmentId": BOX}, 404),
        ({"InitialDocumentId": BOX}, 404),
        ({"Type": "Custom"}, 400),
        ({"Type": "Poem"}, 400),
    ],
)
def test_a_request_must_make_sense(diadoc_sandbox: DiadocSandbox, change: dict, status: int):
    message_id, (entity_id,) = send(diadoc_sandbox)
    request = {"InitialDocumentId": entity_id, "Type": "SignatureRequest", "TargetUserId": DIRECTOR.id, **change}

    assert refusal(patch(diadoc_sandbox, message_id, ResolutionRequests=[request]))[0] == status


def test_asking_needs_a_right(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, FromDepartmentId=SALES)
    request = {"InitialDocumentId": entity_id, "Type": "SignatureRequest", "TargetUserId": DIRECTOR.id}

    assert refusal(patch(diadoc_sandbox, message_id, user=CLERK, ResolutionRequests=[request]))[0] == 403


def test_tags_are_set_changed_and_removed_by_their_owner(diadoc_sandbox: DiadocSandbox, delivered):
    def tag(operation: str | int, key: str, value: str = "") -> None:
        item = {"ParentEntityId": delivered[1], "Operation": operation, "Key": key, "Value": value}
        assert patch(diadoc_sandbox, delivered[0], CustomDataPatches=[item]).status_code == 200

    tag("Set", "stage", "1")
    tag(0, "STAGE", "2")
    changed = document(diadoc_sandbox, *delivered)["CustomData"]
    tag("Remove", "stage")

    assert changed == [{"Key": "stage", "Value": "2"}]
    assert document(diadoc_sandbox, *delivered)["CustomData"] == []
    assert document(diadoc_sandbox, *delivered, **THEIRS)["CustomData"] == []


def test_tags_are_edited_ten_times_at_most(diadoc_sandbox: DiadocSandbox, delivered):
    item = {"ParentEntityId": delivered[1], "Operation": "Set", "Key": "stage", "Value": "1"}

    statuses = [patch(diadoc_sandbox, delivered[0], CustomDataPatches=[item]).status_code for _ in range(11)]

    assert statuses == [200] * 10 + [409]


def test_packets_are_joined_and_parted_under_new_ids(diadoc_sandbox: DiadocSandbox):
    one, (first, second) = send(diadoc_sandbox, attachment(), attachment())
    two, (third,) = send(diadoc_sandbox, attachment(CustomDocumentId="3"))

    def packets() -> list[str]:
        addresses = ((one, first), (one, second), (two, third))
        return [document(diadoc_sandbox, *address)["PacketId"] for address in addresses]

    def edit(**command: list[dict]) -> None:
        commands = [{"DocumentId": first, **command}]
        assert patch(diadoc_sandbox, one, EditDocumentPacketCommands=commands).status_code == 200

    before = packets()
    edit(AddDocumentsToPacket=[{"MessageId": two, "EntityId": third}])
    joined = packets()
    edit(RemoveDocumentsFromPacket=[{"MessageId": one, "EntityId": second}])
    parted = packets()

    assert before[0] == before[1] != before[2]
    assert len(set(joined)) == 1
    assert not set(joined) & set(before)
    assert parted[0] == parted[2] == joined[0] != parted[1]


def test_a_part_of_a_locked_packet_cannot_be_signed(diadoc_sandbox: DiadocSandbox):
    message_id, (first, _) = send(diadoc_sandbox, attachment(), attachment(), LockMode="Full")

    answer = patch(diadoc_sandbox, message_id, user=DIRECTOR, Signatures=signature(first))

    assert refusal(answer)[0] == 409
    assert answer.headers["X-Diadoc-ErrorCode"] == "DocumentService.NotAllowedForLockedPacket"


def test_a_patch_that_is_refused_half_way_changes_nothing(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    wrong = [{"InitialDocumentId": BOX, "Type": "SignatureRequest", "TargetUserId": DIRECTOR.id}]

    answer = patch(diadoc_sandbox, message_id, user=DIRECTOR, Signatures=signature(entity_id), ResolutionRequests=wrong)

    assert answer.status_code == 404
    assert document(diadoc_sandbox, message_id, entity_id)["SenderSignatureStatus"] == "WaitingForSenderSignature"
    assert len(feed(diadoc_sandbox)) == 1


def test_a_patch_needs_the_box_the_message_and_something_to_do(diadoc_sandbox: DiadocSandbox, delivered):
    sign = {"Signatures": signature(delivered[1])}

    assert refusal(patch(diadoc_sandbox, delivered[0], user=STRANGER_ROBOT, **sign))[0] == 403
    assert refusal(patch(diadoc_sandbox, BOX, user=DIRECTOR, **sign))[0] == 404
    assert refusal(patch(diadoc_sandbox, delivered[0]))[0] == 400
    assert refusal(patch(diadoc_sandbox, delivered[0], user=DIRECTOR, Signatures=signature(BOX)))[0] == 404
