from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from activities.base import Pending
from activities.context import Context
from activities.diadoc_revoke import DiadocRevoke
from activities.following import refresh_package
from activities.waits import is_over
from errors import InputInvalid, PackageNotFound, RevocationInProgress, RevocationRejected, Unavailable
from registry.tables import Box, Package
from sandbox.portal.driver import MANAGER
from tests.activities.sent_packages import Sender

REVOKE = DiadocRevoke()
REASON = {"reason": "Ошибка в сумме"}


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def signed(sender: Sender, diadoc_sandbox: Any) -> Package:
    return sign(sender, diadoc_sandbox)


def sign(sender: Sender, diadoc_sandbox: Any, *papers: str) -> Package:
    package = sender.send(*papers)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    return package


@pytest.fixture
def revoke(run: Callable[..., Any], context: Context, signed: Package) -> Callable[..., Any]:
    """revoke(action="accept"): of the signed package, unless another is named."""

    def revoke(on: Context = context, **inputs: Any) -> Any:
        return run(REVOKE, on=on, **({"use_package": str(signed.id)} | inputs))

    return revoke


@pytest.fixture
def came(context: Context, signed: Package) -> Callable[[Pending], bool]:
    """What the poll does: look at Diadoc, then whether the wait is over."""

    def came(pending: Pending) -> bool:
        package = context.registry.packages.get(pending.package_id or 0)
        assert package is not None
        refresh_package(context, package)
        return is_over(context.registry, pending)

    return came


def finish(context: Context, pending: Pending, action: str = "request") -> dict[str, Any]:
    return REVOKE.dump_outputs(REVOKE.finish(context, pending, action=action, reason="", wait=True))


def test_a_proposal_is_put_before_our_signer_and_waited_for(revoke, signed, portal_sandbox, came, sender):
    pending = revoke(**REASON, deadline_days="5")

    [comment] = portal_sandbox.timeline()
    [notice] = portal_sandbox.notifications()
    [document] = sender.documents(signed)
    assert (pending.wait_for, pending.package_id, pending.deadline_days) == ("revocation", signed.id, 5)
    assert document.entity_id in comment["text"]
    assert "Ошибка в сумме" in comment["text"]
    assert f"Акт № {document.number}" in notice["message"]
    assert not came(pending)


def test_the_one_responsible_for_the_item_gets_the_notice(revoke, portal_sandbox):
    portal_sandbox.change_item({"ASSIGNED_BY_ID": MANAGER})

    revoke(**REASON)

    assert [one["user_id"] for one in portal_sandbox.notifications()] == [MANAGER]


def test_a_portal_that_takes_no_notices_still_has_the_timeline(revoke, portal_sandbox):
    body = '{"error": "insufficient_scope", "error_description": "no scope"}'
    headers = {"Content-Type": "application/json"}
    portal_sandbox.fault("im.notify.system.add", "status", status=403, body=body, headers=headers, times=-1)

    assert isinstance(revoke(**REASON), Pending)
    assert len(portal_sandbox.timeline()) == 1


def test_consent_of_the_counteragent_revokes(revoke, signed, diadoc_sandbox, came, context):
    pending = revoke(**REASON)
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")
    assert not came(pending)
    diadoc_sandbox.accept_revocation(signed.message_id)

    assert came(pending)
    found = finish(context, pending)
    assert (found["docflow_state"], found["outcome"], found["revocation_state"]) == ("revoked", "revoked", "accepted")


def test_a_refusal_of_the_counteragent_is_an_error_with_its_reason(revoke, signed, diadoc_sandbox, came, context):
    pending = revoke(**REASON)
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")
    diadoc_sandbox.reject_revocation(signed.message_id, "Не согласны")

    assert came(pending)
    with pytest.raises(RevocationRejected) as caught:
        finish(context, pending)
    assert "Не согласны" in caught.value.text("ru")


def test_after_a_refusal_one_may_propose_again(revoke, signed, diadoc_sandbox, came, again, context):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")
    diadoc_sandbox.reject_revocation(signed.message_id, "Не согласны")

    pending = revoke(**REASON)

    assert isinstance(pending, Pending)
    assert not came(pending)
    diadoc_sandbox.request_revocation(signed.message_id, "Ещё раз")
    assert not came(pending)
    diadoc_sandbox.accept_revocation(signed.message_id)
    assert came(pending)
    assert finish(context, pending)["revocation_state"] == "accepted"


def test_the_old_refusal_is_no_error_at_the_deadline(revoke, signed, diadoc_sandbox, context):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")
    diadoc_sandbox.reject_revocation(signed.message_id, "Не согласны")
    pending = revoke(**REASON)

    assert finish(context, pending)["revocation_state"] == "rejected"


def test_a_document_without_an_answer_is_revoked_by_our_side_alone(sender, diadoc_sandbox, run, context, came):
    package = sender.send("letter")
    diadoc_sandbox.sign_by_sender(package.message_id)
    pending = run(REVOKE, on=context, use_package=str(package.id), **REASON)

    diadoc_sandbox.request_revocation(package.message_id, "Ошибка")

    assert came(pending)
    assert finish(context, pending)["revocation_state"] == "accepted"


def test_without_waiting_the_signer_is_named_with_the_link(revoke, portal_sandbox, signed):
    found = revoke(**REASON, wait="N")

    assert (found["result"], found["error_code"], found["who_must_act"]) == (
        "error",
        "SIGNATURE_REQUIRED",
        "our_signer",
    )
    assert found["link"] in found["error_text"]
    assert (found["package_id"], found["revocation_state"]) == (signed.id, "none")
    assert len(portal_sandbox.timeline()) == 1


@pytest.mark.parametrize("action", ["request", "refuse"])
def test_a_proposal_and_a_refusal_need_a_reason(revoke, action, portal_sandbox):
    with pytest.raises(InputInvalid) as caught:
        revoke(action=action)

    assert "Причина" in caught.value.text("ru")
    assert portal_sandbox.timeline() == []


def test_what_is_proposed_already_is_not_proposed_again(revoke, signed, diadoc_sandbox):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")

    with pytest.raises(RevocationInProgress) as caught:
        revoke(**REASON)

    assert caught.value.who_must_act == "counteragent"


def test_a_proposal_of_the_counteragent_waits_for_our_answer(revoke, signed, diadoc_sandbox):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка", side="recipient")

    with pytest.raises(RevocationInProgress) as caught:
        revoke(**REASON)

    assert caught.value.who_must_act == "our_signer"


@pytest.mark.parametrize(
    ("action", "ends_as"), [("accept", "accepted"), ("refuse", "rejected")], ids=["accept", "refuse"]
)
def test_a_proposal_of_the_counteragent_is_answered_by_our_signer(
    revoke, signed, diadoc_sandbox, came, context, portal_sandbox, action, ends_as
):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка", side="recipient")
    pending = revoke(action=action, **REASON)
    assert not came(pending)

    if action == "accept":
        diadoc_sandbox.accept_revocation(signed.message_id, side="sender")
    else:
        diadoc_sandbox.reject_revocation(signed.message_id, "Всё верно", side="sender")

    assert came(pending)
    assert finish(context, pending, action)["revocation_state"] == ends_as
    assert "Контрагент предложил аннулирование" in portal_sandbox.timeline()[0]["text"]


@pytest.mark.parametrize("action", ["accept", "refuse"])
def test_without_a_proposal_there_is_nothing_to_answer(revoke, action, portal_sandbox):
    with pytest.raises(InputInvalid):
        revoke(action=action, **REASON)

    assert portal_sandbox.timeline() == []


def test_our_own_proposal_is_not_ours_to_accept(revoke, signed, diadoc_sandbox):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")

    with pytest.raises(InputInvalid):
        revoke(action="accept")


@pytest.mark.parametrize("action", ["request", "accept"])
def test_what_is_revoked_already_is_answered_at_once(revoke, signed, diadoc_sandbox, portal_sandbox, action):
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")
    diadoc_sandbox.accept_revocation(signed.message_id)

    found = revoke(action=action, **REASON)

    assert (found["result"], found["revocation_state"], found["outcome"]) == ("ok", "accepted", "revoked")
    assert portal_sandbox.timeline() == []


def test_an_unsent_package_is_to_be_deleted_instead(run, sender, context):
    package = sender.send("act")

    with pytest.raises(InputInvalid) as caught:
        run(REVOKE, on=context, use_package=str(package.id), **REASON)

    assert "удалить неотправленное" in caught.value.text("ru")


def test_a_gathered_package_is_to_be_deleted_instead(run, sender, context):
    with pytest.raises(InputInvalid):
        run(REVOKE, on=context, use_package=str(sender.gather("act").id), **REASON)


def test_a_deleted_package_has_nothing_to_revoke(run, sender, context):
    package = sender.gather("act")
    sender.packages.mark_deleted(package.id)

    with pytest.raises(InputInvalid) as caught:
        run(REVOKE, on=context, use_package=str(package.id), **REASON)

    assert "аннулировать нечего" in caught.value.text("ru")


def test_an_unknown_package_is_not_found(revoke):
    with pytest.raises(PackageNotFound):
        revoke(use_package="999", **REASON)


def test_one_document_of_a_package_is_revoked_alone(run, sender, diadoc_sandbox, context, came):
    package = sign(sender, diadoc_sandbox, "act", "act")
    first, second = sender.documents(package)
    pending = run(REVOKE, on=context, use_document=str(first.id), **REASON)
    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", entity_ids=[second.entity_id])
    diadoc_sandbox.accept_revocation(package.message_id, entity_ids=[second.entity_id])
    assert not came(pending)

    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", entity_ids=[first.entity_id])
    diadoc_sandbox.accept_revocation(package.message_id, entity_ids=[first.entity_id])

    assert pending.document_id == first.id
    assert came(pending)


def test_a_locked_package_is_revoked_whole(run, sender, diadoc_sandbox, context):
    package = sign(sender, diadoc_sandbox, "act", "act")
    with context.registry.database.session() as session:
        session.execute(update(Package).where(Package.id == package.id).values(lock_mode="full"))
    first, _ = sender.documents(package)

    pending = run(REVOKE, on=context, use_document=str(first.id), **REASON)

    assert (pending.package_id, pending.document_id) == (package.id, None)


def test_a_document_that_was_refused_does_not_hold_up_the_others(run, sender, diadoc_sandbox, context, came):
    package = sender.send("act", "act")
    first, second = sender.documents(package)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id, [first.entity_id])
    diadoc_sandbox.refuse(package.message_id, "Не та сумма", [second.entity_id])
    pending = run(REVOKE, on=context, use_package=str(package.id), **REASON)
    assert not came(pending)

    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", entity_ids=[first.entity_id])
    diadoc_sandbox.accept_revocation(package.message_id, entity_ids=[first.entity_id])

    assert came(pending)
    assert finish(context, pending)["revocation_state"] == "accepted"


@pytest.mark.parametrize("killed_in", ["timeline", "notice", "audit"])
def test_a_worker_killed_before_it_remembered_tells_people_once(revoke, context, portal_sandbox, killed_in):
    first = revoke(**REASON)
    context.journal.forget(killed_in)

    assert revoke(**REASON) == first
    assert len(portal_sandbox.timeline()) == 1
    assert len({one["tag"] for one in portal_sandbox.notifications()}) == 1


def test_a_lost_answer_of_the_portal_tells_people_once(revoke, portal_sandbox):
    portal_sandbox.fault("crm.timeline.comment.add", "lost_reply")
    with pytest.raises(Unavailable):
        revoke(**REASON)

    revoke(**REASON)

    assert len(portal_sandbox.timeline()) == 1


def test_a_signer_who_was_faster_than_a_repeated_run_is_no_refusal(revoke, signed, diadoc_sandbox):
    first = revoke(**REASON)
    diadoc_sandbox.request_revocation(signed.message_id, "Ошибка")

    assert revoke(**REASON) == first


def test_foreign_words_do_not_become_markup(revoke, portal_sandbox):
    revoke(reason="[URL=https://evil.example]сюда[/URL]")

    [comment] = portal_sandbox.timeline()
    assert "(URL=https://evil.example)" in comment["text"]
