"""The usual business process and the people around it, for scenarios."""

from typing import Any

from sandbox.portal.driver import FILES
from tests.scenarios.product import wait_until

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def add(name: str, kind: str, number: str, file_number: int, **more: str) -> dict[str, Any]:
    """A step that adds the n-th file of the deal."""
    properties = {
        "source": "field",
        "file_field": FILES,
        "file_number": str(file_number),
        "document_type": kind,
        "number": number,
        "date": "20.11.2026",
        "total": "1200,00",
        "vat": "200,00",
        **more,
    }
    return {"activity": "diadoc_add_document", "name": name, "properties": properties}


def closing(**sending: str) -> list[dict[str, Any]]:
    """An invoice and an act go out together; the workflow waits for the outcome."""
    return [
        add("invoice", "ProformaInvoice", "17", 1, grounds="Договор 5"),
        add("act", "AcceptanceCertificate", "8", 2),
        {"activity": "diadoc_check_package", "name": "check", "properties": {}},
        {
            "activity": "diadoc_send_package",
            "name": "send",
            "properties": {"wait_for": "outcome", "deadline_days": "5", **sending},
        },
    ]


def put_papers(portal_sandbox: Any) -> None:
    portal_sandbox.put_file(FILES, "Счёт 17.pdf", PDF + b"%1")
    portal_sandbox.put_file(FILES, "Акт 8.pdf", PDF + b"%2")


def letter_of(diadoc_sandbox: Any, seconds: float = 40) -> str:
    """The id of the only letter that waits for our signature, when it is there."""
    letters = wait_until(diadoc_sandbox.messages, seconds, "a letter in Diadoc")
    assert len(letters) == 1
    return letters[0]["MessageId"]


def sign_by_both(diadoc_sandbox: Any, message_id: str) -> None:
    """Our signer signs everything, the counteragent what needs a reply."""
    diadoc_sandbox.sign_by_sender(message_id)
    waiting = wait_until(
        lambda: [
            document["EntityId"]
            for document in diadoc_sandbox.documents()
            if document["RecipientResponseStatus"] == "WaitingForRecipientSignature"
            and document["DeliveryTimestampTicks"]
        ],
        what="the delivery",
    )
    diadoc_sandbox.sign_by_recipient(message_id, waiting)


def answers(portal_sandbox: Any) -> list[dict[str, Any]]:
    """Every answer that any workflow has got."""
    return [answer for workflow in portal_sandbox.workflows() for answer in workflow.get("answers", [])]
