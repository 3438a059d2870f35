import pytest

from activities.base import Pending
from activities.context import Context
from activities.diadoc_wait import DiadocWait
from activities.following import refresh_package
from activities.waits import is_over
from errors import DiadocAuthLost, InputInvalid, SubscriptionEnded
from registry.tables import Box
from tests.activities.sent_packages import Sender

activity = DiadocWait()


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def wait(context: Context):
    """wait(use_package=…): outputs, or the Pending that says what is waited for."""

    def wait(**properties: object) -> dict | Pending:
        return activity.run(context, **activity.load_inputs(properties))

    return wait


def finish(context: Context, pending: Pending) -> dict:
    return activity.dump_outputs(activity.finish(context, pending, **activity.load_inputs({})))


def test_the_outcome_of_the_whole_package_is_waited_for_thirty_days_by_default(sender, wait) -> None:
    package = sender.send("act")

    pending = wait(use_package=str(package.id))

    assert pending == Pending(wait_for="outcome", package_id=package.id, deadline_days=30)


def test_what_has_come_already_is_answered_at_once(sender, wait, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    answer = wait(use_package=str(package.id))

    assert (answer["package_id"], answer["docflow_state"]) == (package.id, "signed_by_counteragent")


@pytest.mark.parametrize(
    ("wait_for", "signed_by_us", "delivered"),
    [("sent", True, True), ("delivered", False, True), ("outcome", False, False)],
)
def test_each_wait_is_over_at_its_own_step(
    sender, wait, context, diadoc_sandbox, wait_for, signed_by_us, delivered
) -> None:
    diadoc_sandbox.settings(delivery="manual")
    package = sender.send("act")
    pending = wait(use_package=str(package.id), wait_for=wait_for)

    diadoc_sandbox.sign_by_sender(package.message_id)
    refresh_package(context, package)
    after_signing = is_over(context.registry, pending)
    diadoc_sandbox.deliver(package.message_id)
    refresh_package(context, package)

    assert (after_signing, is_over(context.registry, pending)) == (signed_by_us, delivered)


def test_the_answer_after_waiting_tells_what_is_known_then(sender, wait, context, diadoc_sandbox) -> None:
    package = sender.send("act")
    pending = wait(use_package=str(package.id), deadline_days="5")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.refuse(package.message_id, "Неверная сумма")
    refresh_package(context, package)

    answer = finish(context, pending)

    assert pending.deadline_days == 5
    assert (answer["result"], answer["docflow_state"], answer["outcome"]) == ("ok", "refused", "refused")
    assert answer["refusal_reason"] == "Неверная сумма"


def test_one_document_of_a_package_can_be_waited_for(sender, wait, context, diadoc_sandbox) -> None:
    package = sender.send("act", "act")
    first, _ = sender.documents(package)
    pending = wait(use_document=str(first.id))
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id, [first.entity_id])

    refresh_package(context, package)

    assert pending.document_id == first.id
    assert is_over(context.registry, pending)
    assert finish(context, pending)["document_ids"] == [first.id]


def test_a_package_that_was_not_sent_yet_may_be_waited_for(sender, wait) -> None:
    package = sender.gather("act")

    pending = wait(package_name=package.name)

    assert pending.package_id == package.id


def test_a_package_thrown_away_is_not_waited_for_any_longer(sender, wait, context) -> None:
    package = sender.gather("act")
    pending = wait(use_package=str(package.id))

    sender.packages.mark_deleted(package.id)

    assert is_over(context.registry, pending)
    assert finish(context, pending)["outcome"] == "deleted"


def test_a_document_that_was_refused_needs_no_revocation(sender, wait, context, diadoc_sandbox) -> None:
    package = sender.send("act", "act")
    first, second = sender.documents(package)
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id, [first.entity_id])
    diadoc_sandbox.refuse(package.message_id, "Сумма", [second.entity_id])
    diadoc_sandbox.request_revocation(package.message_id, "Ошибка", entity_ids=[first.entity_id])
    diadoc_sandbox.accept_revocation(package.message_id, entity_ids=[first.entity_id])

    answer = wait(use_package=str(package.id), wait_for="revocation")

    assert answer["revocation_state"] == "accepted"


def test_a_diadoc_that_is_away_for_the_moment_does_not_end_a_wait_of_weeks(sender, wait, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.fault("GetDocflows", "status", status=503, times=-1)

    assert isinstance(wait(use_package=str(package.id)), Pending)


def test_a_diadoc_that_is_closed_to_us_is_told_at_once(sender, wait, diadoc_sandbox) -> None:
    package = sender.send("act")

    diadoc_sandbox.lapse_subscription()
    with pytest.raises(SubscriptionEnded):
        wait(use_package=str(package.id))
    diadoc_sandbox.revoke_tokens()
    with pytest.raises(DiadocAuthLost):
        wait(use_package=str(package.id))


def test_a_revocation_is_waited_for_beyond_the_outcome(sender, wait, context, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)
    pending = wait(use_package=str(package.id), wait_for="revocation")

    diadoc_sandbox.request_revocation(package.message_id, "Ошибка")
    diadoc_sandbox.reject_revocation(package.message_id, "Всё верно")
    refresh_package(context, package)

    assert isinstance(pending, Pending)
    assert is_over(context.registry, pending)
    assert finish(context, pending)["revocation_state"] == "rejected"


def test_a_wait_for_something_else_or_for_no_day_at_all_is_refused(wait) -> None:
    with pytest.raises(InputInvalid):
        wait(wait_for="miracle")
    with pytest.raises(InputInvalid):
        wait(deadline_days="0")
