"""The numbers of reports against the same reckoned by hand, over random histories; and what they must never mix up."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.reporting import rules
from activities.states import DocflowState, who_must_act
from clients.diadoc.states import ResolutionStatus
from registry import reports
from registry.database import Database
from registry.portals import Installation, Portals
from registry.reports import Query, QueryWrong, Rules
from registry.settings import Settings
from registry.tables import Portal
from tests.registry import reckoning
from tests.registry.reckoning import DAY, Asking, Paper, Step, World

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
ZONE = "Asia/Vladivostok"
RULES = rules(Settings(remind_after_days=3, escalate_after_days=7))
APPROVAL = ResolutionStatus.APPROVEMENT_REQUESTED
SENDS = "diadoc_send_package"
members = count(1)


def another_portal(database: Database) -> Portal:
    """Each example lives on a portal of its own; what others left must never be counted."""
    return Portals(database).install(
        Installation(
            member_id=f"{next(members):032x}",
            client_endpoint="http://127.0.0.2:1/rest/",
            server_endpoint="http://127.0.0.1:1/rest/",
            application_token="application-token",
            user_id=1,
            access_token="a",
            refresh_token="r",
            expires_at=None,
        )
    )


hours = st.floats(min_value=0.5, max_value=24 * 12, allow_nan=False)
steps = st.builds(
    Step, state=st.sampled_from(list(DocflowState)), resolution=st.sampled_from(["", APPROVAL]), hours=hours
)
papers = st.builds(
    Paper,
    created_at=st.integers(60 * 10, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    needs_reply=st.booleans(),
    box=st.sampled_from([0, 1]),
    inn=st.sampled_from(["7707083893", "500100732259"]),
    document_type=st.sampled_from(["Invoice", "Contract"]),
    total=st.sampled_from(["", "100.10", "0.2", "1220", "не число", "1E+3"]),
    currency=st.sampled_from(["", "RUB", "USD"]),
    steps=st.lists(steps, max_size=5).map(tuple),
    deleted_hours=st.none() | hours,
).filter(lambda paper: paper.course()[-1][2] < NOW)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Paper], list[Asking]]:
    found = draw(st.lists(papers, max_size=8))
    about = st.none() | st.integers(0, len(found) - 1) if found else st.none()
    calls = st.builds(
        Asking,
        user_id=st.integers(0, 3),
        origin=st.sampled_from(["workflow", "page", "api", "replay"]),
        code=st.sampled_from([SENDS, "diadoc_wait"]),
        error_code=st.sampled_from(["", "INN_INVALID", "TIMEOUT"]),
        result=st.sampled_from(["ok", "error", "timeout"]),
        received_at=st.integers(1, 24 * 40).map(lambda ago: NOW - timedelta(hours=ago)),
        paper=about,
        is_waiting=st.booleans(),
    )
    return found, draw(st.lists(calls, max_size=8))


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly one of them; box: which of the world's, to be replaced by its number."""
    choice = draw(st.sampled_from(["nothing", "box", "inn", "document_type", "user_id", "state", "two"]))
    values = {
        "box": st.sampled_from([0, 1]),
        "inn": st.sampled_from(["7707083893", "500100732259"]),
        "document_type": st.sampled_from(["Invoice", "Contract"]),
        "user_id": st.integers(0, 3),
        "state": st.sampled_from([str(state) for state in DocflowState]),
    }
    names = {"nothing": [], "two": ["inn", "document_type"]}.get(choice, [choice])
    return {name: draw(values[name]) for name in names}


periods = st.tuples(st.integers(0, 45), st.integers(0, 45)).map(lambda ago: (max(ago), min(ago)))
on_random_histories = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def asked(world: World, period: tuple[int, int], chosen: dict[str, Any]) -> Query:
    values = dict(chosen)
    if "box" in values:
        values["box_pk"] = world.boxes[values.pop("box")]
    today = NOW.astimezone(ZoneInfo(ZONE)).date()
    since, until = (today - timedelta(days=ago) for ago in period)
    return Query.of(portal_id=world.portal.id, since=since, until=until, time_zone=ZONE, now=NOW, **values)


def meant(world: World, query: Query) -> Iterator[tuple[int, Paper]]:
    return ((number, paper) for number, paper in enumerate(world.papers) if reckoning.fits(world, query, number))


def standing(world: World, query: Query) -> Iterator[tuple[int, Paper]]:
    return ((number, paper) for number, paper in meant(world, query) if query.state in ("", paper.state))


@given(worlds(), periods, filters())
@on_random_histories
def test_lengths_of_stages_are_those_of_the_histories(database: Database, made, period, chosen) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, chosen)
    expected = defaultdict(list)
    for _, paper in meant(world, query):
        for stay in filter(lambda stay: reckoning.in_period(query, stay), reckoning.stays(paper)):
            expected[stay.state].append(stay)

    stages, bottlenecks, _, _ = reports.stages(database, query, RULES)

    found = {stage.state: stage for stage in stages if stage.stays}
    assert set(found) == set(expected)
    for state, stays in expected.items():
        lengths = [reckoning.length(query, stay) for stay in stays]
        stage = found[state]
        assert (stage.stays, stage.open_stays) == (len(stays), sum(reckoning.is_open(query, stay) for stay in stays))
        assert stage.mean_days == pytest.approx(reckoning.mean(lengths), abs=0.006)
        assert stage.p90_days == pytest.approx(reckoning.p90(lengths), abs=0.006)
        assert stage.waiting_days == pytest.approx(sum(reckoning.within(query, stay) for stay in stays), abs=0.006)
    assert bottlenecks == sorted(bottlenecks, key=lambda one: -one.waiting_days)


@given(worlds(), periods, filters())
@on_random_histories
def test_bottlenecks_are_who_had_to_act_for_how_long(database: Database, made, period, chosen) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, chosen)
    expected: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _, paper in meant(world, query):
        for spell in filter(lambda spell: reckoning.in_period(query, spell), reckoning.spells(paper)):
            expected[spell.state, spell.actor].append(reckoning.within(query, spell))

    _, bottlenecks, _, _ = reports.stages(database, query, RULES)

    found = {(one.state, one.who_must_act): one for one in bottlenecks}
    assert set(found) == set(expected)
    for key, lengths in expected.items():
        assert found[key].stays == len(lengths)
        assert found[key].waiting_days == pytest.approx(sum(lengths), abs=0.006)


@given(worlds(), periods, filters())
@on_random_histories
def test_what_waits_now_is_listed_counted_and_summed_up(database: Database, made, period, chosen) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, chosen)
    waiting = {
        world.documents[number]: (paper, reckoning.stays(paper)[-1])
        for number, paper in standing(world, query)
        if not paper.is_final
    }

    stages, _, money, escalated = reports.stages(database, query, RULES)
    stuck = list(reports.stuck(database, query, RULES, limit=None))

    assert {one.document_id: (one.state, one.who_must_act, one.since) for one in stuck} == {
        number: (stay.state, stay.actor, stay.since) for number, (_, stay) in waiting.items()
    }
    assert [one.since for one in stuck] == sorted(one.since for one in stuck)
    late = {number for number, (_, stay) in waiting.items() if NOW - stay.since >= 3 * DAY}
    assert {one.document_id for one in stuck if one.is_overdue} == late
    assert sum(stage.overdue for stage in stages) == len(late)
    assert escalated == sum(NOW - stay.since >= 7 * DAY for _, stay in waiting.values())
    assert {one.currency: (one.documents, one.total, one.overdue_total) for one in money} == _sums(waiting, late)


def _sums(waiting: dict[int, Any], late: set[int]) -> dict[str, tuple[int, Decimal, Decimal]]:
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    for number, (paper, _) in waiting.items():
        amount = reckoning.money(paper.total) if "E" not in paper.total else None
        before = found.get(paper.currency or "RUB", (0, Decimal(), Decimal()))
        overdue = amount if number in late and amount else Decimal()
        found[paper.currency or "RUB"] = (before[0] + 1, before[1] + (amount or Decimal()), before[2] + overdue)
    return found


@given(worlds(), periods, filters())
@on_random_histories
def test_documents_are_counted_where_they_stand_or_where_they_ended_in_the_period(
    database: Database, made, period, chosen
) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, chosen)
    expected: dict[str, int] = defaultdict(int)
    for _, paper in standing(world, query):
        ended = query.begins_at <= paper.course()[-1][2] < query.ends_at
        expected[str(paper.state)] += not paper.is_final or ended

    stages, _, _, _ = reports.stages(database, query, RULES)

    assert {one.state: one.documents for one in stages if one.documents} == {
        state: number for state, number in expected.items() if number
    }


@given(worlds(), periods, filters())
@on_random_histories
def test_calls_are_counted_by_person_error_and_origin(database: Database, made, period, chosen) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, chosen)
    calls = [call for call in world.calls if _is_meant(world, query, call)]
    people: dict[int, list[Asking]] = defaultdict(list)
    for call in calls:
        people[call.user_id].append(call)

    found = reports.people(database, query, RULES)
    errors = reports.errors(database, query)
    counted, timeouts = reports.steps(database, query)

    assert {one.user_id: (one.calls, one.errors, one.sent) for one in found} == {
        user: (len(own), sum(bool(_error(call)) for call in own), _sent(world, own)) for user, own in people.items()
    }
    codes = [_error(call) for call in calls if _error(call)]
    assert {one.code: one.calls for one in errors} == {code: codes.count(code) for code in set(codes)}
    by = [call.origin for call in calls]
    assert (counted.workflow, counted.page, counted.api) == tuple(map(by.count, ("workflow", "page", "api")))
    assert timeouts == sum(call.result == "timeout" and not call.is_waiting for call in calls)


def _is_meant(world: World, query: Query, call: Asking) -> bool:
    if not query.begins_at <= call.received_at < query.ends_at:
        return False
    if query.user_id is not None and call.user_id != query.user_id:
        return False
    if not query.names_documents:
        return True
    return call.paper in {number for number, _ in standing(world, query)}


def _error(call: Asking) -> str:
    return "" if call.is_waiting else call.error_code


def _sent(world: World, calls: list[Asking]) -> int:
    about = {call.paper for call in calls if call.code == SENDS and call.paper is not None}
    return sum(bool(world.papers[number].steps) for number in about)


@given(worlds(), periods)
@on_random_histories
def test_each_day_of_the_portals_own_time_zone_is_counted(database: Database, made, period) -> None:
    world = reckoning.store(database, another_portal(database), *made)
    query = asked(world, period, {})
    zone = ZoneInfo(ZONE)
    added = [paper.created_at.astimezone(zone).date() for paper in world.papers if paper.created_at < query.ends_at]

    found = reports.days(database, query)

    assert [one.day for one in found] == [
        query.since + timedelta(days=n) for n in range((query.until - query.since).days + 1)
    ]
    assert [one.added for one in found] == [added.count(one.day) for one in found]


def paper_of(*course: tuple[DocflowState, str, float], created_at: datetime, **changes: Any) -> Paper:
    usual: dict[str, Any] = {"needs_reply": True, "box": 0, "inn": "7707083893", "document_type": "Invoice"}
    usual |= {"total": "100", "currency": "RUB", "deleted_hours": None}
    rows = tuple(Step(*step) for step in course)
    return Paper(created_at=created_at, steps=rows, **{**usual, **changes})


def all_days(portal: Portal, **changes: Any) -> Query:
    given: dict[str, Any] = {"since": date(2026, 10, 1), "until": date(2026, 11, 30), "time_zone": "UTC", "now": NOW}
    return Query.of(portal_id=portal.id, **{**given, **changes})


def test_another_portals_documents_and_calls_are_never_counted(database: Database, portal: Portal) -> None:
    paper = paper_of((DocflowState.SENT, "", 1), created_at=NOW - 5 * DAY)
    call = Asking(1, "page", SENDS, "INN_INVALID", "error", NOW - DAY, 0, False)
    reckoning.store(database, another_portal(database), [paper], [call])
    query = all_days(portal)

    stages, bottlenecks, money, _ = reports.stages(database, query, RULES)

    assert (stages, bottlenecks, money) == ([], [], [])
    assert list(reports.stuck(database, query, RULES, limit=None)) == []
    assert reports.people(database, query, RULES) == []
    assert reports.errors(database, query) == []


def test_an_approval_and_the_signature_after_it_are_one_stage_of_two_people(database: Database, portal: Portal) -> None:
    waiting = DocflowState.WAITING_FOR_OUR_SIGNATURE
    paper = paper_of((waiting, APPROVAL, 24), (waiting, "", 48), created_at=NOW - 5 * DAY)
    reckoning.store(database, portal, [paper], [])

    stages, bottlenecks, _, _ = reports.stages(database, all_days(portal), RULES)

    lengths = {stage.state: (stage.stays, stage.mean_days) for stage in stages}
    assert lengths == {"not_sent": (1, 1.0), "waiting_for_our_signature": (1, 4.0)}
    assert {(one.state, one.who_must_act): one.waiting_days for one in bottlenecks} == {
        ("not_sent", "operator"): 1.0,
        (waiting, "approver"): 2.0,
        (waiting, "our_signer"): 2.0,
    }


def test_a_stage_that_goes_on_counts_until_now_or_until_the_end_of_a_past_period(
    database: Database, portal: Portal
) -> None:
    reckoning.store(database, portal, [paper_of(created_at=datetime(2026, 11, 1, tzinfo=UTC))], [])

    past = reports.stages(database, all_days(portal, until=date(2026, 11, 10)), RULES)[0][0]
    running = reports.stages(database, all_days(portal, since=date(2026, 11, 20)), RULES)[0][0]

    assert (past.mean_days, past.open_stays, past.waiting_days) == (10.0, 1, 10.0)
    assert (running.mean_days, running.waiting_days) == (20.52, 1.52)


def test_an_end_waits_for_nobody(database: Database, portal: Portal) -> None:
    signed = paper_of((DocflowState.SIGNED_BY_COUNTERAGENT, "", 24), created_at=NOW - 5 * DAY)
    delivered = paper_of((DocflowState.DELIVERED, "", 24), created_at=NOW - 5 * DAY, needs_reply=False)
    reckoning.store(database, portal, [signed, delivered], [])
    query = all_days(portal)

    stages, bottlenecks, _, _ = reports.stages(database, query, RULES)

    assert {one.state for one in bottlenecks} == {"not_sent"}
    assert {stage.state: (stage.documents, stage.stays) for stage in stages} == {
        "signed_by_counteragent": (1, 0),
        "delivered": (1, 0),
        "not_sent": (0, 2),
    }
    assert list(reports.stuck(database, query, RULES, limit=None)) == []


def test_reminders_that_are_off_make_nothing_overdue(database: Database, portal: Portal) -> None:
    reckoning.store(database, portal, [paper_of(created_at=NOW - 30 * DAY)], [])
    off = rules(Settings(remind_after_days=0, escalate_after_days=0))

    stages, _, _, escalated = reports.stages(database, all_days(portal), off)

    assert (stages[0].documents, stages[0].overdue, escalated) == (1, 0, 0)


def test_stuck_documents_come_in_pages(database: Database, portal: Portal) -> None:
    found = [paper_of(created_at=NOW - number * DAY) for number in range(1, 6)]
    world = reckoning.store(database, portal, found, [])
    query = all_days(portal)

    first = [one.document_id for one in reports.stuck(database, query, RULES, limit=2)]
    rest = [one.document_id for one in reports.stuck(database, query, RULES, limit=9, offset=2)]

    assert first + rest == world.documents[::-1]


def test_a_call_whose_workflow_gave_up_is_past_its_limit(database: Database, portal: Portal) -> None:
    paper = paper_of((DocflowState.SENT, "", 1), created_at=NOW - 5 * DAY)
    late = Asking(1, "workflow", SENDS, "", "ok", NOW - 3 * DAY, 0, True)
    fresh = Asking(1, "workflow", SENDS, "", "ok", NOW - DAY / 2, 0, True)
    reckoning.store(database, portal, [paper], [late, fresh])

    assert reports.past_limit(database, all_days(portal)) == 1
    assert reports.past_limit(database, all_days(portal, inn="500100732259")) == 0


def test_workflows_among_workflows_and_people_are_the_share_of_automatic_steps(
    database: Database, portal: Portal
) -> None:
    origins = ["workflow", "workflow", "workflow", "page", "api", "replay"]
    calls = [Asking(1, origin, "diadoc_wait", "", "ok", NOW - DAY, None, False) for origin in origins]
    before = reports.steps(database, all_days(portal))[0]

    reckoning.store(database, portal, [], calls)
    after = reports.steps(database, all_days(portal))[0]

    assert before.share is None
    assert (after.workflow, after.page, after.api, after.share) == (3, 1, 1, 0.75)


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "to"),
        (date(2020, 1, 1), date(2026, 11, 1), "to"),
        (date(1, 1, 1), date(1, 1, 2), "from"),
        (date(9999, 12, 31), None, "from"),
        (None, date(1, 1, 1), "to"),
    ],
)
def test_a_period_that_cannot_be_is_refused_by_name(since, until, field: str) -> None:
    with pytest.raises(QueryWrong) as refused:
        Query.of(portal_id=1, since=since, until=until, time_zone="UTC", now=NOW)

    assert refused.value.field == field


def test_without_a_period_it_is_the_last_thirty_days_of_the_portals_time_zone() -> None:
    late_evening = datetime(2026, 11, 21, 22, tzinfo=UTC)

    query = Query.of(portal_id=1, since=None, until=None, time_zone="Europe/Moscow", now=late_evening)

    assert (query.since, query.until) == (date(2026, 10, 24), date(2026, 11, 22))
    assert query.begins_at == datetime(2026, 10, 23, 21, tzinfo=UTC)
    assert query.ends_at == late_evening


def test_the_rules_say_what_the_states_say() -> None:
    assert isinstance(RULES, Rules)
    assert RULES.actors["waiting_for_our_signature/true/true"] == "approver"
    assert RULES.actors["delivered/true/false"] == who_must_act(DocflowState.DELIVERED, True)
    assert "delivered/false/false" not in RULES.actors
    assert "signed_by_counteragent/true/false" not in RULES.actors
