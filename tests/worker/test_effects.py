"""What people are shown of a package: in order, tried again, waited for before a workflow is answered, never twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import worker.effects
from activities.context import Context
from errors import AppError, NoAccess, PortalAuthLost, RateLimited, Unavailable
from registry.portal_registry import PortalRegistry
from registry.tables import Package, PackageChange, Portal
from worker.effects import LONGEST_PAUSE, PATIENCE, show, show_before, show_first
from worker.queue import TASKS
from worker.running import Running

Effect = Callable[[Context, int], None]
AWAY = Unavailable(system="Битрикс24", detail="away")
REALLY_SHOWN = worker.effects.SHOWN  # before tests put their own in its place


class Killed(BaseException):
    """The process died here."""


class Effects:
    """Stands in for what is really shown: `said` is what was, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        self._monkeypatch = monkeypatch

    def are(self, *effects: Effect) -> None:
        self._monkeypatch.setattr(worker.effects, "SHOWN", effects)

    def saying(self, name: str) -> Effect:
        return lambda context, package_id: self.said.append(name)

    def failing(self, *errors: BaseException, then: str) -> Effect:
        """Raises these, one each time, then says its word."""
        left = list(errors)

        def effect(context: Context, package_id: int) -> None:
            if left:
                raise left.pop(0)
            self.said.append(then)

        return effect


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> Effects:
    return Effects(monkeypatch)


@pytest.fixture
def package(registry: PortalRegistry) -> Package:
    """One that has changed."""
    return registry.packages.open_or_create(crm_item="D_1", name="")


@pytest.fixture
def change(running: Running, package: Package) -> Callable[[], PackageChange]:
    """What is still to be shown of it."""

    def change() -> PackageChange:
        found = running.changes.get(package.id)
        assert found is not None
        return found

    return change


def age(running: Running, by: timedelta) -> None:
    """As if the change had been noted so long ago."""
    with running.database.session() as session:
        session.execute(text("update package_change set noted_at = now() - :age"), {"age": by})


# the order


def test_files_come_before_the_timeline_and_the_timeline_before_notices_and_triggers():
    order = [effect.__module__.split(".")[1] for effect in REALLY_SHOWN]

    wanted = ["signed_files", "registries", "deal_entry", "todos", "notices", "triggers"]
    assert order == [name for name in wanted if name in order]
    assert {"deal_entry", "todos", "notices", "triggers"} <= set(order)


def test_everything_is_shown_in_order_and_once(running, package, effects):
    effects.are(*map(effects.saying, ["item", "timeline", "notice"]))

    show(running, package.id)
    show(running, package.id)

    assert effects.said == ["item", "timeline", "notice"]
    assert running.changes.get(package.id) is None


def test_what_nobody_changed_is_not_shown(running, effects):
    effects.are(effects.saying("never"))

    show(running, 4711)

    assert effects.said == []


def test_each_effect_is_given_the_portal_of_the_package(running, package, portal: Portal, effects):
    seen = []
    effects.are(lambda context, package_id: seen.append((context.portal.id, context.language, package_id)))

    show(running, package.id)

    assert seen == [(portal.id, "ru", package.id)]


# again


def test_a_temporary_failure_holds_up_what_comes_after_it_and_is_tried_again(running, package, effects, change):
    effects.are(effects.saying("item"), effects.failing(AWAY, then="timeline"), effects.saying("notice"))

    show(running, package.id)
    first = list(effects.said)
    kept = change()
    show(running, package.id)

    assert first == ["item"]
    assert (kept.attempts, kept.trouble) == (1, "UNAVAILABLE")
    assert effects.said == ["item", "item", "timeline", "notice"]  # an effect that ran knows that itself


def test_a_failure_for_good_does_not_hold_up_the_others(running, package, effects):
    effects.are(effects.failing(NoAccess(system="Битрикс24"), then="timeline"), effects.saying("notice"))

    show(running, package.id)

    assert effects.said == ["notice"]
    assert running.changes.get(package.id) is None


def test_what_is_broken_in_us_neither_holds_up_the_others_nor_an_answer(running, package, effects, change):
    effects.are(effects.failing(ValueError("a bug"), ValueError("a bug"), then="timeline"), effects.saying("notice"))

    show_first(running, {"package_id": package.id})
    show_before(running, {"package_id": package.id})

    assert effects.said == ["notice", "notice"]
    assert (change().attempts, change().trouble) == (2, "INTERNAL_ERROR")


def test_what_is_broken_in_us_is_not_tried_for_ever(running, package, effects):
    effects.are(effects.failing(*[ValueError("a bug")] * 100, then="timeline"))

    for _ in range(worker.effects.BROKEN_ATTEMPTS):
        show(running, package.id)

    assert running.changes.get(package.id) is None


def test_our_own_database_that_is_away_is_no_fault_of_what_is_shown(running, package, effects, change):
    away = OperationalError("select", None, Exception("gone"))
    effects.are(effects.failing(away, then="timeline"))

    with pytest.raises(OperationalError):
        show(running, package.id)
    show(running, package.id)

    assert effects.said == ["timeline"]


def test_a_portal_whose_access_is_lost_is_shown_it_when_it_is_back(running, package, effects, change):
    effects.are(effects.failing(PortalAuthLost(system="Битрикс24"), then="timeline"), effects.saying("notice"))

    show(running, package.id)
    trouble = change().trouble
    show(running, package.id)

    assert trouble == "PORTAL_AUTH_LOST"
    assert effects.said == ["timeline", "notice"]


def test_pauses_grow_and_end_at_an_hour(running, package, effects, change):
    effects.are(effects.failing(*[AWAY] * 12, then="timeline"))
    pauses = []

    for _ in range(12):
        show(running, package.id)
        pauses.append(round((change().next_attempt_at - datetime.now(UTC)).total_seconds(), -1))

    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, *[LONGEST_PAUSE.total_seconds()] * 3]


def test_a_portal_that_says_when_to_come_back_is_asked_then(running, package, effects, change):
    effects.are(effects.failing(RateLimited(system="Битрикс24", retry_after=300.0), then="timeline"))

    show(running, package.id)

    assert change().next_attempt_at - datetime.now(UTC) > timedelta(seconds=290)


def test_a_new_change_is_shown_at_once_though_an_older_one_was_put_off(running, package, registry, effects, change):
    effects.are(effects.failing(AWAY, then="timeline"))
    show(running, package.id)

    registry.packages.keep_package_state(package.id, docflow_state="sent", outcome="in_progress", is_final=False)

    assert change().next_attempt_at <= datetime.now(UTC)
    assert (change().attempts, change().version) == (0, 2)


def test_a_package_that_changes_while_it_is_shown_is_shown_again(running, package, registry, effects):
    def change_it(context: Context, package_id: int) -> None:
        if not effects.said:
            registry.packages.keep_package_state(
                package_id, docflow_state="sent", outcome="in_progress", is_final=False
            )

    effects.are(change_it, effects.saying("timeline"))

    show(running, package.id)
    is_left = running.changes.get(package.id) is not None
    show(running, package.id)

    assert is_left
    assert effects.said == ["timeline", "timeline"]
    assert running.changes.get(package.id) is None


# deaths


def test_a_death_between_two_effects_loses_nothing(running, package, effects, change):
    effects.are(effects.saying("item"), effects.failing(Killed(), then="timeline"), effects.saying("notice"))

    with pytest.raises(Killed):
        show(running, package.id)
    is_due = change().next_attempt_at <= datetime.now(UTC)
    show(running, package.id)

    assert is_due
    assert effects.said == ["item", "item", "timeline", "notice"]


def test_two_processes_do_not_show_the_same_package_at_once(running, package, effects):
    inner: list[AppError] = []

    def meanwhile(context: Context, package_id: int) -> None:
        try:
            worker.effects._show(running, package_id)
        except AppError as error:
            inner.append(error)

    effects.are(meanwhile, effects.saying("timeline"))

    show(running, package.id)

    assert [error.temporary for error in inner] == [True]
    assert effects.said == ["timeline"]


def test_the_queue_shows_it(running, package, effects):
    effects.are(effects.saying("timeline"))
    lane, task = TASKS["show"]

    task(running, package_id=package.id)

    assert (lane, effects.said) == ("effects", ["timeline"])


# before an answer


def test_an_answer_waits_for_what_is_to_be_seen_before_it(running, package, effects):
    effects.are(effects.failing(AWAY, then="timeline"))

    with pytest.raises(Unavailable):
        show_before(running, {"package_id": package.id})
    show_before(running, {"package_id": package.id})

    assert effects.said == ["timeline"]


def test_an_answer_waits_no_longer_than_is_reasonable(running, package, effects, change):
    effects.are(effects.failing(AWAY, then="timeline"))
    age(running, PATIENCE + timedelta(seconds=1))

    show_before(running, {"package_id": package.id})

    assert change().trouble == "UNAVAILABLE"  # and is shown later


def test_an_answer_does_not_wait_past_the_deadline_of_its_step(running, package, effects, change):
    effects.are(effects.failing(AWAY, then="timeline"))

    show_before(running, {"package_id": package.id}, deadline_at=datetime.now(UTC) + timedelta(minutes=1))

    assert change().trouble == "UNAVAILABLE"


def test_an_answer_does_not_wait_for_what_a_person_has_to_mend(running, package, effects):
    effects.are(effects.failing(PortalAuthLost(system="Битрикс24"), then="timeline"))

    show_before(running, {"package_id": package.id})

    assert effects.said == []


def test_a_step_that_does_not_wait_is_answered_whatever_happens(running, package, effects, change):
    effects.are(effects.failing(AWAY, then="timeline"))

    show_first(running, {"package_id": package.id})

    assert change().attempts == 1


@pytest.mark.parametrize("outputs", [{}, {"package_id": None}, {"package_id": ""}])
def test_an_answer_about_no_package_shows_nothing(running, package, effects, outputs):
    effects.are(effects.saying("never"))

    show_first(running, outputs)
    show_before(running, outputs)

    assert effects.said == []
