import pytest

from activities import catalog
from errors import Unavailable
from worker.register import register

ADDED = ("bizproc.robot.add", "bizproc.activity.add")
CHANGED = ("bizproc.robot.update", "bizproc.activity.update")


def asked(portal_sandbox, methods: tuple[str, ...]) -> int:
    return sum(len(portal_sandbox.requests(method)) for method in methods)


def codes(workflows) -> set[str]:
    return {one["code"] for one in workflows.sandbox.registrations(workflows.app)}


def test_every_activity_is_there_as_a_robot_and_as_an_activity(workflows) -> None:
    assert codes(workflows) == {f"{code}{kind}" for code in catalog() for kind in ("", "_activity")}


def test_registering_again_changes_nothing(workflows, portal_sandbox) -> None:
    portal_sandbox.forget_requests()

    register(workflows.running, workflows.portal.id)

    assert asked(portal_sandbox, ADDED + CHANGED) == 0


def test_an_update_of_the_application_that_dropped_all_brings_all_back(workflows, portal_sandbox) -> None:
    before = codes(workflows)
    portal_sandbox.update(workflows.app)
    dropped = codes(workflows)

    register(workflows.running, workflows.portal.id)

    assert dropped == set()
    assert codes(workflows) == before


def test_what_an_update_of_ours_changed_is_registered_anew(workflows, portal_sandbox) -> None:
    marks = workflows.running.portals.get(workflows.portal.id).registrations
    outdated = {**marks, "diadoc_wait": "how an earlier version looked"}
    workflows.running.portals.remember_registrations(workflows.portal.id, outdated)
    portal_sandbox.forget_requests()

    register(workflows.running, workflows.portal.id)

    assert len(portal_sandbox.requests("bizproc.robot.update")) == 1
    assert workflows.running.portals.get(workflows.portal.id).registrations == marks


def test_a_registration_whose_reply_was_lost_is_completed(workflows, portal_sandbox) -> None:
    portal_sandbox.update(workflows.app)
    portal_sandbox.fault("bizproc.robot.add", "lost_reply", skip=2)
    with pytest.raises(Unavailable):
        register(workflows.running, workflows.portal.id)

    register(workflows.running, workflows.portal.id)

    assert len(codes(workflows)) == 2 * len(catalog())


def test_a_portal_that_is_away_brings_the_job_back(workflows, portal_sandbox) -> None:
    portal_sandbox.fault("bizproc.robot.list", "status", times=-1)

    with pytest.raises(Unavailable):
        register(workflows.running, workflows.portal.id)


def test_a_portal_that_refuses_for_good_is_not_asked_for_ever(workflows, portal_sandbox) -> None:
    denied = '{"error": "ACCESS_DENIED", "error_description": "Access denied! Application context required"}'
    portal_sandbox.fault("bizproc.robot.list", "status", status=403, body=denied)

    register(workflows.running, workflows.portal.id)

    assert asked(portal_sandbox, ("bizproc.robot.list",)) == 2  # at the installation, and now


def test_a_portal_that_removed_us_is_left_alone(workflows, portal_sandbox) -> None:
    workflows.running.portals.uninstall(workflows.portal.id)
    portal_sandbox.forget_requests()

    register(workflows.running, workflows.portal.id)

    assert portal_sandbox.requests() == []
