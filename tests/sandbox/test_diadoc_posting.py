"""PostMessage: what a letter looks like after it was taken."""

import pytest

from sandbox.diadoc import driver
from sandbox.diadoc.driver import CMS, DIRECTOR, LYUTIK, DiadocSandbox
from tests.sandbox.diadoc_letters import (
    INVOICE,
    PDF,
    attachment,
    b64,
    document,
    letter,
    post,
    send,
    utd_attachment,
)


def test_a_delayed_letter_waits_for_our_signature(diadoc_sandbox: DiadocSandbox):
    message = post(diadoc_sandbox, letter(attachment(CustomDocumentId="b24-1", Comment="К сделке"))).json()

    first, comment = message["Entities"]
    assert (message["MessageType"], message["IsDraft"]) == ("Letter", False)
    assert first["DocumentInfo"]["CustomDocumentId"] == "b24-1"
    assert first["DocumentInfo"]["SenderSignatureStatus"] == "WaitingForSenderSignature"
    assert first["DocumentInfo"]["SendTimestampTicks"] == first["DocumentInfo"]["DeliveryTimestampTicks"] == 0
    assert "ParentEntityId" not in first
    assert (comment["AttachmentType"], comment["ParentEntityId"]) == ("AttachmentComment", first["EntityId"])


def test_nothing_reaches_the_other_box_before_a_signature(diadoc_sandbox: DiadocSandbox):
    send(diadoc_sandbox)

    assert diadoc_sandbox.documents(LYUTIK.box) == []


def test_documents_of_a_letter_are_one_packet_and_link_to_each_other(diadoc_sandbox: DiadocSandbox):
    contract = attachment("Contract", metadata=INVOICE, CustomDocumentId="contract")
    links = [{"MessageId": "", "EntityId": "contract"}]
    invoice = attachment("ProformaInvoice", metadata=INVOICE, InitialDocumentIds=links)

    message_id, (upper, lower) = send(diadoc_sandbox, contract, invoice)
    above, below = document(diadoc_sandbox, message_id, upper), document(diadoc_sandbox, message_id, lower)

    assert above["PacketId"] == below["PacketId"]
    assert below["InitialDocumentIds"] == [{"MessageId": message_id, "EntityId": upper}]
    assert above["SubordinateDocumentIds"] == [{"MessageId": message_id, "EntityId": lower}]


def test_a_link_to_an_earlier_letter_joins_its_packet(diadoc_sandbox: DiadocSandbox):
    first_id, (earlier,) = send(diadoc_sandbox)
    before = document(diadoc_sandbox, first_id, earlier)["PacketId"]

    links = [{"MessageId": first_id, "EntityId": earlier}]
    second_id, (later,) = send(diadoc_sandbox, attachment(SubordinateDocumentIds=[], InitialDocumentIds=links))

    after = document(diadoc_sandbox, first_id, earlier)["PacketId"]
    assert after == document(diadoc_sandbox, second_id, later)["PacketId"]
    assert after != before


@pytest.mark.parametrize(
    ("type_name", "asked", "status"),
    [
        ("Nonformalized", True, "WaitingForRecipientSignature"),
        ("Nonformalized", False, "RecipientResponseStatusNotAcceptable"),
        ("Contract", False, "WaitingForRecipientSignature"),
        ("ProformaInvoice", True, "RecipientResponseStatusNotAcceptable"),
    ],
)
def test_the_workflow_decides_whether_an_answer_is_awaited(diadoc_sandbox, type_name, asked, status):
    body = attachment(type_name, metadata=INVOICE, NeedRecipientSignature=asked)

    message_id, (entity_id,) = send(diadoc_sandbox, body)

    assert document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"] == status


@pytest.mark.parametrize(
    ("setting", "status"),
    [("unknown", "RecipientResponseStatusUnknown"), ("not_acceptable", "RecipientResponseStatusNotAcceptable")],
)
def test_the_answer_before_sending_is_a_switch(diadoc_sandbox: DiadocSandbox, setting: str, status: str):
    diadoc_sandbox.settings(response_status_before_sending=setting)

    message_id, (entity_id,) = send(diadoc_sandbox)

    assert document(diadoc_sandbox, message_id, entity_id)["RecipientResponseStatus"] == status


def test_metadata_without_the_file_name_come_back(diadoc_sandbox: DiadocSandbox):
    metadata = {**INVOICE, "TotalVat": "20000.00", "Grounds": "Договор 196"}

    message_id, (entity_id,) = send(diadoc_sandbox, attachment("proformainvoice", metadata=metadata))
    found = document(diadoc_sandbox, message_id, entity_id)

    assert found["TypeNamedId"] == "ProformaInvoice"
    assert {item["Key"]: item["Value"] for item in found["Metadata"]} == metadata
    assert found["FileName"] == "Договор.pdf"
    assert found["ProformaInvoiceMetadata"]["Vat"] == "20000.00"


def test_a_formal_document_takes_metadata_from_its_xml(diadoc_sandbox: DiadocSandbox):
    message_id, (entity_id,) = send(diadoc_sandbox, utd_attachment())
    found = document(diadoc_sandbox, message_id, entity_id)

    assert {item["Key"]: item["Value"] for item in found["Metadata"]} == {
        "DocumentNumber": "15",
        "DocumentDate": "20.11.2026",
        "CurrencyCode": "643",
        "TotalSum": "122.00",
        "TotalVat": "22.00",
    }
    assert found["FileName"] == "ON_NSCHFDOPPR_15.xml"
    assert (found["Function"], found["Version"]) == ("СЧФДОП", "utd970_05_03_01")


def test_forty_documents_are_taken(diadoc_sandbox: DiadocSandbox):
    _, entity_ids = send(diadoc_sandbox, *[attachment()] * 40)

    assert len(entity_ids) == 40


@pytest.mark.parametrize("name", ["ENTREPRENEUR", "SLEEPER", "LYUTIK_BRANCH", "ROAMING_PARTNER"])
def test_an_organization_open_to_all_needs_no_invitation(diadoc_sandbox: DiadocSandbox, name: str):
    assert post(diadoc_sandbox, letter(ToBoxId=getattr(driver, name).box)).status_code == 200


def test_a_letter_with_signatures_is_sent_at_once(diadoc_sandbox: DiadocSandbox):
    signed = attachment(SignedContent={"Content": b64(PDF), "Signature": b64(CMS)})

    message = post(diadoc_sandbox, letter(signed, DelaySend=False), user=DIRECTOR).json()
    found = document(diadoc_sandbox, message["MessageId"], message["Entities"][0]["EntityId"])

    assert [entity["EntityType"] for entity in message["Entities"]] == ["Attachment", "Signature"]
    assert found["SenderSignatureStatus"] == "SenderSignatureCheckedAndValid"
    assert found["DeliveryTimestampTicks"] > found["SendTimestampTicks"] > 0


def test_test_signatures_are_for_the_test_stand(diadoc_sandbox: DiadocSandbox):
    body = letter(attachment(SignedContent={"Content": b64(PDF), "SignWithTestSignature": True}), DelaySend=False)

    refused = post(diadoc_sandbox, body, user=DIRECTOR)
    diadoc_sandbox.settings(test_stand=True)
    taken = post(diadoc_sandbox, body, user=DIRECTOR)

    assert (refused.status_code, taken.status_code) == (400, 200)


def test_structured_data_travel_beside_their_document(diadoc_sandbox: DiadocSandbox):
    companion = {"Content": b64(b"{}"), "FileName": "data.json", "ParentCustomDocumentId": "a"}
    body = letter(attachment(CustomDocumentId="a"), StructuredDataAttachments=[companion])

    first, data = post(diadoc_sandbox, body).json()["Entities"]

    assert (data["AttachmentType"], data["ParentEntityId"]) == ("StructuredData", first["EntityId"])
