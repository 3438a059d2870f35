import pytest

from activities import registering
from worker.register import register


@pytest.mark.parametrize("removed", registering.KINDS)
def test_an_update_does_not_bring_back_the_kind_that_an_administrator_removed(workflows, removed: str) -> None:
    running, portal = workflows.running, workflows.running.portals.get(workflows.portal.id)
    client = running.connections.bitrix24(portal)
    registering.unregister(client, running.portals, portal, kinds=(removed,))

    register(running, portal.id)

    left = {"robot": client.bizproc_robot_list(), "activity": client.bizproc_activity_list()}
    assert [kind for kind in registering.KINDS if not left[kind]] == [removed]
