"""Triggers are offered with the robots, and told of answered invitations by jobs of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from activities import registering, triggers
from clients.diadoc.ids import normal_box_id
from errors import Unavailable
from registry.invitations import InvitationItems
from registry.portal_registry import PortalRegistry
from registry.settings import change_settings
from registry.tables import Invitation
from sandbox.diadoc import seed
from sandbox.portal.driver import DEAL, SMART_ITEM, SMART_TYPE
from scheduler.status_poll import enqueue_polls
from worker.invitations import tell_invitation, waited_for
from worker.polling import poll_invitations
from worker.register import register


def offered(workflows) -> dict[str, str]:
    return workflows.sandbox.app(workflows.app)["triggers"]


def test_triggers_are_offered_with_the_robots(workflows) -> None:
    assert set(offered(workflows)) == set(triggers.TRIGGERS)
    assert offered(workflows)["diadoc_signed"] == "Диадок: пакет подписан обеими сторонами"


def test_registering_again_changes_no_trigger(workflows, portal_sandbox) -> None:
    portal_sandbox.forget_requests()

    register(workflows.running, workflows.portal.id)

    assert portal_sandbox.requests("crm.automation.trigger.add") == []


def test_who_keeps_no_robots_gets_no_triggers_back(workflows) -> None:
    running, portal = workflows.running, workflows.running.portals.get(workflows.portal.id)
    client = running.connections.bitrix24(portal)
    registering.unregister(client, running.portals, portal, kinds=("robot",))
    triggers.unregister(client)

    register(running, portal.id)

    assert offered(workflows) == {}


def test_triggers_that_an_administrator_has_withdrawn_stay_away(workflows, database) -> None:
    running, portal = workflows.running, workflows.running.portals.get(workflows.portal.id)
    change_settings(database, portal.id, user_id=1, offers_triggers=False)
    triggers.unregister(running.connections.bitrix24(portal))

    register(running, portal.id)

    assert offered(workflows) == {}


def test_a_portal_without_automation_rules_still_gets_its_robots(workflows, portal_sandbox) -> None:
    portal_sandbox.update(workflows.app)
    denied = '{"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}'
    portal_sandbox.fault("crm.automation.trigger.list", "status", status=404, body=denied, times=-1)

    register(workflows.running, workflows.portal.id)

    assert len(workflows.sandbox.registrations(workflows.app)) > 0


def test_a_portal_that_is_away_brings_the_job_back(workflows, portal_sandbox) -> None:
    portal_sandbox.fault("crm.automation.trigger.list", "status", times=-1)

    with pytest.raises(Unavailable):
        register(workflows.running, workflows.portal.id)


# Invitations


@pytest.fixture
def invited(workflows, database) -> Callable[..., int]:
    """invited("ours", "D_1"): an invitation with this answer, sent on these items; its id."""
    registry = PortalRegistry(database, workflows.portal.id)
    ours = {"inn": seed.ROMASHKA.inn, "kpp": seed.ROMASHKA.kpp, "name": seed.ROMASHKA.name}
    account_id = registry.boxes.add_account(kind="oidc")
    box = registry.boxes.connect(account_id=account_id, box_id=normal_box_id(seed.ROMASHKA.box), **ours)

    def invited(status: str, *crm_items: str) -> int:
        invitation = registry.invitations.remember(
            box_pk=box.id, counteragent_box_id=normal_box_id(seed.LYUTIK.box), name="ООО «Лютик»", status=status
        )
        for crm_item in crm_items:
            InvitationItems(database).remember(invitation.id, crm_item)
        return invitation.id

    return invited


def pulled(workflows) -> list[tuple[str, int, int]]:
    found = workflows.sandbox.pulled_triggers()
    return [(one["code"].removeprefix("diadoc_invitation_"), one["entity_type_id"], one["item_id"]) for one in found]


def queued(database, task: str) -> list[Any]:
    with database.session() as session:
        enqueue_polls(database, session)
        rows = text("select args from procrastinate_jobs where task_name = :task order by id")
        return list(session.scalars(rows, {"task": task}))


@pytest.mark.parametrize(("status", "code"), [("ours", "accepted"), ("rejects_us", "rejected")])
def test_every_item_on_which_somebody_was_invited_is_told_once(workflows, invited, status, code) -> None:
    invitation_id = invited(status, f"D_{DEAL}", f"T{SMART_TYPE:x}_{SMART_ITEM}", "CO_2")

    tell_invitation(workflows.running, invitation_id)
    tell_invitation(workflows.running, invitation_id)

    assert sorted(pulled(workflows)) == [(code, 2, DEAL), (code, SMART_TYPE, SMART_ITEM)]


def test_an_invitation_that_nobody_answered_is_not_told(workflows, invited) -> None:
    tell_invitation(workflows.running, invited("invited_by_us", f"D_{DEAL}"))

    assert pulled(workflows) == []


def test_a_portal_that_is_away_is_told_later(workflows, invited, portal_sandbox, database) -> None:
    invitation_id = invited("ours", f"D_{DEAL}")
    portal_sandbox.fault("crm.automation.trigger.execute", "status", times=1)

    tell_invitation(workflows.running, invitation_id)
    workflows.forget_jobs()
    again = queued(database, "tell_invitation")
    tell_invitation(workflows.running, invitation_id)
    workflows.forget_jobs()

    assert again == [{"invitation_id": invitation_id}]
    assert len(pulled(workflows)) == 1
    assert queued(database, "tell_invitation") == []


def test_somebody_invited_anew_is_told_of_the_second_answer_too(workflows, invited) -> None:
    tell_invitation(workflows.running, invited("rejects_us", f"D_{DEAL}"))
    invited("invited_by_us", f"D_{DEAL}")

    tell_invitation(workflows.running, invited("ours"))

    assert [code for code, _, _ in pulled(workflows)] == ["rejected", "accepted"]


def test_an_answer_is_asked_for_although_no_workflow_waits(running, box, registry, sender, database, diadoc_sandbox):
    their_box = normal_box_id(seed.ENTREPRENEUR.box)
    sender.client.acquire_counteragent(box_id=box.box_id, counteragent_box_id=their_box)
    invitation = registry.invitations.remember(
        box_pk=box.id, counteragent_box_id=their_box, name="ИП Астров", status="invited_by_us"
    )
    without_item = waited_for(running, box.id)
    InvitationItems(database).remember(invitation.id, f"D_{DEAL}")
    asked = queued(database, "poll_invitations")
    diadoc_sandbox.accept_invitation(seed.ENTREPRENEUR.box)

    poll_invitations(running, box.id)

    with database.session() as session:
        status = session.get_one(Invitation, invitation.id).status
        jobs = list(session.scalars(text("select args from procrastinate_jobs where task_name = 'tell_invitation'")))
    assert (without_item, asked, status) == ([], [{"box_pk": box.id}], "ours")
    assert jobs == [{"invitation_id": invitation.id}]
    assert waited_for(running, box.id) == []


def test_a_year_old_invitation_is_not_asked_about_any_more(running, box, registry, database) -> None:
    invitation = registry.invitations.remember(
        box_pk=box.id, counteragent_box_id=normal_box_id(seed.LYUTIK.box), name="", status="invited_by_us"
    )
    InvitationItems(database).remember(invitation.id, "D_1")
    with database.session() as session:
        session.execute(text("update invitation_item set asked_at = now() - interval '366 days'"))

    assert waited_for(running, box.id) == []
