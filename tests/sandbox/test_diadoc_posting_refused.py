"""PostMessage: every reason not to take a letter, in the words of Diadoc where they are known."""

import http.client
from urllib.parse import urlsplit

import pytest

from sandbox.diadoc import driver
from sandbox.diadoc.driver import CMS, DIRECTOR, VIEWER, DiadocSandbox
from tests.sandbox.diadoc_letters import (
    BOX,
    INVOICE,
    PDF,
    attachment,
    b64,
    letter,
    pairs,
    post,
    refusal,
    utd,
    utd_attachment,
)

FIRST = "MessageToPost.DocumentAttachments[0]"
NO_KEY = "Невозможно получить данные по ключу"
NOT_ALLOWED = f"{FIRST}: Документ не может быть отправлен в указанном формате"


@pytest.mark.parametrize(
    ("content", "member"),
    [
        (utd(encoding="utf-8"), {}),
        (b"<?xml version='1.0' encoding='windows-1251'?><broken", {}),
        (PDF, {}),
        (utd() + b" " * 3 * 1024 * 1024, {}),
        (utd(function="ДОП"), {}),
        (utd(), {"Version": "utd999_01_01_01"}),
        (utd(), {"Function": "НЕТ"}),
    ],
    ids=["utf-8", "broken", "no xml", "over 3 MB", "other function", "unknown version", "unknown function"],
)
def test_a_formal_document_that_does_not_fit_is_400(diadoc_sandbox: DiadocSandbox, content: bytes, member: dict):
    answer = post(diadoc_sandbox, letter(utd_attachment(content, **member)))

    assert refusal(answer)[0] == 400
    assert answer.text.startswith(f"{FIRST}: ")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (attachment(Metadata=[]), f"{FIRST}: {NO_KEY}: FileName"),
        (attachment(Metadata=None, MetadataItem=pairs({"FileName": "a"})), f"{FIRST}: {NO_KEY}: FileName"),
        (
            attachment("ProformaInvoice", metadata={"DocumentNumber": "1"}),
            f"{FIRST}: {NO_KEY}: DocumentDate;{NO_KEY}: TotalSum",
        ),
        (attachment(Metadata={"FileName": "a"}), "Can't deserialize request body into type: MessageToPost"),
        (attachment(""), f"{FIRST}: Incorrect DocumentAttachment. TypeNamedId must be specified"),
        (attachment("Poem"), NOT_ALLOWED),
        (attachment("TrustConnectionRequest"), NOT_ALLOWED),
        (attachment(Version="v7"), NOT_ALLOWED),
        (attachment(WorkflowId=6), NOT_ALLOWED),
        (
            attachment(SignedContent={"Content": b64(PDF), "Signature": b64(CMS)}),
            f"{FIRST}.SignedContent.Signature should be empty in draft or delayed send",
        ),
        (
            attachment(SignedContent={"Content": "Rk9P\nQkFS"}),
            "Can't deserialize request body into type: MessageToPost",
        ),
        (attachment(SignedContent={"Content": "Rk9PQ"}), "Can't deserialize request body into type: MessageToPost"),
    ],
)
def test_a_wrong_document_is_400_in_the_words_of_diadoc(diadoc_sandbox: DiadocSandbox, body: dict, text: str):
    answer = post(diadoc_sandbox, letter(body))

    assert refusal(answer) == (400, text)
    assert answer.headers["X-Diadoc-ErrorCode"] == "Http.BadRequest"


def test_signed_content_that_is_no_object_is_named(diadoc_sandbox: DiadocSandbox):
    answer = post(diadoc_sandbox, letter(attachment(SignedContent="text")))

    start = "messageToPost.DocumentAttachments[0].SignedContent: Error converting value"
    assert (answer.status_code, answer.text[: len(start)]) == (400, start)


def test_the_number_of_a_wrong_document_is_told(diadoc_sandbox: DiadocSandbox):
    answer = post(diadoc_sandbox, letter(attachment(), attachment(None)))

    text = "MessageToPost.DocumentAttachments[1]: Incorrect DocumentAttachment. TypeNamedId must be specified"
    assert refusal(answer) == (400, text)


@pytest.mark.parametrize(
    "signed_content",
    [{}, {"Content": b64(PDF), "NameOnShelf": "a.pdf"}, {"NameOnShelf": "nothing.pdf"}, {"Content": ""}],
)
def test_content_is_given_in_exactly_one_way(diadoc_sandbox: DiadocSandbox, signed_content: dict):
    assert refusal(post(diadoc_sandbox, letter(attachment(SignedContent=signed_content))))[0] == 400


@pytest.mark.parametrize(
    ("key", "value"),
    [("TotalVat", "Без НДС"), ("TotalSum", "1 000,00"), ("DocumentDate", "2026-07-01"), ("DocumentDate", "41.13.2026")],
)
def test_metadata_are_of_their_types(diadoc_sandbox: DiadocSandbox, key: str, value: str):
    answer = post(diadoc_sandbox, letter(attachment("ProformaInvoice", metadata={**INVOICE, key: value})))

    assert refusal(answer)[0] == 400
    assert key in answer.text


@pytest.mark.parametrize(
    "body",
    [
        letter(DocumentAttachments=[]),
        letter(*[attachment()] * 41),
        letter(ToBoxId=BOX),
        letter(ToBoxId=""),
        letter(FromBoxId=""),
        letter(attachment(CustomDocumentId="a"), attachment(CustomDocumentId="a")),
        letter(attachment(InitialDocumentIds=[{"MessageId": "", "EntityId": "nobody"}])),
        letter(attachment(Comment="я" * 5001)),
        letter(attachment(CustomData=[{"Key": "ключ с пробелом", "Value": "1"}])),
        letter(attachment(CustomData=[{"Key": "key", "Value": "1" * 201}])),
        letter(LockMode="Forever"),
    ],
    ids=str,
)
def test_a_wrong_letter_is_400(diadoc_sandbox: DiadocSandbox, body: dict):
    assert refusal(post(diadoc_sandbox, body))[0] == 400


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"FromBoxId": driver.STRANGER.box}, 403, None),
        ({"ToBoxId": driver.LIQUIDATED.box}, 403, None),
        ({"ToBoxId": driver.CLOSED.box}, 409, "Recipient allows to receive messages only from counteragents"),
        ({"ToBoxId": driver.BLOCKER.box}, 409, "Recipient forbids to receive messages from blocked senders"),
        ({"ToBoxId": driver.ROAMING_STRANGER.box}, 409, None),
        ({"ToBoxId": "00000000-1111-4222-8333-444444444444"}, 404, None),
        ({"ToDepartmentId": BOX}, 404, "Department wasn't found"),
        ({"FromDepartmentId": driver.LYUTIK_STORE}, 404, "Department wasn't found"),
    ],
)
def test_parties_that_do_not_fit_are_refused(
    diadoc_sandbox: DiadocSandbox, change: dict, status: int, text: str | None
):
    answer = post(diadoc_sandbox, letter(**change))

    assert refusal(answer)[0] == status
    assert text in (None, answer.text)


def test_creating_needs_a_right(diadoc_sandbox: DiadocSandbox):
    assert refusal(post(diadoc_sandbox, user=VIEWER))[0] == 403


def test_without_delay_and_signature_only_a_signer_gets_through(diadoc_sandbox: DiadocSandbox):
    robots = post(diadoc_sandbox, letter(DelaySend=False))
    directors = post(diadoc_sandbox, letter(DelaySend=False), user=DIRECTOR)

    assert refusal(robots) == (403, "У вас нет права подписи в организации")
    assert robots.headers["X-Diadoc-ErrorCode"] == "DocumentService.EmployeeCannotSignDocuments"
    status = directors.json()["Entities"][0]["DocumentInfo"]["SenderSignatureStatus"]
    assert status == "WaitingForSenderSignature"


def test_a_full_lock_is_a_paid_feature_and_not_for_roaming(diadoc_sandbox: DiadocSandbox):
    unpaid = post(diadoc_sandbox, letter(FromBoxId=driver.LOGISTICS.box, LockMode="Full"))
    roaming = post(diadoc_sandbox, letter(ToBoxId=driver.ROAMING_PARTNER.box, LockPacket=True))
    paid = post(diadoc_sandbox, letter(LockMode="Full"))
    diadoc_sandbox.settings(lock_full_status=403)
    other = post(diadoc_sandbox, letter(FromBoxId=driver.LOGISTICS.box, LockMode="Full"))

    text = "Organization is not allowed to send documents in a packet with LockMode.Full"
    assert refusal(unpaid) == (409, text)
    assert refusal(other) == (403, text)
    assert refusal(roaming)[0] == 409
    assert roaming.headers["X-Diadoc-ErrorCode"] == "DocumentService.NotAllowedForLockedPacket"
    assert (paid.json()["LockMode"], paid.json()["PacketIsLocked"]) == ("Full", True)


def test_a_body_over_the_limit_is_refused_unread(diadoc_sandbox: DiadocSandbox):
    connection = http.client.HTTPConnection(urlsplit(diadoc_sandbox.url).netloc, timeout=10)
    connection.putrequest("POST", "/V3/PostMessage")
    connection.putheader("Content-Length", str(70 * 1024 * 1024 + 1))
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 413
    connection.close()
