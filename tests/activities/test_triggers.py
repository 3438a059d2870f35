from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities import triggers
from activities.context import Context
from activities.crm_ids import CrmItem
from activities.following import refresh
from errors import NoAccess, Unavailable
from registry.tables import Box, Document, Invitation, Package
from sandbox.diadoc import seed
from sandbox.portal.driver import DEAL
from tests.activities.sent_packages import Sender

EARLIER = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOLD = {"sent": "sent_at", "delivered": "delivered_at", "signed": "signed_by_counteragent_at"}


def paper(state: str, *told: str, needs_reply: bool = True, raw: str = "") -> Document:
    """A document in this state, of which Diadoc told these moments: sent, delivered, signed."""
    moments = {TOLD[name]: EARLIER + timedelta(hours=hour) for hour, name in enumerate(told)}
    return Document(
        docflow_state=state,
        needs_reply=needs_reply,
        changed_at=EARLIER + timedelta(days=1),
        raw_state={"recipient_response_status": raw} if raw else {},
        **moments,
    )


def steps(*documents: Document) -> list[str]:
    return [code.removeprefix("diadoc_") for code, _ in triggers.passed(documents)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (paper("not_sent"), []),
        (paper("waiting_for_our_signature"), []),
        (paper("our_signature_checking"), []),
        (paper("refused_by_our_signer"), ["refused"]),
        (paper("invalid_signature"), ["failed"]),
        (paper("sent", "sent"), ["sent"]),
        (paper("roaming_failed", "sent"), ["sent", "failed"]),
        (paper("delivered", "sent", "delivered"), ["sent", "delivered"]),
        (paper("delivered", "sent", "delivered", needs_reply=False), ["sent", "delivered"]),
        (paper("signed_by_counteragent", "sent", "delivered", "signed"), ["sent", "delivered", "signed"]),
        (paper("signed_with_discrepancies", "sent", "delivered", "signed"), ["sent", "delivered", "discrepancies"]),
        (paper("refused", "sent", "delivered"), ["sent", "delivered", "refused"]),
        (paper("revocation_requested_by_us", "sent", "delivered"), ["sent", "delivered"]),
        (paper("revoked", "sent", "delivered"), ["sent", "delivered", "revoked"]),
        (paper("revoked", "sent", "delivered", "signed"), ["sent", "delivered", "signed", "revoked"]),
        (paper("deleted"), []),
        (paper("unknown", "sent"), ["sent"]),
    ],
    ids=lambda value: getattr(value, "docflow_state", None),
)
def test_every_step_that_was_passed_is_known_from_where_the_package_stands(document, expected) -> None:
    assert steps(document) == expected


def test_a_state_speaks_for_itself_where_diadoc_told_no_moment() -> None:
    assert steps(paper("signed_by_counteragent")) == ["sent", "delivered", "signed"]


def test_a_revoked_document_that_was_signed_with_discrepancies_is_still_known_by_diadocs_code() -> None:
    document = paper("revoked", "sent", "delivered", "signed", raw="WithRecipientPartiallySignature")

    assert steps(document) == ["sent", "delivered", "discrepancies", "revoked"]


def test_a_step_is_passed_when_the_last_document_has_passed_it() -> None:
    signed = paper("signed_by_counteragent", "sent", "delivered", "signed")

    assert steps(signed, paper("sent", "sent")) == ["sent"]
    assert steps(signed, paper("delivered", "sent", "delivered")) == ["sent", "delivered"]
    assert steps(signed, paper("delivered", "sent", "delivered", needs_reply=False)) == ["sent", "delivered", "signed"]


def test_one_refusal_is_the_packages_and_one_revocation_is_not() -> None:
    signed = paper("signed_by_counteragent", "sent", "delivered", "signed")
    waiting = paper("delivered", "sent", "delivered")

    assert steps(waiting, paper("refused", "sent", "delivered")) == ["sent", "delivered", "refused"]
    assert steps(signed, paper("revoked", "sent", "delivered")) == ["sent", "delivered", "signed"]


@pytest.mark.parametrize(
    ("crm_item", "expected"),
    [
        ("D_17", CrmItem(2, 17)),
        ("L_3", CrmItem(1, 3)),
        ("Q_4", CrmItem(7, 4)),
        ("SI_9", CrmItem(31, 9)),
        ("T80_6", CrmItem(128, 6)),
        ("C_1", None),
        ("CO_1", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_triggers_work_on_what_has_a_funnel(crm_item, expected) -> None:
    assert triggers.item_with_funnel(crm_item) == expected


# On a portal


@pytest.fixture
def offered(context: Context) -> None:
    """The triggers are registered."""
    triggers.register(context.bitrix24, context.registry, language="ru")


@pytest.fixture
def sender(context: Context, box: Box) -> Sender:
    return Sender(context.registry.packages, context.diadoc(box), box)


@pytest.fixture
def look(sender: Sender, context: Context) -> Callable[[Package], None]:
    """look(package): learn from Diadoc where it stands, and pull what follows."""

    def look(package: Package) -> None:
        refresh(sender.documents(package), client=sender.client, packages=sender.packages, box=sender.box)
        triggers.pull(context, package.id)

    return look


def pulled(portal_sandbox: Any) -> list[str]:
    return [one["code"].removeprefix("diadoc_") for one in portal_sandbox.pulled_triggers()]


def test_what_was_passed_between_two_looks_is_pulled_in_order_and_each_once(
    offered, sender, look, context, portal_sandbox, diadoc_sandbox
) -> None:
    package = sender.send("act", "letter")
    look(package)
    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    look(package)
    triggers.pull(context, package.id)

    assert pulled(portal_sandbox) == ["sent", "delivered", "signed"]
    assert {(one["entity_type_id"], one["item_id"]) for one in portal_sandbox.pulled_triggers()} == {(2, DEAL)}


def test_a_package_signed_since_the_last_look_has_passed_every_step(
    offered, sender, look, portal_sandbox, diadoc_sandbox
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    look(package)

    assert pulled(portal_sandbox) == ["sent", "delivered", "signed"]


def test_a_funnel_that_waits_for_a_trigger_moves_the_deal(
    offered, sender, look, portal_sandbox, diadoc_sandbox
) -> None:
    portal_sandbox.set_trigger("diadoc_refused", "LOSE")
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    diadoc_sandbox.refuse(package.message_id, "Не та сумма")

    look(package)

    assert portal_sandbox.item(2, DEAL)["STAGE_ID"] == "LOSE"


def test_a_trigger_whose_reply_was_lost_is_pulled_again(
    offered, sender, look, context, portal_sandbox, diadoc_sandbox
) -> None:
    package = sender.send("act")
    diadoc_sandbox.settings(delivery="manual")
    diadoc_sandbox.sign_by_sender(package.message_id)
    portal_sandbox.fault("crm.automation.trigger.execute", "lost_reply")
    with pytest.raises(Unavailable):
        look(package)

    triggers.pull(context, package.id)

    effects = {one.name: one.done_at for one in context.registry.effects(f"package:{package.id}").all()}
    assert pulled(portal_sandbox) == ["sent", "sent"]
    assert effects["trigger:diadoc_sent:1"] is not None


def test_what_happened_before_the_triggers_were_offered_is_left_alone(
    sender, look, context, portal_sandbox, diadoc_sandbox, database
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    look(package)
    triggers.register(context.bitrix24, context.registry, language="ru")
    diadoc_sandbox.advance_clock(60)
    diadoc_sandbox.sign_by_recipient(package.message_id)

    look(package)

    assert pulled(portal_sandbox) == ["signed"]


def test_a_portal_without_our_triggers_is_not_asked(sender, look, portal_sandbox, diadoc_sandbox) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    look(package)

    assert portal_sandbox.requests("crm.automation.trigger.execute") == []


def test_a_withdrawn_trigger_or_a_deal_that_is_no_more_is_said_and_not_tried_for_ever(
    offered, sender, look, context, portal_sandbox, diadoc_sandbox
) -> None:
    context.bitrix24.crm_automation_trigger_delete("diadoc_sent")
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)

    look(package)
    look(package)

    effects = {one.name: one.facts for one in context.registry.effects(f"package:{package.id}").all()}
    assert pulled(portal_sandbox) == ["delivered"]
    assert "not registered" in effects["trigger:diadoc_sent:1"]["trouble"]
    assert len(portal_sandbox.requests("crm.automation.trigger.execute")) == 2


def test_a_token_that_may_not_is_told_to_the_operator_and_the_step_stays_open(
    offered, sender, look, context, portal_sandbox, diadoc_sandbox
) -> None:
    package = sender.send("act")
    diadoc_sandbox.sign_by_sender(package.message_id)
    denied = '{"error": "ACCESS_DENIED", "error_description": "Access denied! Admin permissions required"}'
    portal_sandbox.fault("crm.automation.trigger.execute", "status", status=403, body=denied)

    with pytest.raises(NoAccess):
        look(package)
    triggers.pull(context, package.id)

    assert pulled(portal_sandbox) == ["sent", "delivered"]


def test_a_package_of_a_company_has_no_funnel(offered, sender, look, portal_sandbox, diadoc_sandbox, database) -> None:
    package = sender.send("act")
    with database.session() as session:
        session.execute(text("update package set crm_item = 'CO_2'"))
    diadoc_sandbox.sign_by_sender(package.message_id)

    look(package)

    assert portal_sandbox.requests("crm.automation.trigger.execute") == []


# Offering them


def states(context: Context, language: str = "ru") -> set[str]:
    return {one.state for one in triggers.registrations(context.bitrix24, language=language)}


def test_triggers_are_offered_in_the_portals_language_and_renamed_by_the_same_code(
    context, app, portal_sandbox
) -> None:
    before = states(context)

    triggers.register(context.bitrix24, context.registry, language="ru")
    russian = portal_sandbox.app(app)["triggers"]
    outdated = states(context, "en")
    triggers.register(context.bitrix24, context.registry, language="en")

    assert (before, outdated, states(context, "en")) == ({"missing"}, {"outdated"}, {"registered"})
    assert russian["diadoc_sent"] == "Диадок: пакет отправлен"
    assert portal_sandbox.app(app)["triggers"]["diadoc_sent"] == "Diadoc: package sent"
    assert set(russian) == set(triggers.TRIGGERS)


def test_offering_again_changes_nothing_and_keeps_the_moment(offered, context, portal_sandbox) -> None:
    since = context.registry.effects("triggers").all()[0].intended_at
    portal_sandbox.forget_requests()

    triggers.register(context.bitrix24, context.registry, language="ru")

    assert portal_sandbox.requests("crm.automation.trigger.add") == []
    assert context.registry.effects("triggers").all()[0].intended_at == since


def test_all_are_withdrawn_old_ones_too(offered, context, app, portal_sandbox) -> None:
    context.bitrix24.crm_automation_trigger_add(code="diadoc_old", name="Из прошлой версии")

    gone = triggers.unregister(context.bitrix24)

    assert {one.code for one in gone} == {*triggers.TRIGGERS, "diadoc_old"}
    assert portal_sandbox.app(app)["triggers"] == {}


# Invitations


@pytest.mark.parametrize(
    ("status", "expected"),
    [("ours", ["invitation_accepted"]), ("rejects_us", ["invitation_rejected"]), ("not_in_list", [])],
)
def test_an_answered_invitation_tells_the_item(offered, context, portal_sandbox, status, expected) -> None:
    invitation = Invitation(box_pk=1, counteragent_box_id=seed.LYUTIK.box, status=status)

    triggers.pull_invitation(context, invitation, f"D_{DEAL}")
    triggers.pull_invitation(context, invitation, "C_1")

    assert pulled(portal_sandbox) == expected
