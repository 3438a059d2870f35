"""Reports reckoned by hand: documents with made-up histories, stored, and the same numbers by plain Python."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import fmean
from typing import Any

from sqlalchemy import insert

from activities import states
from activities.states import DocflowState
from registry.database import Database
from registry.reports import Query
from registry.tables import Account, Answer, Box, Call, Document, Package, Portal, StateChange

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Step:
    """A row of a document's history: so many hours after the one before, never at the same moment."""

    state: DocflowState
    resolution: str
    hours: float


@dataclass(frozen=True)
class Paper:
    """One document, alone in its package. deleted_hours: thrown away so long after its last row, None = it was not."""

    created_at: datetime
    needs_reply: bool
    box: int
    inn: str
    document_type: str
    total: str
    currency: str
    steps: tuple[Step, ...]
    deleted_hours: float | None

    def course(self) -> list[tuple[DocflowState, str, datetime]]:
        """State, resolution and when it came, from the adding on."""
        told, at = [(DocflowState.NOT_SENT, "", self.created_at)], self.created_at
        for step in self.steps:
            at += timedelta(hours=step.hours)
            told.append((step.state, step.resolution, at))
        if self.deleted_hours is not None:
            told.append((DocflowState.DELETED, "", at + timedelta(hours=self.deleted_hours)))
        return told

    @property
    def state(self) -> DocflowState:
        return self.course()[-1][0]

    @property
    def is_final(self) -> bool:
        return states.is_final(self.state, self.needs_reply)


@dataclass(frozen=True)
class Asking:
    """One call. paper: the number of the paper whose package it is about, None = none."""

    user_id: int
    origin: str
    code: str
    error_code: str
    result: str
    received_at: datetime
    paper: int | None
    is_waiting: bool


@dataclass
class World:
    """What was stored; ids by the order of papers and boxes."""

    portal: Portal
    papers: list[Paper]
    calls: list[Asking]
    boxes: list[int] = field(default_factory=list)
    packages: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Spell:
    """A time during which neither the state nor who has to act changed; until: None = it goes on."""

    state: str
    actor: str
    since: datetime
    until: datetime | None


def store(database: Database, portal: Portal, papers: list[Paper], calls: list[Asking]) -> World:
    world = World(portal=portal, papers=papers, calls=calls)
    with database.session() as session:
        account = session.scalars(insert(Account).values(portal_id=portal.id, kind="oidc").returning(Account.id)).one()
        rows = [
            {
                "portal_id": portal.id,
                "account_id": account,
                "box_id": f"{n}" * 32,
                "inn": "1",
                "name": "a",
                "features": [],
            }
            for n in (1, 2)
        ]
        world.boxes = list(session.scalars(insert(Box).returning(Box.id, sort_by_parameter_order=True), rows))
        for paper in papers:
            _store_paper(session, world, paper)
        for number, call in enumerate(calls):
            _store_call(session, world, call, number)
    return world


def _store_paper(session: Any, world: World, paper: Paper) -> None:
    course = paper.course()
    package = Package(
        portal_id=world.portal.id,
        crm_item=f"D_{len(world.packages) + 1}",
        state="sent" if paper.steps else "open",
        box_pk=world.boxes[paper.box] if paper.steps else None,
        counteragent={"inn": paper.inn, "name": "Лютик"},
        sending={},
        created_at=paper.created_at,
        posted_at=paper.created_at if paper.steps else None,
    )
    session.add(package)
    session.flush()
    document = Document(
        portal_id=world.portal.id,
        package_id=package.id,
        crm_item=package.crm_item,
        sameness=str(package.id),
        document_type=paper.document_type,
        requisites={"total": paper.total, "currency": paper.currency},
        metadata_={},
        recipient_in_file={},
        file_name="a.pdf",
        file_size=1,
        sha256="0",
        blob="0",
        needs_reply=paper.needs_reply,
        docflow_state=paper.state,
        raw_state={"resolution_status": course[-1][1]} if course[-1][1] else {},
        is_final=paper.is_final,
        created_at=paper.created_at,
        changed_at=course[-1][2],
    )
    session.add(document)
    session.flush()
    for state, resolution, at in course[1 : 1 + len(paper.steps)]:
        raw = {"resolution_status": resolution}
        session.add(
            StateChange(document_id=document.id, docflow_state=state, revocation_state="none", raw_state=raw, at=at)
        )
        session.flush()
    world.packages.append(package.id)
    world.documents.append(document.id)


def _store_call(session: Any, world: World, call: Asking, number: int) -> None:
    package_id = world.packages[call.paper] if call.paper is not None else None
    row = Call(
        portal_id=world.portal.id,
        origin=call.origin,
        idempotency_key=str(number),
        code=call.code,
        properties={},
        workflow_document_id=[],
        user_id=call.user_id,
        state="waiting" if call.is_waiting else "answered",
        received_at=call.received_at,
        deadline_at=call.received_at + DAY,
        step_limit_at=call.received_at + DAY,
        wait_package_id=package_id if call.is_waiting else None,
    )
    session.add(row)
    session.flush()
    if not call.is_waiting:
        values = {"result": call.result, "error_code": call.error_code, "package_id": package_id or ""}
        session.add(Answer(call_id=row.id, portal_id=world.portal.id, values=values, state="delivered"))


def fits(world: World, query: Query, number: int) -> bool:
    """Is this paper one that the query means, wherever it stands?"""
    paper = world.papers[number]
    asked = {call.paper for call in world.calls if call.user_id == query.user_id}
    return (
        (query.box_pk is None or (bool(paper.steps) and world.boxes[paper.box] == query.box_pk))
        and query.inn in ("", paper.inn)
        and query.document_type in ("", paper.document_type)
        and (query.user_id is None or number in asked)
    )


def spells(paper: Paper) -> list[Spell]:
    """Those that wait for something, in their order."""
    told = [(state, _actor(state, paper.needs_reply, resolution), at) for state, resolution, at in paper.course()]
    runs = [next(run) for _, run in groupby(told, key=lambda one: one[:2])]
    ends: list[datetime | None] = [run[2] for run in runs[1:]]
    found = [Spell(str(run[0]), run[1], run[2], end) for run, end in zip(runs, [*ends, None], strict=True)]
    return [spell for spell in found if not states.is_final(DocflowState(spell.state), paper.needs_reply)]


def stays(paper: Paper) -> list[Spell]:
    """Spells of one state that follow each other without a break."""
    joined: list[Spell] = []
    for spell in spells(paper):
        last = joined[-1] if joined else None
        if last and last.state == spell.state and last.until == spell.since:
            joined[-1] = Spell(last.state, spell.actor, last.since, spell.until)
        else:
            joined.append(spell)
    return joined


def in_period(query: Query, spell: Spell) -> bool:
    is_named = query.state in ("", spell.state)
    return is_named and spell.since < query.ends_at and (spell.until is None or spell.until > query.begins_at)


def length(query: Query, spell: Spell) -> float:
    return max((_end(query, spell) - spell.since) / DAY, 0.0)


def within(query: Query, spell: Spell) -> float:
    return max((_end(query, spell) - max(spell.since, query.begins_at)) / DAY, 0.0)


def is_open(query: Query, spell: Spell) -> bool:
    return spell.until is None or spell.until > query.ends_at


def p90(numbers: list[float]) -> float:
    """As percentile_cont: linear between the neighbours."""
    ordered = sorted(numbers)
    place = 0.9 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def mean(numbers: list[float]) -> float:
    return fmean(numbers)


def money(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _actor(state: DocflowState, needs_reply: bool, resolution: str) -> str:
    return states.who_must_act(state, needs_reply, resolution)


def _end(query: Query, spell: Spell) -> datetime:
    return min(spell.until or query.ends_at, query.ends_at)
