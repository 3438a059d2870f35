"""Calls of a period: whose they were, how they ended, and how much went by itself."""

from typing import Any

from sqlalchemy import text

from registry.database import Database
from registry.reports.asking import asking
from registry.reports.query import Query, Rules
from registry.reports.rows import ErrorCount, Person, Steps
from registry.reports.spells import DOCUMENTS, PACKAGE_OF_CALL, STANDING

MOST_PEOPLE, MOST_CODES = 200, 100

_OF_PACKAGES = f"""
    and {PACKAGE_OF_CALL} in (select d.package_id {DOCUMENTS} {STANDING})"""
_CALLS = """
with calls as (
    select c.id, c.origin, c.code, c.user_id, c.received_at, {package} as package_id,
        coalesce(a.values->>'error_code', '') as error_code, coalesce(a.values->>'result', '') as result
    from call c left join answer a on a.call_id = c.id
    where c.portal_id = :portal_id and c.received_at >= :begins_at and c.received_at < :ends_at
      and (cast(:user_id as bigint) is null or c.user_id = :user_id) {of_packages})
"""
_PEOPLE = """
select c.user_id, count(*) as calls, count(*) filter (where c.origin = 'workflow') as by_workflow,
    count(*) filter (where c.origin = 'page') as by_page,
    count(distinct p.id) filter (where c.code = :sends) as sent,
    count(*) filter (where c.error_code <> '') as errors, max(c.received_at) as last_at
from calls c left join package p on p.id = c.package_id and p.portal_id = :portal_id and p.posted_at is not null
group by c.user_id order by count(*) desc, c.user_id limit :most_people
"""
_ERRORS = """
select error_code as code, count(*) as calls, count(distinct user_id) as people, max(received_at) as last_at
from calls where error_code <> '' group by 1 order by 2 desc, 1 limit :most_codes
"""
_STEPS = """
select count(*) filter (where origin = 'workflow') as workflow, count(*) filter (where origin = 'page') as page,
    count(*) filter (where origin = 'api') as api, count(*) filter (where result = 'timeout') as timeouts
from calls
"""
_PAST_LIMIT = """
select count(*) from call c left join answer a on a.call_id = c.id
where c.portal_id = :portal_id and c.state in ('new', 'running', 'waiting') and c.step_limit_at < :now
  and (cast(:user_id as bigint) is null or c.user_id = :user_id) {of_packages}
"""


def people(database: Database, query: Query, rules: Rules) -> list[Person]:
    """Who asked most first."""
    return [Person(**row._mapping) for row in _asked(database, query, _PEOPLE, sends=rules.sends)]


def errors(database: Database, query: Query) -> list[ErrorCount]:
    """The most frequent first."""
    return [ErrorCount(**row._mapping) for row in _asked(database, query, _ERRORS)]


def steps(database: Database, query: Query) -> tuple[Steps, int]:
    """(who began the calls, how many answers had to say that the time is over)."""
    (row,) = _asked(database, query, _STEPS)
    both = row.workflow + row.page
    share = round(row.workflow / both, 4) if both else None
    return Steps(workflow=row.workflow, page=row.page, api=row.api, share=share), row.timeouts


def past_limit(database: Database, query: Query) -> int:
    """Open calls whose workflow no longer waits for them."""
    with asking(database) as session:
        return session.scalar(text(_filtered(_PAST_LIMIT, query)), query.values()) or 0


def _asked(database: Database, query: Query, asked: str, **values: Any) -> list[Any]:
    given = {**query.values(), "most_people": MOST_PEOPLE, "most_codes": MOST_CODES, **values}
    with asking(database) as session:
        return list(session.execute(text(_filtered(_CALLS, query) + asked), given))


def _filtered(statement: str, query: Query) -> str:
    """A call without a package says nothing about some documents only."""
    of_packages = _OF_PACKAGES if query.names_documents else ""
    return statement.format(package=PACKAGE_OF_CALL, of_packages=of_packages)
