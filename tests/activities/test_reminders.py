"""What has been waiting for long: the responsible is reminded once a period, then the head gets one task."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from activities.context import Context
from activities.reminders import due_before, remind
from errors import Unavailable
from registry.settings import Settings, change_settings
from registry.tables import Box, Package
from sandbox.portal.driver import ADMIN, DISMISSED, HEAD, MANAGER, SIGNER
from tests.activities.telling_support import MONDAY, Stage, make_stage

ADD_TASK = "tasks.task.add"
At = Callable[[datetime, Package], None]


@pytest.fixture
def stage(context: Context, box: Box, portal_sandbox) -> Stage:
    return make_stage(context.registry, portal_sandbox, context.diadoc(box), box)


@pytest.fixture
def at(context: Context, again, monkeypatch: pytest.MonkeyPatch) -> At:
    """at(moment, package): the clock's job looks at the package at this moment."""

    def at(moment: datetime, package: Package) -> None:
        monkeypatch.setattr(Context, "now", staticmethod(lambda: moment))
        remind(again(context), package.id)

    return at


@pytest.fixture
def package(stage: Stage) -> Package:
    """Waits for the counteragent since Monday noon."""
    return stage.sent(state="delivered", since=MONDAY)


def choose(context: Context, **values: object) -> None:
    change_settings(context.registry.database, context.portal.id, user_id=1, **values)


def day(number: int, hour: int = 9) -> datetime:
    """So many days after Monday, by default at noon in Moscow."""
    return (MONDAY + timedelta(days=number)).replace(hour=hour)


# reminders


def test_the_responsible_is_reminded_who_must_act_and_since_when(at, stage, package):
    at(day(3), package)

    told = stage.notices()
    assert set(told) == {MANAGER}
    assert "Ждём уже 3 дн.: контрагент, с 16.11.2026." in told[MANAGER]
    assert "Поставка оборудования" in told[MANAGER]


def test_days_are_days_of_the_calendar(at, stage, context):
    late = stage.sent(state="delivered", since=datetime(2026, 11, 16, 20, 50, tzinfo=UTC))  # Monday, ten to midnight

    at(datetime(2026, 11, 19, 5, 30, tzinfo=UTC), late)  # Thursday before nine in Moscow is no working time
    before = stage.notices()
    at(datetime(2026, 11, 19, 6, 5, tzinfo=UTC), late)

    assert before == {}
    assert "3 дн." in stage.notices()[MANAGER]


def test_nobody_is_reminded_too_early(at, stage, package):
    at(day(2), package)

    assert stage.notices() == {}


def test_there_is_one_reminder_a_period(at, stage, package):
    for number, hour in ((3, 7), (3, 9), (4, 9), (4, 14)):
        at(day(number, hour), package)
    before = stage.asked("batch")
    at(day(7), package)  # the sixth day was a Sunday

    assert (before, stage.asked("batch")) == (1, 2)
    assert "7 дн." in stage.notices()[MANAGER]


def test_the_next_step_is_counted_anew(at, stage, package):
    at(day(3), package)
    stage.put(package, "revocation_requested_by_counteragent", since=day(3))

    at(day(4), package)
    at(day(7), package)

    told = stage.notices()[MANAGER]
    assert "4 дн.: наш подписант, с 19.11.2026" in told
    assert "согласитесь или откажите" in told


@pytest.mark.parametrize("state", ["signed_by_counteragent", "refused", "revoked", "roaming_failed"])
def test_what_has_ended_is_left_alone(at, stage, state):
    at(day(30), stage.sent(state=state, since=MONDAY))

    assert (stage.notices(), stage.sandbox.tasks()) == ({}, [])


def test_a_weekend_is_quiet_and_monday_makes_up_for_it(at, stage):
    waiting = stage.sent(state="delivered", since=day(2))  # Wednesday

    at(day(5), waiting)  # Saturday
    before = stage.notices()
    at(day(7), waiting)

    assert before == {}
    assert "5 дн." in stage.notices()[MANAGER]


def test_a_weekend_is_not_quiet_where_nobody_asked_for_that(at, stage, context):
    choose(context, is_quiet_on_holidays=False)

    at(day(5), stage.sent(state="delivered", since=day(2)))

    assert MANAGER in stage.notices()


@pytest.mark.parametrize(("zone", "is_told"), [("Europe/Moscow", False), ("Asia/Vladivostok", True)])
def test_working_hours_are_those_of_the_portal(at, stage, context, package, zone, is_told):
    choose(context, time_zone=zone)

    at(day(3, hour=4), package)  # seven in Moscow, two in the afternoon in Vladivostok

    assert bool(stage.notices()) is is_told


def test_who_does_not_want_reminders_gets_none(at, stage, context, package):
    choose(context, remind_after_days=0, escalate_after_days=0)

    at(day(30), package)

    assert (stage.notices(), stage.sandbox.tasks()) == ({}, [])


def test_a_dismissed_person_is_stood_in_for(at, stage, package):
    stage.sandbox.change_item({"ASSIGNED_BY_ID": DISMISSED})

    at(day(3), package)

    assert set(stage.notices()) == {ADMIN}


# the head


def test_the_head_gets_a_task_bound_to_the_deal(at, stage, package):
    at(day(7), package)

    (task,) = stage.sandbox.tasks()
    assert task["title"].endswith(": ждём с 16.11.2026, контрагент")
    assert task["responsibleId"] == str(HEAD)
    assert task["ufCrmTask"] == ["D_1"]
    assert "Ответственный: Пётр Менеджеров" in task["description"]
    assert "Открыть в Диадоке" in task["description"]
    assert datetime.fromisoformat(task["deadline"]) > day(7)


def test_there_is_one_task_a_step(at, stage, package):
    for number in (7, 8, 9, 14):
        at(day(number), package)
    stage.put(package, "revocation_requested_by_us", since=day(14))
    at(day(21), package)

    assert len(stage.sandbox.tasks()) == 2


def test_there_is_no_task_before_its_time(at, stage, package):
    at(day(4), package)

    assert stage.sandbox.tasks() == []


@pytest.mark.parametrize("kind", ["lost_reply", "garbage"])
def test_a_task_whose_making_was_left_unclear_is_found_again(at, stage, package, kind):
    stage.sandbox.fault(ADD_TASK, kind)
    with pytest.raises(Unavailable):
        at(day(7), package)

    at(day(7), package)
    at(day(8), package)

    assert len(stage.sandbox.tasks()) == 1


def test_a_portal_without_tasks_is_asked_once(at, stage, package):
    stage.sandbox.change_portal(confirmations={ADD_TASK: "denied"})

    for number in (7, 8):
        at(day(number), package)

    assert stage.asked(ADD_TASK) == 1


def test_where_nobody_tells_departments_an_administrator_gets_the_task(at, stage, context, package):
    stage.sandbox.change_portal(confirmations={"department.get": "denied"})
    choose(context, administrators=(SIGNER,))

    at(day(7), package)

    assert stage.sandbox.tasks()[0]["responsibleId"] == str(SIGNER)


# which packages are looked at


def test_only_what_may_be_due_is_looked_for():
    settings = Settings(remind_after_days=3, escalate_after_days=7)

    assert due_before(settings, day(3)) == day(1)
    assert due_before(settings, day(3, hour=20)) is None  # eleven in the evening
    assert due_before(settings, day(5)) is None  # Saturday
    assert due_before(settings.changed(remind_after_days=0, escalate_after_days=0), day(3)) is None
