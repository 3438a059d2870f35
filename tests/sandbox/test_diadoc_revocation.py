"""Annulling a sent document: proposals from both sides, answers, and what the packet allows."""

import pytest

from sandbox.diadoc.driver import LYUTIK, PARTNER_SIGNER, DiadocSandbox, SandboxRefused
from tests.sandbox.diadoc_letters import INVOICE, attachment, docflow, document, feed, send


@pytest.fixture
def delivered(diadoc_sandbox: DiadocSandbox) -> tuple[str, str]:
    message_id, (entity_id,) = send(diadoc_sandbox)
    diadoc_sandbox.sign_by_sender(message_id)
    return message_id, entity_id


def statuses(sandbox: DiadocSandbox, where: tuple[str, str]) -> tuple[str, str]:
    """Ours and theirs."""
    ours = document(sandbox, *where)["RevocationStatus"]
    return ours, document(sandbox, *where, box=LYUTIK.box, user=PARTNER_SIGNER)["RevocationStatus"]


def test_each_side_sees_an_open_proposal_with_its_own_eyes(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.request_revocation(delivered[0], "ошибка в сумме")

    assert statuses(diadoc_sandbox, delivered) == ("RevocationIsRequestedByMe", "RequestsMyRevocation")


def test_a_proposal_of_the_other_side_asks_us(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.request_revocation(delivered[0], "ошибка", side="recipient")

    assert statuses(diadoc_sandbox, delivered) == ("RequestsMyRevocation", "RevocationIsRequestedByMe")


def test_agreement_annuls_for_both(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.request_revocation(delivered[0], "ошибка в сумме")

    diadoc_sandbox.accept_revocation(delivered[0])
    revocation = docflow(diadoc_sandbox, *delivered)["Revocation"]

    assert statuses(diadoc_sandbox, delivered) == ("RevocationAccepted", "RevocationAccepted")
    assert revocation["IsFinished"] is True
    assert revocation["RevocationRequest"]["PlainText"] == "ошибка в сумме"
    assert revocation["RevocationResponse"]["RecipientSignature"]["SignerBoxId"] == LYUTIK.box


def test_a_refused_proposal_may_be_made_again(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.request_revocation(delivered[0], "ошибка")

    diadoc_sandbox.reject_revocation(delivered[0], "не согласны")
    rejected = docflow(diadoc_sandbox, *delivered)["Revocation"]
    both = statuses(diadoc_sandbox, delivered)
    diadoc_sandbox.request_revocation(delivered[0], "всё же ошибка")

    assert both == ("RevocationRejected", "RevocationRejected")
    assert rejected["RevocationResponse"]["SignatureRejection"]["PlainText"] == "не согласны"
    assert statuses(diadoc_sandbox, delivered)[0] == "RevocationIsRequestedByMe"


def test_a_signed_document_can_be_annulled_long_after(diadoc_sandbox: DiadocSandbox, delivered):
    diadoc_sandbox.sign_by_recipient(delivered[0])
    diadoc_sandbox.advance_clock(90 * 86_400)

    diadoc_sandbox.request_revocation(delivered[0], "расторгли", side="recipient")
    diadoc_sandbox.accept_revocation(delivered[0], side="sender")

    found = document(diadoc_sandbox, *delivered)
    assert (found["RevocationStatus"], found["RecipientResponseStatus"]) == (
        "RevocationAccepted",
        "WithRecipientSignature",
    )


def test_each_step_is_one_event_in_both_boxes(diadoc_sandbox: DiadocSandbox, delivered):
    ours, theirs = len(feed(diadoc_sandbox)), len(feed(diadoc_sandbox, box=LYUTIK.box, user=PARTNER_SIGNER))

    diadoc_sandbox.request_revocation(delivered[0], "ошибка")
    diadoc_sandbox.accept_revocation(delivered[0])

    assert len(feed(diadoc_sandbox)) == ours + 2
    assert len(feed(diadoc_sandbox, box=LYUTIK.box, user=PARTNER_SIGNER)) == theirs + 2


def test_what_makes_no_sense_is_409(diadoc_sandbox: DiadocSandbox):
    message_id, entity_ids = send(diadoc_sandbox)
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.request_revocation(message_id, "ещё не отправлен", entity_ids=entity_ids)
    diadoc_sandbox.sign_by_sender(message_id)
    with pytest.raises(SandboxRefused):
        diadoc_sandbox.accept_revocation(message_id)
    diadoc_sandbox.request_revocation(message_id, "ошибка")

    for action in (
        lambda: diadoc_sandbox.request_revocation(message_id, "ещё раз"),
        lambda: diadoc_sandbox.request_revocation(message_id, "встречно", side="recipient"),
        lambda: diadoc_sandbox.accept_revocation(message_id, side="sender"),
    ):
        with pytest.raises(SandboxRefused) as refused:
            action()
        assert refused.value.status == 409


@pytest.mark.parametrize(("mode", "status"), [("asks", "RevocationIsRequestedByMe"), ("at_once", "RevocationAccepted")])
def test_a_one_sided_document_may_wait_for_ever_or_need_no_consent(diadoc_sandbox, mode: str, status: str):
    diadoc_sandbox.settings(one_sided_revocation=mode)
    message_id, (entity_id,) = send(diadoc_sandbox, attachment("ProformaInvoice", metadata=INVOICE))
    diadoc_sandbox.sign_by_sender(message_id)

    diadoc_sandbox.request_revocation(message_id, "ошибка")

    assert document(diadoc_sandbox, message_id, entity_id)["RevocationStatus"] == status


def test_a_locked_packet_is_annulled_whole(diadoc_sandbox: DiadocSandbox):
    message_id, (first, second) = send(diadoc_sandbox, attachment(), attachment(), LockMode="Full")
    diadoc_sandbox.sign_by_sender(message_id)

    with pytest.raises(SandboxRefused) as refused:
        diadoc_sandbox.request_revocation(message_id, "ошибка", entity_ids=[first])
    diadoc_sandbox.request_revocation(message_id, "ошибка")

    assert refused.value.status == 409
    assert document(diadoc_sandbox, message_id, second)["RevocationStatus"] == "RevocationIsRequestedByMe"
