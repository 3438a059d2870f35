from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from activities.context import Context
from activities.diadoc_delete_unsent import DiadocDeleteUnsent
from activities.following import LAG, NotVisibleYet
from errors import AlreadySent, PackageNotFound, Unavailable
from registry.tables import Box, Package
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender

DELETE = DiadocDeleteUnsent()


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def delete(run: Callable[..., Any], context: Context) -> Callable[..., Any]:
    def delete(package: Package, on: Context = context) -> Any:
        return run(DELETE, on=on, use_package=str(package.id), reason="Ошиблись суммой")

    return delete


def in_diadoc(diadoc_sandbox: Any) -> list[bool]:
    return [one["IsDeleted"] for one in diadoc_sandbox.documents()]


def test_a_gathered_package_is_thrown_away_without_diadoc(delete, sender, diadoc_sandbox):
    package = sender.gather("act")
    diadoc_sandbox.forget_requests()

    found = delete(package)

    assert (found["result"], found["package_id"], found["docflow_state"]) == ("ok", package.id, "deleted")
    assert sender.again(package).state == "deleted"
    assert diadoc_sandbox.requests() == []


def test_an_unsigned_package_is_deleted_in_diadoc(delete, sender, diadoc_sandbox):
    package = sender.send("act", "letter")

    delete(package)

    assert in_diadoc(diadoc_sandbox) == [True, True]
    assert sender.again(package).state == "deleted"


def test_a_draft_is_recycled(delete, sender, diadoc_sandbox):
    package = sender.send("act", is_draft=True)

    delete(package)

    assert len(diadoc_sandbox.requests("RecycleDraft")) == 1
    assert diadoc_sandbox.requests("Delete") == []


def test_what_our_signer_refused_is_deleted(delete, sender, diadoc_sandbox):
    package = sender.send("act")
    diadoc_sandbox.refuse_by_our_signer(package.message_id, "Не та сумма")

    delete(package)

    assert in_diadoc(diadoc_sandbox) == [True]


def test_a_sent_package_is_not_deleted(delete, sender, diadoc_sandbox):
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    with pytest.raises(AlreadySent):
        delete(package)

    assert in_diadoc(diadoc_sandbox) == [False]
    assert sender.again(package).state == "sent"


def test_a_package_of_which_one_document_was_sent_stays_whole(delete, sender, diadoc_sandbox):
    package = sender.send("act", "act")
    first, _ = sender.documents(package)
    diadoc_sandbox.sign_by_sender(package.message_id, [first.entity_id])

    with pytest.raises(AlreadySent):
        delete(package)

    assert in_diadoc(diadoc_sandbox) == [False, False]


def test_a_draft_that_a_person_sent_is_not_deleted(delete, sender, diadoc_sandbox):
    package = sender.send("act", is_draft=True)
    diadoc_sandbox.send_draft(package.message_id)

    with pytest.raises(AlreadySent):
        delete(package)


def test_a_person_who_was_faster_is_no_failure(delete, sender, diadoc_sandbox):
    package = sender.send("act")
    diadoc_sandbox.delete(package.message_id)

    assert delete(package)["docflow_state"] == "deleted"


@pytest.mark.parametrize(("method", "message"), [("Delete", {}), ("RecycleDraft", {"is_draft": True})])
def test_a_lost_answer_of_diadoc_deletes_once(delete, sender, diadoc_sandbox, method, message):
    package = sender.send("act", **message)
    diadoc_sandbox.fault(method, "lost_reply", times=-1)
    with pytest.raises(Unavailable):
        delete(package)
    diadoc_sandbox.clear_faults()

    assert delete(package)["docflow_state"] == "deleted"


def test_deleting_twice_is_deleting_once(delete, sender, again, context):
    package = sender.send("act")
    delete(package)

    found = delete(package, on=again(context))

    assert found["docflow_state"] == "deleted"
    assert len(audit(context)) == 1


def test_the_reason_is_in_the_audit(delete, sender, context):
    delete(sender.gather("act"))

    assert [facts for (facts,) in audit(context)] == [{"reason": "Ошиблись суммой"}]


def test_an_unknown_package_is_not_found(run, context):
    with pytest.raises(PackageNotFound):
        run(DELETE, on=context, use_package="999")


def test_a_package_that_may_be_on_its_way_is_not_called_deleted(delete, sender, again, context):
    package = freeze(sender)

    with pytest.raises(NotVisibleYet) as caught:
        delete(package)

    assert caught.value.is_retried
    assert sender.again(package).state == "sending"


def test_a_package_that_never_got_through_is_thrown_away_later(delete, sender, context):
    package = freeze(sender)
    long_ago = datetime.now(UTC) - 2 * LAG
    with context.registry.database.session() as session:
        session.execute(update(Package).where(Package.id == package.id).values(frozen_at=long_ago))

    assert delete(package)["docflow_state"] == "deleted"


def test_a_package_that_got_through_unseen_is_deleted_there(delete, sender, context, diadoc_sandbox):
    package = sender.send("act")
    with context.registry.database.session() as session:
        forgotten = {"state": "sending", "message_id": None, "frozen_at": datetime.now(UTC) - timedelta(seconds=1)}
        session.execute(update(Package).where(Package.id == package.id).values(forgotten))

    delete(package)

    assert in_diadoc(diadoc_sandbox) == [True]


def freeze(sender: Sender) -> Package:
    """A package whose sending began, and of which nothing more is known."""
    package = sender.gather("act")
    values = {"mode": "delay_send", "lock_mode": "none", "message": "", "counteragent": {"box_id": seed.LYUTIK.box}}
    return sender.packages.freeze(package.id, sending={}, needs_reply={}, box_pk=sender.box.id, **values)


def audit(context: Context) -> list[Any]:
    with context.registry.database.engine.connect() as connection:
        return list(connection.exec_driver_sql("select facts from audit where action = 'package_deleted'"))
