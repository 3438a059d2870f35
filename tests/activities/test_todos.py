"""Whoever must act has one to-do for it, which is closed when it is over."""

from datetime import UTC, datetime

import pytest

from activities.context import Context
from activities.todos import keep
from activities.working_time import end_of_next_working_day
from errors import Unavailable
from registry.settings import change_settings
from registry.tables import Box
from sandbox.portal.driver import MANAGER
from tests.activities.telling_support import LYUTIK, Stage, make_stage

ADD = "crm.activity.todo.add"


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


@pytest.mark.parametrize(
    "state", ["waiting_for_our_signature", "draft", "revocation_requested_by_counteragent", "unknown"]
)
def test_there_is_one_when_somebody_of_ours_must_act(context, stage, state):
    package = stage.sent(state=state)

    keep(context, package.id)

    (todo,) = stage.todos()
    assert todo["title"].startswith(f"Пакет ЭДО № {package.id}")
    assert LYUTIK in todo["description"]
    assert f"letterId={package.message_id}" in todo["description"]
    assert (todo["responsible_id"], todo["completed"]) == (MANAGER, "N")
    assert datetime.fromisoformat(todo["deadline"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    "state", ["our_signature_checking", "sent", "delivered", "revocation_requested_by_us", "refused"]
)
def test_there_is_none_when_somebody_else_must_or_nobody_can(context, stage, state):
    keep(context, stage.sent(state=state).id)

    assert stage.todos() == []


def test_there_is_none_for_papers_that_are_still_gathered(context, stage):
    keep(context, stage.sender.gather("act").id)

    assert stage.todos() == []


def test_it_is_closed_when_it_is_over(context, stage, again):
    package = stage.sent()
    keep(context, package.id)

    stage.put(package, "delivered")
    for _ in range(2):
        keep(again(context), package.id)

    assert [one["completed"] for one in stage.todos()] == ["Y"]
    assert stage.asked("crm.activity.update") == 1


def test_the_next_step_has_one_of_its_own(context, stage, again):
    package = stage.sent()
    for state in ("waiting_for_our_signature", "delivered", "revocation_requested_by_counteragent"):
        stage.put(package, state)
        keep(again(context), package.id)

    assert [one["completed"] for one in stage.todos()] == ["Y", "N"]


def test_one_that_a_person_closed_or_deleted_is_not_made_again(context, stage, again):
    package = stage.sent()
    keep(context, package.id)
    stage.sandbox.remove_activity(stage.todos()[0]["id"])

    keep(again(context), package.id)
    stage.put(package, "delivered")
    keep(again(context), package.id)

    assert stage.todos() == []


@pytest.mark.parametrize("kind", ["lost_reply", "garbage"])
def test_one_whose_making_was_left_unclear_is_found_again(context, stage, again, kind):
    package = stage.sent()
    stage.sandbox.fault(ADD, kind)
    with pytest.raises(Unavailable):
        keep(context, package.id)

    keep(again(context), package.id)
    stage.put(package, "delivered")
    keep(again(context), package.id)

    assert [one["completed"] for one in stage.todos()] == ["Y"]


def test_one_that_was_not_made_is_made_the_next_time(context, stage, again):
    package = stage.sent()
    stage.sandbox.fault(ADD, "lost_request")
    with pytest.raises(Unavailable):
        keep(context, package.id)

    keep(again(context), package.id)

    assert len(stage.todos()) == 1


def test_what_can_never_be_made_is_remembered_and_not_tried_again(context, stage, again):
    stage.sandbox.change_portal(confirmations={ADD: "denied"})
    package = stage.sent()

    for _ in range(2):
        keep(again(context), package.id)

    (effect,) = context.registry.effects(f"package:{package.id}").all()
    assert effect.facts["trouble"] == "NO_ACCESS"
    assert stage.asked(ADD) == 1


def test_a_portal_that_wants_none_gets_none_and_open_ones_are_closed(context, stage, again):
    first, second = stage.sent(), stage.sent()
    keep(context, first.id)
    change_settings(context.registry.database, context.portal.id, user_id=1, makes_todos=False)

    for package in (first, second):
        keep(again(context), package.id)

    assert [one["completed"] for one in stage.todos()] == ["Y"]


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 19, 12, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)),  # Thursday: Friday
        (datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 23, 15, tzinfo=UTC)),  # Friday: Monday
        (datetime(2026, 11, 22, 22, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)),  # Monday already in Moscow
    ],
)
def test_it_is_due_at_the_end_of_the_next_working_day(now, end):
    assert end_of_next_working_day(now, "Europe/Moscow") == end
