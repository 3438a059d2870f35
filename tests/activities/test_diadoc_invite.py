from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from activities import diadoc_invite
from activities.base import Pending
from activities.context import Context
from activities.diadoc_invite import DiadocInvite
from activities.waits import is_over
from clients.diadoc.ids import normal_box_id
from errors import (
    AmbiguousBox,
    CounteragentClosed,
    CounteragentNotFound,
    InputInvalid,
    InvitationRejected,
    NoAccess,
    NotPartner,
    RoamingSetupRequired,
    SignatureRequired,
    Unavailable,
)
from registry.tables import Box
from sandbox.diadoc import seed

INVITE = DiadocInvite()


@pytest.fixture
def invite(run: Callable[..., Any], context: Context) -> Callable[..., Any]:
    """invite(seed.CLOSED): by INN and KPP."""

    def invite(organization: seed.Organization, on: Context = context, **inputs: Any) -> Any:
        return run(INVITE, on=on, for_inn=organization.inn, for_kpp=organization.kpp, **inputs)

    return invite


def finish(context: Context, pending: Pending) -> dict[str, Any]:
    return INVITE.dump_outputs(INVITE.finish(context, pending, wait=True))


def answer(context: Context, pending: Pending, status: str) -> None:
    """What the poll keeps when the counteragent has answered."""
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    context.registry.invitations.keep_status(pending.invitation_id or 0, status, answered_at=moment)


def relation(context: Context, box: Box, organization: seed.Organization) -> str:
    place = {"box_id": box.box_id, "counteragent_box_id": normal_box_id(organization.box)}
    return context.diadoc(box).get_counteragent(**place).status


def invitations(diadoc_sandbox: Any) -> int:
    return len(diadoc_sandbox.requests("AcquireCounteragent"))


def test_a_partner_is_not_invited_again(invite, diadoc_sandbox):
    found = invite(seed.LYUTIK)

    assert (found["result"], found["counteragent_status"]) == ("ok", "ours")
    assert found["counteragent_name"] == seed.LYUTIK.name
    assert found["counteragent_box_id"] == normal_box_id(seed.LYUTIK.box)
    assert invitations(diadoc_sandbox) == 0


def test_a_stranger_is_invited_and_the_answer_waited_for(invite, context, box):
    pending = invite(seed.CLOSED, message="Давайте обмениваться документами", deadline_days="7")

    assert isinstance(pending, Pending)
    assert (pending.wait_for, pending.deadline_days) == ("invitation", 7)
    assert not is_over(context.registry, pending)
    assert relation(context, box, seed.CLOSED) == "IsInvitedByMe"


def test_without_waiting_the_answer_says_invited(invite):
    found = invite(seed.CLOSED, wait="N")

    assert (found["result"], found["counteragent_status"], found["answered_at"]) == ("ok", "invited_by_us", "")


def test_an_acceptance_ends_the_wait(invite, context):
    pending = invite(seed.CLOSED)
    answer(context, pending, "ours")

    assert is_over(context.registry, pending)
    found = finish(context, pending)
    assert (found["counteragent_status"], found["counteragent_name"]) == ("ours", seed.CLOSED.name)
    assert found["answered_at"] == "2026-11-21T12:00:00+00:00"


def test_a_rejection_ends_the_wait_with_an_error(invite, context):
    pending = invite(seed.CLOSED)
    answer(context, pending, "rejects_us")

    assert is_over(context.registry, pending)
    with pytest.raises(InvitationRejected):
        finish(context, pending)


def test_an_invitation_that_we_took_back_makes_no_partner(invite, context):
    pending = invite(seed.CLOSED)
    answer(context, pending, "rejected_by_us")

    with pytest.raises(NotPartner):
        finish(context, pending)


def test_what_is_known_at_the_deadline_is_told(invite, context):
    pending = invite(seed.CLOSED)

    assert finish(context, pending)["counteragent_status"] == "invited_by_us"


def test_another_portals_invitation_is_none(context):
    with pytest.raises(NotPartner):
        finish(context, Pending(wait_for="invitation", invitation_id=999))


def test_who_invites_us_is_accepted(invite, context, box):
    found = invite(seed.INVITER)

    assert (found["result"], found["counteragent_status"]) == ("ok", "ours")
    assert found["answered_at"] != ""
    assert relation(context, box, seed.INVITER) == "IsMyCounteragent"


def test_an_invitation_with_a_document_has_to_be_signed(invite, monkeypatch):
    """The relation stays as it is: Diadoc accepts such an invitation by the signature alone."""
    monkeypatch.setattr(diadoc_invite, "_acquire", lambda *given: None)

    with pytest.raises(SignatureRequired) as caught:
        invite(seed.INVITER)

    assert caught.value.who_must_act == "our_signer"


def test_an_invitation_repeated_is_sent_once(invite, again, context, diadoc_sandbox):
    first = invite(seed.CLOSED)

    second = invite(seed.CLOSED, on=again(context))

    assert second.invitation_id == first.invitation_id
    assert invitations(diadoc_sandbox) == 1


@pytest.mark.parametrize("method", ["AcquireCounteragent", "AcquireCounteragentResult"])
def test_a_lost_answer_of_diadoc_invites_once(invite, diadoc_sandbox, method, context, box):
    diadoc_sandbox.fault(method, "lost_reply", times=-1)
    with pytest.raises(Unavailable):
        invite(seed.CLOSED)
    diadoc_sandbox.clear_faults()
    diadoc_sandbox.forget_requests()

    pending = invite(seed.CLOSED)

    assert pending.wait_for == "invitation"
    assert invitations(diadoc_sandbox) == 0
    assert relation(context, box, seed.CLOSED) == "IsInvitedByMe"


def test_a_worker_killed_before_it_remembered_invites_once(invite, context, diadoc_sandbox):
    invite(seed.CLOSED)
    context.journal.forget("invite")

    invite(seed.CLOSED)

    assert invitations(diadoc_sandbox) == 1


def test_a_call_comes_back_for_an_invitation_that_takes_long(invite, diadoc_sandbox, monkeypatch):
    diadoc_sandbox.settings(acquire_pending_calls=1, retry_after_seconds=5)
    monkeypatch.setattr(diadoc_invite, "ROUND_SECONDS", 0.0)

    with pytest.raises(Unavailable) as caught:
        invite(seed.CLOSED)

    assert caught.value.is_retried
    assert invite(seed.CLOSED).wait_for == "invitation"


def test_roaming_has_to_be_set_up_first(invite):
    with pytest.raises(RoamingSetupRequired) as caught:
        invite(seed.ROAMING_UNSET)

    assert caught.value.who_must_act == "administrator"
    assert "роуминг" in caught.value.text("ru")


def test_roaming_that_is_set_up_is_invited(invite):
    assert isinstance(invite(seed.ROAMING_STRANGER), Pending)


def test_a_refusal_at_once_means_roaming_too(invite, diadoc_sandbox):
    diadoc_sandbox.fault("AcquireCounteragent", "status", status=409, body="roaming request needed")

    with pytest.raises(RoamingSetupRequired):
        invite(seed.ROAMING_STRANGER)


def test_who_has_blocked_us_rejects(invite):
    with pytest.raises(InvitationRejected):
        invite(seed.BLOCKER)


@pytest.mark.parametrize(
    ("organization", "error"),
    [
        (seed.LIQUIDATED, CounteragentClosed),
        (seed.GEMINI[0], AmbiguousBox),
        (replace(seed.LYUTIK, kpp="966077001"), CounteragentNotFound),
    ],
    ids=["liquidated", "two boxes", "unknown"],
)
def test_nobody_is_invited_by_guess(invite, diadoc_sandbox, organization, error):
    with pytest.raises(error):
        invite(organization)

    assert invitations(diadoc_sandbox) == 0


def test_a_person_may_choose_between_boxes(run, context, box):
    pending = run(INVITE, on=context, to_box=seed.GEMINI[1].box)

    assert isinstance(pending, Pending)
    assert relation(context, box, seed.GEMINI[1]) == "IsInvitedByMe"


def test_the_client_of_the_deal_is_meant_when_nobody_is_named(run, context):
    assert run(INVITE, on=context)["counteragent_name"] == seed.LYUTIK.name


def test_a_message_too_long_is_told_before_inviting(invite, diadoc_sandbox):
    with pytest.raises(InputInvalid):
        invite(seed.CLOSED, message="я" * 2001)

    assert invitations(diadoc_sandbox) == 0


def test_who_may_not_invite_is_told_so(run, again, lonely_context, connect):
    connect(seed.ROMASHKA, user=seed.CLERK)

    with pytest.raises(NoAccess):
        run(INVITE, on=lonely_context, for_inn=seed.CLOSED.inn, for_kpp=seed.CLOSED.kpp)
