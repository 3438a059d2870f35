from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.context import Context
from activities.status import status_outputs
from registry.tables import Box, Package
from sandbox.diadoc import seed
from tests.activities.sent_packages import Sender

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SIGNED = {
    "docflow_state": "signed_by_counteragent",
    "is_final": True,
    "signed_by_us_at": MORNING,
    "sent_at": MORNING,
    "delivered_at": MORNING + timedelta(hours=1),
    "signed_by_counteragent_at": MORNING + timedelta(hours=2),
}
DELIVERED = {
    "docflow_state": "delivered",
    "signed_by_us_at": MORNING + timedelta(minutes=5),
    "sent_at": MORNING + timedelta(minutes=5),
    "delivered_at": MORNING + timedelta(hours=3),
}


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def keep(sender: Sender, context: Context) -> Callable[..., dict[str, Any]]:
    """keep(package, values of the first document, of the second …): their status once that is what we know."""
    from activities.following import summarize

    def keep(package: Package, *known: dict[str, Any]) -> dict[str, Any]:
        for document, values in zip(sender.documents(package), known, strict=True):
            sender.packages.keep_state(document.id, values)
        sender.packages.sum_up(package.id, summarize)
        return status_outputs(context, sender.again(package), sender.documents(package))

    return keep


def test_a_package_that_is_being_gathered_is_not_sent(sender, context) -> None:
    package = sender.gather("act")

    status = status_outputs(context, package, sender.documents(package))

    assert (status["docflow_state"], status["outcome"], status["is_final"]) == ("not_sent", "in_progress", False)
    assert status["state_text"] == "Не отправлен"
    assert (status["documents_count"], status["link"], status["waiting_since"]) == (1, "", None)
    assert status["who_must_act"] == "operator"


def test_a_package_stands_where_its_documents_stand_though_nobody_summed_it_up_yet(sender, context) -> None:
    package = sender.send("act")
    (document,) = sender.documents(package)
    sender.packages.keep_state(document.id, SIGNED)  # and the poll that did so was killed

    status = status_outputs(context, sender.again(package), sender.documents(package))

    assert (status["docflow_state"], status["outcome"]) == ("signed_by_counteragent", "success")


def test_the_state_is_told_in_the_portals_language(sender, context, again) -> None:
    package = sender.gather("act")

    status = status_outputs(again(context, language="en"), package, sender.documents(package))

    assert status["state_text"] == "Not sent"


def test_ids_and_states_of_documents_stand_in_one_order(sender, keep) -> None:
    package = sender.send("act", "act")

    status = keep(package, SIGNED, DELIVERED)

    assert status["document_ids"] == [document.id for document in sender.documents(package)]
    assert status["document_states"] == ["signed_by_counteragent", "delivered"]
    assert (status["documents_count"], status["signed_count"], status["refused_count"]) == (2, 1, 0)
    assert status["docflow_state"] == "delivered"


def test_a_package_gets_somewhere_when_its_last_document_does(sender, keep) -> None:
    status = keep(sender.send("act", "act"), SIGNED, DELIVERED)

    assert status["sent_at"] == MORNING + timedelta(minutes=5)
    assert status["delivered_at"] == MORNING + timedelta(hours=3)
    assert status["signed_by_counteragent_at"] is None


def test_only_documents_that_need_an_answer_are_waited_for(sender, keep) -> None:
    status = keep(sender.send("act", "letter"), SIGNED, DELIVERED | {"is_final": True})

    assert status["signed_by_counteragent_at"] == MORNING + timedelta(hours=2)
    assert (status["docflow_state"], status["outcome"]) == ("signed_by_counteragent", "success")
    assert (status["who_must_act"], status["waiting_since"]) == ("", None)


def test_a_deleted_document_holds_no_time_back(sender, keep) -> None:
    status = keep(sender.send("act", "act"), SIGNED, {"docflow_state": "deleted", "is_final": True})

    assert status["sent_at"] == MORNING
    assert status["outcome"] == "success"


def test_every_refusal_is_named_with_its_document(sender, keep) -> None:
    package = sender.send("act", "act", "act")
    first, second, third = sender.documents(package)
    refused = {"docflow_state": "refused", "is_final": True}

    status = keep(package, refused | {"refusal_reason": "Сумма"}, SIGNED, refused | {"refusal_reason": "Дата"})

    assert status["refusal_reason"] == f"{first.file_name}: Сумма\n{third.file_name}: Дата"
    assert status["refused_document_ids"] == [first.id, third.id]
    assert (status["refused_count"], status["signed_count"]) == (2, 1)
    assert (status["outcome"], status["who_must_act"]) == ("refused", "operator")
    assert second.id not in status["refused_document_ids"]


def test_a_single_documents_reason_stands_alone(sender, keep) -> None:
    status = keep(sender.send("act"), {"docflow_state": "refused", "refusal_reason": "Сумма", "is_final": True})

    assert status["refusal_reason"] == "Сумма"


def test_the_status_of_one_document_is_its_own(sender, keep, context) -> None:
    package = sender.send("act", "act")
    keep(package, SIGNED, DELIVERED)
    first, second = sender.documents(package)

    status = status_outputs(context, sender.again(package), [first, second], first)

    assert (status["docflow_state"], status["documents_count"], status["document_ids"]) == (
        "signed_by_counteragent",
        1,
        [first.id],
    )
    assert status["is_final"] is True


def test_the_link_opens_the_document_that_everything_waits_for(sender, keep, context) -> None:
    package = sender.send("act", "act")
    status = keep(package, SIGNED, DELIVERED)
    second = sender.documents(package)[1]

    assert status["link"] == (
        f"https://diadoc.kontur.ru/{seed.ROMASHKA.box}/Document/Show"
        f"?letterId={second.message_id}&documentId={second.entity_id}"
    )


@pytest.mark.parametrize(
    ("known", "actor"),
    [
        ({"docflow_state": "waiting_for_our_signature"}, "our_signer"),
        (
            {"docflow_state": "waiting_for_our_signature", "raw_state": {"resolution_status": "ApprovementRequested"}},
            "approver",
        ),
        ({"docflow_state": "sent"}, ""),
        (DELIVERED, "counteragent"),
        ({"docflow_state": "revocation_requested_by_counteragent"}, "our_signer"),
    ],
)
def test_who_must_act_is_told_while_all_is_well_too(sender, keep, known, actor) -> None:
    status = keep(sender.send("act"), known)

    assert status["who_must_act"] == actor
    assert status["waiting_since"] is not None


def test_a_package_thrown_away_is_deleted(sender, context) -> None:
    package = sender.gather("act")
    sender.packages.mark_deleted(package.id)

    status = status_outputs(context, sender.again(package), sender.documents(package))

    assert (status["docflow_state"], status["outcome"], status["is_final"]) == ("deleted", "deleted", True)
    assert status["document_states"] == ["deleted"]
