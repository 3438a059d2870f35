"""What the counteragent does with a letter that reached him, and what each side then sees."""

import pytest

from sandbox.diadoc.driver import (
    LYUTIK,
    PARTNER_SIGNER,
    ROMASHKA,
    DiadocSandbox,
    SandboxRefused,
)
from tests.sandbox.diadoc_letters import (
    BOX,
    INVOICE,
    attachment,
    docflow,
    document,
    events_added,
    send,
    utd_attachment,
)


def test_the_counteragents_answer_is_one_event_for_both(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    done = diadoc_sandbox.sign_by_recipient(message_id)
    ours = events_added(diadoc_sandbox, 3)[-1]
    theirs = events_added(diadoc_sandbox, 1, LYUTIK.box)[-1]

    assert document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"] == "WithRecipientSignature"
    assert ours["PatchId"] == theirs["PatchId"] == done["patch_id"]
    assert (ours["Entities"][0]["SignerBoxId"], ours["Entities"][0]["AuthorUserId"]) == (LYUTIK.box, "")


def test_nobody_answers_before_delivery_or_twice(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(delivery="manual")
    message_id, entity_ids = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.sign_by_recipient(message_id, entity_ids)
    diadoc_sandbox.deliver(message_id)
    diadoc_sandbox.sign_by_recipient(message_id, entity_ids)

    with pytest.raises(SandboxRefused):
        diadoc_sandbox.refuse(message_id, "поздно", entity_ids)

    assert document(diadoc_sandbox, message_id, entity_ids[0])["RecipientResponseStatus"] == "WithRecipientSignature"


def test_a_one_sided_document_takes_no_answer(diadoc_sandbox: DiadocSandbox):
    message_id, entity_ids = send(diadoc_sandbox, attachment("ProformaInvoice", metadata=INVOICE))
    diadoc_sandbox.sign_by_sender(message_id)

    with pytest.raises(SandboxRefused):
        diadoc_sandbox.sign_by_recipient(message_id, entity_ids)

    found = document(diadoc_sandbox, message_id, entity_ids[0])
    assert found["RecipientResponseStatus"] == "RecipientResponseStatusNotAcceptable"
    assert found["ProformaInvoiceMetadata"]["DocumentStatus"] == "Outbound"


def test_a_formal_document_is_answered_by_a_title(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, utd_attachment())
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.sign_by_recipient(message_id)
    title, signature = events_added(diadoc_sandbox, 3)[-1]["Entities"]
    response = docflow(diadoc_sandbox, message_id, entity_id)["RecipientResponse"]

    assert (title["AttachmentType"], title["ParentEntityId"]) == ("UniversalTransferDocumentBuyerTitle", entity_id)
    assert signature["ParentEntityId"] == title["EntityId"]
    assert response["Title"]["Attachment"]["Entity"]["EntityId"] == title["EntityId"]


def test_signing_with_disagreements_is_neither_consent_nor_refusal(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, utd_attachment())
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.sign_with_disagreements(message_id)

    status = document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"]
    assert status == "WithRecipientPartiallySignature"


@pytest.mark.parametrize(
    ("form", "attachment_type"),
    [("xml", "XmlSignatureRejection"), ("text", "SignatureRequestRejection"), ("universal", "UniversalMessage")],
)
def test_a_refusal_carries_its_reason_in_each_form(diadoc_sandbox: DiadocSandbox, form: str, attachment_type: str):
    diadoc_sandbox.settings(refusal_form=form)
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.refuse(message_id, "Неверная сумма")
    rejection = docflow(diadoc_sandbox, message_id, entity_id)["RecipientResponse"]["Rejection"]
    entity = events_added(diadoc_sandbox, 3)[-1]["Entities"][0]

    found = document(diadoc_sandbox, message_id, entity_id)
    assert found["RecipientResponseStatus"] == "RecipientSignatureRequestRejected"
    assert entity["AttachmentType"] == attachment_type
    if form == "universal":
        assert rejection["UniversalMessage"]["MessageInfo"]["Events"][0]["PlainText"] == "Неверная сумма"
    else:
        assert rejection["PlainText"] == "Неверная сумма"


def test_universal_messages_are_unknown_to_v7(diadoc_sandbox: DiadocSandbox):
    diadoc_sandbox.settings(refusal_form="universal")
    message_id, _ = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    diadoc_sandbox.refuse(message_id, "нет")

    old = diadoc_sandbox.call("GET", f"/V7/GetNewEvents?boxId={BOX}").json()["Events"][-1]["Patch"]["Entities"]

    assert [entity.get("AttachmentType") for entity in old] == [None]


def test_an_invalid_answer_is_seen_by_the_recipient_only(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.invalid_signature(message_id, side="recipient")
    theirs = document(diadoc_sandbox, message_id, entity_id, box=LYUTIK.box, user=PARTNER_SIGNER)
    ours = document(diadoc_sandbox, message_id, entity_id)
    diadoc_sandbox.sign_by_recipient(message_id)

    assert theirs["RecipientResponseStatus"] == "InvalidRecipientSignature"
    assert ours["RecipientResponseStatus"] == "WaitingForRecipientSignature"
    assert document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"] == "WithRecipientSignature"


def test_only_a_full_lock_binds_the_recipient(diadoc_sandbox: DiadocSandbox):
    free, (one, _) = send(diadoc_sandbox, attachment(), attachment(), LockMode="Send")
    bound, (two, _) = send(diadoc_sandbox, attachment(), attachment(), LockMode="Full")
    for message_id in (free, bound):
        diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.sign_by_recipient(free, [one])
    with pytest.raises(SandboxRefused) as refused:
        diadoc_sandbox.refuse(bound, "нет", [two])

    assert refused.value.status == 409


def test_a_requested_receipt_is_awaited_until_it_comes(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, attachment(NeedReceipt=True))
    diadoc_sandbox.sign_by_sender(message_id)

    before = document(diadoc_sandbox, message_id, entity_id)["RecipientReceiptMetadata"]["ReceiptStatus"]
    theirs = document(diadoc_sandbox, message_id, entity_id, box=LYUTIK.box, user=PARTNER_SIGNER)
    diadoc_sandbox.act("receipt", message_id=message_id)
    after = document(diadoc_sandbox, message_id, entity_id)["RecipientReceiptMetadata"]["ReceiptStatus"]

    assert (before, after) == ("WaitingForReceipt", "Finished")
    assert theirs["RecipientReceiptMetadata"]["ReceiptStatus"] == "HaveToCreateReceipt"
    assert docflow(diadoc_sandbox, message_id, entity_id)["RecipientReceipt"]["IsFinished"] is True


def test_an_incoming_letter_is_read_from_the_other_side(diadoc_sandbox: DiadocSandbox):
    written = diadoc_sandbox.incoming([{"type": "Nonformalized", "file_name": "Акт.pdf"}])
    found = document(diadoc_sandbox, written["message_id"], written["entity_ids"][0])

    diadoc_sandbox.sign_by_recipient(written["message_id"])
    signed = document(diadoc_sandbox, written["message_id"], written["entity_ids"][0])

    assert found["DocumentDirection"] == "Inbound"
    assert found["CounteragentBoxId"] == LYUTIK.box.replace("-", "") + "@diadoc.ru"
    assert found["NonformalizedDocumentMetadata"]["DocumentStatus"] == "InboundWaitingForRecipientSignature"
    assert (found["RecipientResponseStatus"], signed["RecipientResponseStatus"]) == (
        "WaitingForRecipientSignature",
        "WithRecipientSignature",
    )
    assert diadoc_sandbox.documents(ROMASHKA.box)[0]["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"
