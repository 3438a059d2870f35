"""Documents by stage, where time goes, what waits now: all reckoned by the database, from the history of states."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import TextClause, text

from registry.database import Database
from registry.reports.asking import asking
from registry.reports.query import Query, Rules
from registry.reports.rows import Bottleneck, Day, Money, Stage, Stuck
from registry.reports.spells import DOCUMENTS, SPELLS, STANDING

_LENGTHS = """,
lasting as (
    select state, until is null or until > :ends_at as is_open,
        greatest(date_part('epoch', least(until, :ends_at) - since) / 86400, 0) as days,
        greatest(date_part('epoch', least(until, :ends_at) - greatest(since, :begins_at)) / 86400, 0) as within
    from stays where since < :ends_at and (until is null or until > :begins_at) and (:state = '' or state = :state))
select 'stay' as kind, state, '' as actor, count(*) as stays, count(*) filter (where is_open) as open_stays,
    round(avg(days)::numeric, 2) as mean,
    round(percentile_cont(0.9) within group (order by days)::numeric, 2) as p90,
    round(sum(within)::numeric, 2) as waiting
from lasting group by state
union all
select 'spell', state, actor, count(*), 0, null, null,
    round(sum(greatest(date_part('epoch', least(until, :ends_at) - greatest(since, :begins_at)), 0))::numeric
        / 86400, 2)
from waits where since < :ends_at and (until is null or until > :begins_at) and (:state = '' or state = :state)
group by state, actor
"""
# What is over before the period began says nothing about it.
_IN_PERIOD = f"{DOCUMENTS} and d.created_at < :ends_at and (not d.is_final or d.changed_at > :begins_at)"
# What a paper says of money is text; only what is a number counts.
_TOTAL = (
    "case when d.requisites->>'total' ~ '^-?[0-9]{1,18}(\\.[0-9]{1,6})?$' then (d.requisites->>'total')::numeric end"
)
_CURRENCY = "coalesce(nullif(d.requisites->>'currency', ''), 'RUB')"
_IS_LATER = "(cast(:{0} as int) > 0 and s.since <= :now - make_interval(days => cast(:{0} as int)))"
_IS_LATE, _IS_VERY_LATE = _IS_LATER.format("remind_after"), _IS_LATER.format("escalate_after")
_NOW = f"""
select d.docflow_state, {_CURRENCY} as currency, count(*) as documents,
    count(*) filter (where {_IS_LATE}) as overdue, count(*) filter (where {_IS_VERY_LATE}) as escalated,
    coalesce(sum({_TOTAL}), 0) as total, coalesce(sum({_TOTAL}) filter (where {_IS_LATE}), 0) as overdue_total
from now_at s join document d on d.id = s.document_id
group by 1, 2
"""  # noqa: S608
_STUCK = f"""
select d.id as document_id, d.package_id, d.crm_item, d.document_type, d.number, d.date, d.file_name,
    coalesce(p.counteragent->>'name', '') as counteragent_name,
    coalesce(p.counteragent->>'inn', '') as counteragent_inn,
    s.state, s.actor as who_must_act, s.since,
    round(extract(epoch from greatest(:now - s.since, interval '0')) / 86400, 2)::float as days,
    {_IS_LATE} as is_overdue, {_TOTAL} as total, {_CURRENCY} as currency, coalesce(b.box_id, '') as box_id,
    coalesce(d.message_id, '') as message_id, coalesce(d.entity_id, '') as entity_id
from now_at s join document d on d.id = s.document_id join package p on p.id = d.package_id
    left join box b on b.id = p.box_pk
order by s.since, d.id limit :limit offset :offset
"""  # noqa: S608
_ENDED = f"""
select d.docflow_state, count(*) {DOCUMENTS} {STANDING}
    and d.is_final and d.changed_at >= :begins_at and d.changed_at < :ends_at
group by 1
"""
_DAYS = f"""
with days as (select generate_series(:first_day, :last_day, interval '1 day')::date as day),
told as (
    select (moment at time zone :zone)::date as day, kind
    from (select d.created_at, d.sent_at, d.signed_by_counteragent_at {DOCUMENTS} {STANDING}) d
    cross join lateral (values ('added', d.created_at), ('sent', d.sent_at), ('signed', d.signed_by_counteragent_at))
        as moments (kind, moment)
    where moment >= :begins_at and moment < :ends_at)
select days.day, count(*) filter (where kind = 'added'), count(*) filter (where kind = 'sent'),
    count(*) filter (where kind = 'signed')
from days left join told on told.day = days.day group by days.day order by days.day
"""  # noqa: S608
_UNDER_WAY = f"{DOCUMENTS} {STANDING} and not d.is_final"


def lengths(database: Database, query: Query, rules: Rules) -> tuple[dict[str, Any], list[Bottleneck]]:
    """Stays of the period: (state → row of mean, p90 and so on, bottlenecks by total waiting)."""
    statement = text(SPELLS.format(documents=_IN_PERIOD) + _LENGTHS)
    with asking(database) as session:
        rows = session.execute(statement, _values(query, rules)).all()
    found = [
        Bottleneck(state=row.state, who_must_act=row.actor, stays=row.stays, waiting_days=float(row.waiting))
        for row in rows
        if row.kind == "spell"
    ]
    found.sort(key=lambda one: (-one.waiting_days, one.state, one.who_must_act))
    return {row.state: row for row in rows if row.kind == "stay"}, found


def stages(database: Database, query: Query, rules: Rules) -> tuple[list[Stage], list[Bottleneck], list[Money], int]:
    """(a row a stage, bottlenecks, money under way, how many documents wait longer than the escalation)."""
    stays, bottlenecks = lengths(database, query, rules)
    with asking(database) as session:
        now = list(session.execute(_standing_now(_NOW), _values(query, rules)))
        ended = {row[0]: row[1] for row in session.execute(text(_ENDED), _values(query, rules))}
    states = sorted({*stays, *ended, *(row.docflow_state for row in now)})
    found = [_stage(state, stays.get(state), now, ended.get(state, 0)) for state in states]
    return found, bottlenecks, _money(now), sum(row.escalated for row in now)


def stuck(database: Database, query: Query, rules: Rules, *, limit: int | None, offset: int = 0) -> Iterator[Stuck]:
    """Documents that are not finished, those that wait longest first; read as they are asked for."""
    values = {**_values(query, rules), "limit": limit, "offset": offset}
    with asking(database) as session:
        rows = session.execute(_standing_now(_STUCK), values, execution_options={"yield_per": 500})
        for row in rows.mappings():
            yield Stuck(**row)


def days(database: Database, query: Query) -> list[Day]:
    """Every day of the period, those without anything too."""
    with asking(database) as session:
        rows = session.execute(text(_DAYS), query.values()).all()
    return [Day(day=row[0], added=row[1], sent=row[2], signed=row[3]) for row in rows]


def _standing_now(asked: str) -> TextClause:
    return text(SPELLS.format(documents=_UNDER_WAY) + asked)


def _values(query: Query, rules: Rules) -> dict[str, Any]:
    return {
        **query.values(),
        "actors": Jsonb(dict(rules.actors)),
        "approval": rules.approval,
        "remind_after": rules.remind_after,
        "escalate_after": rules.escalate_after,
    }


def _stage(state: str, stays: Any, now: list[Any], ended: int) -> Stage:
    here = [row for row in now if row.docflow_state == state]
    return Stage(
        state=state,
        documents=sum(row.documents for row in here) + ended,
        overdue=sum(row.overdue for row in here),
        stays=stays.stays if stays else 0,
        open_stays=stays.open_stays if stays else 0,
        mean_days=float(stays.mean) if stays else None,
        p90_days=float(stays.p90) if stays else None,
        waiting_days=float(stays.waiting) if stays else 0.0,
    )


def _money(now: list[Any]) -> list[Money]:
    found = []
    for currency in sorted({row.currency for row in now}):
        rows = [row for row in now if row.currency == currency]
        totals = {name: sum((getattr(row, name) for row in rows), Decimal()) for name in ("total", "overdue_total")}
        found.append(Money(currency=currency, documents=sum(row.documents for row in rows), **totals))
    return found
