"""Docflow states: every combination of Diadoc's codes has one, and what follows from a state."""

from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.states import (
    DOCFLOW_STATES,
    OUTCOMES,
    DocflowState,
    Outcome,
    Revocation,
    Standing,
    document_state,
    is_final,
    is_reached,
    needs_reply_by_status,
    outcome,
    package_needs_reply,
    package_revocation,
    package_state,
    revocation_state,
    who_must_act,
)
from clients.diadoc import states as vendor

S = DocflowState
DELIVERED = object()
standings = st.builds(Standing, st.sampled_from(DocflowState), st.booleans())


def document(**changes):
    """A letter signed by us and delivered, whose answer is awaited."""
    usual = {
        "message_type": "Letter",
        "direction": "Outbound",
        "is_deleted": False,
        "sender_signature_status": "SenderSignatureCheckedAndValid",
        "recipient_response_status": "WaitingForRecipientSignature",
        "revocation_status": "RevocationStatusNone",
        "roaming_status": "RoamingNotificationStatusNone",
        "recipient_receipt_status": "GeneralReceiptStatusNotAcceptable",
        "resolution_status": "None",
        "delivered_at": DELIVERED,
    }
    return SimpleNamespace(**{**usual, **changes})


OUTGOING = [
    ({}, S.DELIVERED),
    ({"delivered_at": None}, S.SENT),
    ({"message_type": "Draft", "sender_signature_status": "WaitingForSenderSignature"}, S.DRAFT),
    ({"sender_signature_status": "WaitingForSenderSignature", "delivered_at": None}, S.WAITING_FOR_OUR_SIGNATURE),
    (
        {
            "sender_signature_status": "WaitingForSenderSignature",
            "resolution_status": "SignatureDenied",
            "delivered_at": None,
        },
        S.REFUSED_BY_OUR_SIGNER,
    ),
    ({"sender_signature_status": "SenderSignatureUnchecked", "delivered_at": None}, S.OUR_SIGNATURE_CHECKING),
    ({"sender_signature_status": "SenderSignatureCheckedAndInvalid"}, S.INVALID_SIGNATURE),
    ({"roaming_status": "RoamingNotificationStatusError", "delivered_at": None}, S.ROAMING_FAILED),
    ({"recipient_response_status": "RecipientSignatureRequestRejected"}, S.REFUSED),
    ({"recipient_response_status": "WithRecipientSignature"}, S.SIGNED_BY_COUNTERAGENT),
    ({"recipient_response_status": "WithRecipientPartiallySignature"}, S.SIGNED_WITH_DISCREPANCIES),
    ({"recipient_response_status": "InvalidRecipientSignature"}, S.INVALID_SIGNATURE),
    ({"recipient_response_status": "RecipientResponseStatusNotAcceptable"}, S.DELIVERED),
    ({"recipient_response_status": "SomethingOfNextYear"}, S.UNKNOWN),
    ({"is_deleted": True}, S.DELETED),
    ({"is_deleted": True, "revocation_status": "RevocationAccepted"}, S.REVOKED),
    (
        {"recipient_response_status": "WithRecipientSignature", "revocation_status": "RevocationIsRequestedByMe"},
        S.REVOCATION_REQUESTED_BY_US,
    ),
    ({"revocation_status": "RequestsMyRevocation"}, S.REVOCATION_REQUESTED_BY_COUNTERAGENT),
    (
        {"recipient_response_status": "WithRecipientSignature", "revocation_status": "RevocationRejected"},
        S.SIGNED_BY_COUNTERAGENT,
    ),
    (
        {
            "recipient_response_status": "RecipientSignatureRequestRejected",
            "revocation_status": "RevocationIsRequestedByMe",
        },
        S.REFUSED,
    ),
]

INCOMING = [
    ({}, S.WAITING_FOR_OUR_SIGNATURE),
    ({"resolution_status": "SignatureDenied"}, S.REFUSED_BY_OUR_SIGNER),
    ({"sender_signature_status": "SenderSignatureUnchecked"}, S.SENT),
    ({"sender_signature_status": "WaitingForSenderSignature"}, S.UNKNOWN),
    ({"recipient_response_status": "RecipientSignatureRequestRejected"}, S.REFUSED_BY_OUR_SIGNER),
    ({"recipient_response_status": "WithRecipientSignature"}, S.SIGNED_BY_COUNTERAGENT),
    ({"recipient_response_status": "RecipientResponseStatusNotAcceptable"}, S.DELIVERED),
    ({"revocation_status": "RequestsMyRevocation"}, S.REVOKED),
    (
        {"recipient_response_status": "WithRecipientSignature", "revocation_status": "RequestsMyRevocation"},
        S.REVOCATION_REQUESTED_BY_COUNTERAGENT,
    ),
]


@pytest.mark.parametrize(("codes", "expected"), OUTGOING)
def test_an_outgoing_document_has_the_state_that_its_codes_mean(codes, expected):
    state = document_state(document(**codes), needs_reply=True)

    assert state == expected


@pytest.mark.parametrize(("codes", "expected"), INCOMING)
def test_an_incoming_document_is_seen_from_our_side(codes, expected):
    state = document_state(document(direction="Inbound", **codes), needs_reply=True)

    assert state == expected


def test_a_document_that_diadoc_has_not_got_is_not_sent():
    state = document_state(None, needs_reply=True)

    assert state == S.NOT_SENT


def test_an_answer_counts_more_than_an_earlier_roaming_error():
    answered = document(
        roaming_status="RoamingNotificationStatusError", recipient_response_status="WithRecipientSignature"
    )

    state = document_state(answered, needs_reply=True)

    assert state == S.SIGNED_BY_COUNTERAGENT


@pytest.mark.parametrize("response", ["WaitingForRecipientSignature", "RecipientResponseStatusNotAcceptable"])
def test_the_sender_alone_revokes_what_has_no_answer(response):
    asked = document(recipient_response_status=response, revocation_status="RevocationIsRequestedByMe")

    state = document_state(asked, needs_reply=response == "WaitingForRecipientSignature")
    revocation = revocation_state(asked, needs_reply=response == "WaitingForRecipientSignature")

    assert (state, revocation) == (S.REVOKED, Revocation.ACCEPTED)
    assert is_reached("revocation", state, needs_reply=True)


def test_an_invoice_whose_receipt_is_signed_is_revoked_by_both_only():
    asked = document(
        recipient_response_status="RecipientResponseStatusNotAcceptable",
        recipient_receipt_status="Finished",
        revocation_status="RevocationIsRequestedByMe",
    )

    state = document_state(asked, needs_reply=False)

    assert state == S.REVOCATION_REQUESTED_BY_US


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("RevocationStatusNone", Revocation.NONE),
        ("RevocationIsRequestedByMe", Revocation.REQUESTED_BY_US),
        ("RequestsMyRevocation", Revocation.REQUESTED_BY_COUNTERAGENT),
        ("RevocationAccepted", Revocation.ACCEPTED),
        ("RevocationRejected", Revocation.REJECTED),
        ("SomethingOfNextYear", Revocation.NONE),
    ],
)
def test_the_revocation_of_a_signed_document_goes_by_its_status(status, expected):
    signed = document(recipient_response_status="WithRecipientSignature", revocation_status=status)

    assert revocation_state(signed, needs_reply=True) == expected
    assert revocation_state(None, needs_reply=True) == Revocation.NONE


def test_every_combination_of_codes_has_a_state():
    statuses = {
        "sender_signature_status": [*vendor.SenderSignatureStatus, "new"],
        "recipient_response_status": [*vendor.RecipientResponseStatus, "new"],
        "revocation_status": [*vendor.RevocationStatus, "new"],
        "roaming_status": [vendor.RoamingStatus.ERROR, "new"],
        "direction": [*vendor.Direction, "new"],
        "message_type": ["Letter", "Draft", ""],
        "delivered_at": [None, DELIVERED],
    }

    states = {
        document_state(document(**dict(zip(statuses, codes, strict=True))), needs_reply=needs_reply)
        for codes in product(*statuses.values())
        for needs_reply in (True, False)
    }

    assert states == set(DocflowState) - {S.NOT_SENT, S.DELETED}


def test_only_a_document_without_a_foreseen_answer_needs_no_reply():
    assert needs_reply_by_status(document())
    assert not needs_reply_by_status(document(recipient_response_status="RecipientResponseStatusNotAcceptable"))


@pytest.mark.parametrize("state", DocflowState)
def test_every_state_and_outcome_reads_in_both_languages(state):
    result = outcome(state, needs_reply=True)

    assert DOCFLOW_STATES[state].ru
    assert DOCFLOW_STATES[state].en
    assert OUTCOMES[result].ru
    assert OUTCOMES[result].en


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.SIGNED_BY_COUNTERAGENT, Outcome.SUCCESS),
        (S.SIGNED_WITH_DISCREPANCIES, Outcome.DISCREPANCIES),
        (S.REFUSED, Outcome.REFUSED),
        (S.REFUSED_BY_OUR_SIGNER, Outcome.REFUSED),
        (S.ROAMING_FAILED, Outcome.FAILED),
        (S.INVALID_SIGNATURE, Outcome.FAILED),
        (S.REVOKED, Outcome.REVOKED),
        (S.DELETED, Outcome.DELETED),
        (S.DELIVERED, Outcome.IN_PROGRESS),
        (S.REVOCATION_REQUESTED_BY_US, Outcome.IN_PROGRESS),
        (S.UNKNOWN, Outcome.IN_PROGRESS),
    ],
)
def test_a_state_sums_up_to_its_outcome(state, expected):
    assert outcome(state, needs_reply=True) == expected


def test_a_delivered_document_that_needs_no_reply_is_a_success():
    assert outcome(S.DELIVERED, needs_reply=False) == Outcome.SUCCESS
    assert who_must_act(S.DELIVERED, needs_reply=False) == ""
    assert who_must_act(S.DELIVERED, needs_reply=True) == "counteragent"


@given(standings, st.sampled_from(["sent", "delivered", "outcome"]))
def test_any_end_ends_every_wait(standing, wait_for):
    reached = is_reached(wait_for, *standing)

    assert reached or not is_final(*standing)


@given(standings, st.sampled_from(Revocation))
def test_a_wait_for_a_revocation_ends_only_by_its_answer(standing, revocation):
    reached = is_reached("revocation", *standing, revocation=revocation)

    assert reached == (standing.state == S.REVOKED or revocation in ("accepted", "rejected"))


@given(standings)
def test_what_is_delivered_is_sent_and_what_is_over_is_delivered(standing):
    waits = [is_reached(wait_for, *standing) for wait_for in ("outcome", "delivered", "sent")]

    assert waits == sorted(waits)


@pytest.mark.parametrize("state", [S.NOT_SENT, S.DRAFT, S.WAITING_FOR_OUR_SIGNATURE, S.OUR_SIGNATURE_CHECKING])
def test_an_unsent_document_reaches_nothing(state):
    assert not is_reached("sent", state, needs_reply=True)


def test_an_invitation_is_no_matter_of_the_docflow():
    with pytest.raises(ValueError, match="invitation"):
        is_reached("invitation", S.SENT, needs_reply=True)


@given(st.lists(standings, max_size=6), st.randoms())
def test_the_state_of_a_package_does_not_depend_on_the_order(documents, random):
    shuffled = random.sample(documents, len(documents))

    assert package_state(documents) == package_state(shuffled)


@given(standings)
def test_a_package_of_one_document_is_where_the_document_is(standing):
    state = package_state([standing])

    success = outcome(*standing) == Outcome.SUCCESS
    expected = S.SIGNED_BY_COUNTERAGENT if success and standing.needs_reply else standing.state
    expected = S.DELIVERED if success and not standing.needs_reply else expected
    assert state == expected


@given(st.lists(standings, min_size=1, max_size=6))
def test_a_package_is_final_only_when_a_document_ended_badly_or_none_goes_on(documents):
    state = package_state(documents)

    going_on = [one for one in documents if not is_final(*one)]
    bad = {S.INVALID_SIGNATURE, S.ROAMING_FAILED, S.REFUSED_BY_OUR_SIGNER, S.REFUSED, S.SIGNED_WITH_DISCREPANCIES}
    if is_final(state, package_needs_reply(documents)):
        assert not going_on or state in bad
    else:
        assert going_on


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], S.NOT_SENT),
        ([(S.REFUSED, True), (S.INVALID_SIGNATURE, True), (S.SENT, True)], S.INVALID_SIGNATURE),
        ([(S.REFUSED, True), (S.REFUSED_BY_OUR_SIGNER, True)], S.REFUSED_BY_OUR_SIGNER),
        ([(S.SIGNED_WITH_DISCREPANCIES, True), (S.REVOCATION_REQUESTED_BY_US, True)], S.REVOCATION_REQUESTED_BY_US),
        ([(S.UNKNOWN, True), (S.SENT, True)], S.UNKNOWN),
        ([(S.DELIVERED, True), (S.WAITING_FOR_OUR_SIGNATURE, False)], S.WAITING_FOR_OUR_SIGNATURE),
        ([(S.DELIVERED, False), (S.DELIVERED, True), (S.SIGNED_BY_COUNTERAGENT, True)], S.DELIVERED),
        ([(S.DELIVERED, False), (S.SIGNED_BY_COUNTERAGENT, True)], S.SIGNED_BY_COUNTERAGENT),
        ([(S.DELIVERED, False), (S.DELIVERED, False)], S.DELIVERED),
        ([(S.DELIVERED, False), (S.REVOKED, True)], S.DELIVERED),
        ([(S.SIGNED_BY_COUNTERAGENT, True), (S.DELETED, True)], S.SIGNED_BY_COUNTERAGENT),
        ([(S.DELETED, True), (S.DELETED, False)], S.DELETED),
        ([(S.DELETED, True), (S.REVOKED, False)], S.REVOKED),
    ],
)
def test_a_package_follows_the_written_rule(documents, expected):
    state = package_state(Standing(*one) for one in documents)

    assert state == expected


def test_a_revoked_document_no_longer_asks_the_package_for_a_reply():
    documents = [Standing(S.DELIVERED, False), Standing(S.REVOKED, True)]

    assert not package_needs_reply(documents)
    assert is_final(package_state(documents), package_needs_reply(documents))


@pytest.mark.parametrize(
    ("revocations", "expected"),
    [
        ([], Revocation.NONE),
        (["accepted", "accepted"], Revocation.ACCEPTED),
        (["accepted", "none"], Revocation.NONE),
        (["accepted", "rejected"], Revocation.REJECTED),
        (["requested_by_us", "rejected"], Revocation.REQUESTED_BY_US),
        (["requested_by_us", "requested_by_counteragent"], Revocation.REQUESTED_BY_COUNTERAGENT),
    ],
)
def test_a_package_is_revoked_when_all_of_it_is(revocations, expected):
    assert package_revocation([Revocation(one) for one in revocations]) == expected


def test_an_approval_inside_the_company_waits_for_the_approver():
    assert who_must_act(S.WAITING_FOR_OUR_SIGNATURE, True, "ApprovementRequested") == "approver"
    assert who_must_act(S.WAITING_FOR_OUR_SIGNATURE, True, "SignatureRequested") == "our_signer"
    assert who_must_act(S.SENT, True) == ""


def test_states_compare_with_what_a_table_holds():
    assert S("sent") is S.SENT
    assert outcome("refused", needs_reply=True) == "refused"
    assert package_state([Standing("sent", True), Standing("deleted", True)]) == "sent"
