from typing import Any

import pytest

from activities.docflows import falls_short, told_by_docflow, values_of
from clients.diadoc.models import Docflow
from clients.diadoc.models.docflows import read_docflow
from clients.diadoc.reading import Item
from registry.tables import Document
from tests.clients.diadoc_support import sample

TICKS = {"Ticks": 639184933315000000}


def docflow(info: dict[str, Any] | None = None, **parts: Any) -> Docflow:
    """A docflow of an outgoing letter that was signed by us and delivered; parts: of its Docflow."""
    title = {"SenderSignatureStatus": "SenderSignatureCheckedAndValid", "SentAt": TICKS, "DeliveredAt": TICKS}
    title |= parts.pop("SenderTitle", {})
    return read_docflow(
        Item(
            {
                "DocumentId": {"MessageId": "m", "EntityId": "e"},
                "DocumentInfo": {"MessageType": "Letter", "DocumentDirection": "Outbound", **(info or {})},
                "Docflow": {"SenderTitle": title, **parts},
            }
        )
    )


def stored(*, needs_reply: bool) -> Document:
    return Document(needs_reply=needs_reply, docflow_state="sent", refusal_reason="", signed_by_counteragent_at=None)


def values(of: Docflow, *, needs_reply: bool = True) -> dict[str, Any]:
    return values_of(told_by_docflow(of, None), stored(needs_reply=needs_reply), reason="")


@pytest.mark.parametrize(("needs_reply", "outcome"), [(True, ("delivered", False)), (False, ("delivered", True))])
def test_a_docflow_that_says_nothing_of_an_answer_is_judged_by_what_we_sent(needs_reply, outcome) -> None:
    kept = values(docflow(), needs_reply=needs_reply)

    assert (kept["docflow_state"], kept["is_final"]) == outcome
    assert kept["needs_reply"] is needs_reply


def test_the_sample_of_a_refusal_is_understood() -> None:
    refused = read_docflow(Item(sample("docflows_rejected")["Documents"][0]))

    kept = values(refused)

    assert (kept["docflow_state"], kept["is_final"]) == ("refused", True)
    assert kept["signed_by_us_at"] == kept["sent_at"] == refused.sent_at
    assert kept["raw_state"]["packet_id"] == "5d6e7f80-91a2-43b4-85c6-d7e8f90a1b2c"


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("PrimarySignatureRequested", "waiting_for_our_signature"),
        ("SignatureRequestRejected", "refused_by_our_signer"),
        ("PrimarySignatureRejected", "refused_by_our_signer"),
        ("ApprovementSignatureRequested", "waiting_for_our_signature"),
    ],
)
def test_the_finer_resolutions_of_a_docflow_are_understood(told: str, state: str) -> None:
    unsigned = {"SenderSignatureStatus": "WaitingForSenderSignature", "SentAt": None, "DeliveredAt": None}
    asked = docflow(SenderTitle=unsigned, Resolution={"ResolutionStatus": told})

    assert not falls_short(asked)
    assert values(asked)["docflow_state"] == state


def test_a_docflow_does_not_say_enough_of_roaming_revocations_and_our_signer() -> None:
    unsigned = {"SenderSignatureStatus": "WaitingForSenderSignature"}

    assert falls_short(docflow(SenderTitle={"RoamingNotification": {"IsSuccess": False}}))
    assert falls_short(docflow(Revocation={"RevocationStatus": "RevocationIsRequestedByMe"}))
    assert falls_short(docflow(SenderTitle=unsigned))
    assert not falls_short(docflow())
    assert not falls_short(docflow(Revocation={"RevocationStatus": "RevocationStatusNone"}))


@pytest.mark.parametrize(
    ("draft", "is_deleted", "state"),
    [
        ({"IsRecycled": False}, False, "draft"),
        ({"IsRecycled": True}, False, "deleted"),
        ({"IsRecycled": False}, True, "deleted"),
        ({"IsRecycled": True, "TransformedToLetterIds": ["letter"]}, True, "draft"),
    ],
)
def test_only_its_letters_tell_a_sent_draft_from_a_deleted_one(draft, is_deleted, state) -> None:
    told = docflow({"MessageType": "Draft", "DraftInfo": draft, "IsDeleted": is_deleted})

    assert values(told)["docflow_state"] == state


def test_what_diadoc_may_invent_is_kept_as_it_came_and_fit_for_a_database() -> None:
    kept = values(docflow(RecipientResponse={"ResponseStatus": "Some\x00thing new" + "!" * 9_000}))

    assert kept["docflow_state"] == "unknown"
    assert kept["raw_state"]["recipient_response_status"].startswith("Something new!")
    assert len(kept["raw_state"]["recipient_response_status"]) == 5_000
