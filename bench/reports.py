"""A whole report over 100 000 documents and as many calls, against a plain count of the rows that it reads."""

import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sqlalchemy import TextClause, text

from activities.reporting import Reports
from bench.table import Line
from bench.world import World, empty
from registry.portal_registry import PortalRegistry
from registry.tables import Portal

DOCUMENTS = 100_000
COURSE = ("waiting_for_our_signature", "our_signature_checking", "sent", "delivered", "signed_by_counteragent")
ROUNDS = 5

# Documents of a year, one a package; one in ten has stopped somewhere on its way, the rest are signed.
_PACKAGES = """
insert into package (portal_id, crm_item, name, state, attempt, mode, lock_mode, message, sending, counteragent, box_pk,
    docflow_state, outcome, is_final, last_error, created_at, posted_at)
select :portal, 'D_' || n, '', 'sent', 1, 'delay_send', 'none', '', '{}',
    jsonb_build_object('inn', (7700000000 + n % 500)::text, 'name', 'Лютик'), :box, 'sent', 'in_progress', false, '',
    now() - n * interval '5 min', now() - n * interval '5 min'
from generate_series(1, :documents) n"""
_PAPERS = """
insert into document (portal_id, package_id, crm_item, sameness, document_type, function, version, number, date,
    requisites, metadata, recipient_in_file, need_reply_signature, comment, file_name, file_size, sha256, blob, origin,
    needs_reply, docflow_state, revocation_state, raw_state, is_final, refusal_reason, created_at, changed_at)
select :portal, p.id, p.crm_item, '1', 'Invoice', '', '', '1', '', '{"total": "100.10", "currency": "RUB"}', '{}', '{}',
    'by_type', '', 'a.pdf', 1, '0', '0', '', true, (cast(:course as text[]))[reached], 'none', '{}', reached = 5, '',
    p.created_at, p.created_at + reached * interval '1 day'
from (select *, case when id % 10 = 0 then 1 + id % 4 else 5 end as reached from package) p"""
_HISTORY = """
insert into state_change (document_id, docflow_state, revocation_state, raw_state, at)
select d.id, course[n], 'none', '{}', d.created_at + n * interval '1 day' + (d.id % 24) * interval '1 hour'
from document d cross join (select cast(:course as text[]) as course) c cross join generate_series(1, 5) n
where n <= array_position(course, d.docflow_state)"""
_CALLS = """
insert into call (portal_id, origin, idempotency_key, event_token_sealed, code, workflow_id, workflow_document_id,
    properties, user_id, wants_answer, state, attempts, received_at, deadline_at)
select :portal, case when id % 3 = 0 then 'page' else 'workflow' end, id::text, '', 'diadoc_send_package', '', '[]',
    '{}', id % 50, true, 'answered', 1, created_at, created_at from package"""
_ANSWERS = """
insert into answer (call_id, portal_id, values, log_message, state, state_text, attempts)
select c.id, :portal, jsonb_build_object('result', 'ok', 'package_id', c.idempotency_key,
    'error_code', case when c.id % 20 = 0 then 'INN_INVALID' else '' end), '', 'delivered', '', 1 from call c"""
_COUNT = """
select (select count(*) from document where portal_id = :portal), (select count(*) from state_change),
    (select count(*) from call where portal_id = :portal), (select count(*) from answer where portal_id = :portal)"""


def measure(world: World) -> list[Line]:
    empty(world)
    portal = world.installed_portal()
    _fill(world, portal)
    asked = Reports(PortalRegistry(world.database, portal.id), web_url="https://diadoc.kontur.ru")
    today = asked.query().until
    lines = []
    for name, days in (("a year", 364), ("a month", 29)):
        query = asked.query(since=today - timedelta(days=days))
        taken, counting = _side_by_side(partial(asked.report, query), partial(_count, world, portal))
        what = f"report of {name}, {DOCUMENTS} documents and calls / a plain count of their rows"
        lines.append(Line(what, taken / counting, "", f"{taken:.2f} s against {counting:.2f} s"))
    return [*lines, _listing(asked)]


def _listing(asked: Reports) -> Line:
    """The list of stuck documents is streamed: ten thousand take hardly more memory than a thousand."""
    few, many = (_peak(partial(_exhaust, asked, limit)) for limit in (1_000, 10_000))
    facts = f"{many / 1024:.0f} kB against {few / 1024:.0f} kB"
    return Line("memory to list 10 000 stuck documents / 1 000", many / few, "", facts)


def _exhaust(asked: Reports, limit: int) -> int:
    return sum(1 for _ in asked.stuck(asked.query(), limit=limit))


def _fill(world: World, portal: Portal) -> None:
    box = world.connected_box(portal)
    values = {"portal": portal.id, "box": box.id, "documents": DOCUMENTS, "course": list(COURSE)}
    with world.database.session() as session:
        for statement in (_PACKAGES, _PAPERS, _HISTORY, _CALLS, _ANSWERS):
            session.execute(_bound(statement, values))
    with world.database.autocommit() as connection:
        connection.execute(text("vacuum analyze"))


def _bound(statement: str, values: dict[str, object]) -> TextClause:
    return text(statement).bindparams(**{name: value for name, value in values.items() if f":{name}" in statement})


def _count(world: World, portal: Portal) -> None:
    with world.database.session() as session:
        session.execute(text(_COUNT), {"portal": portal.id}).one()


def _side_by_side(work: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Seconds of each, of the round in which they differed as in the middle one: the machine does other things too."""
    rounds = sorted(((_seconds(work), _seconds(other)) for _ in range(ROUNDS)), key=lambda both: both[0] / both[1])
    return rounds[ROUNDS // 2]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
