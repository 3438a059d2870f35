"""Reports as people and programs get them: the registry's numbers with names of states and addresses of documents.

The page, the command line and /api/v1 all ask `report` and show what `shapes.ReportSchema` makes of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from activities import diadoc_send_package, states
from activities.crm_ids import from_short
from activities.places import address_of
from activities.states import DocflowState
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.states import ResolutionStatus
from registry import reports
from registry.portal_registry import PortalRegistry
from registry.reports import Bottleneck, Day, ErrorCount, Money, Overdue, Person, Query, Rules, Stage, Steps, Stuck
from registry.settings import Settings
from registry.tables import Portal

STUCK_SHOWN, MOST_STUCK = 200, 1000


@dataclass(frozen=True, kw_only=True)
class Paper(Stuck):
    """A document that is not finished. link: into Diadoc, "" before it is there; item_link: of its CRM item."""

    link: str
    item_link: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything about one query. stuck: the first of them, those that wait longest first; stuck_count: of all."""

    query: Query
    remind_after_days: int
    escalate_after_days: int
    stages: list[Stage]
    bottlenecks: list[Bottleneck]
    money: list[Money]
    overdue: Overdue
    stuck_count: int
    stuck: list[Paper]
    people: list[Person]
    errors: list[ErrorCount]
    steps: Steps
    days: list[Day]


class Reports:
    """The reports of one portal. web_url: where Diadoc shows documents to people."""

    def __init__(self, registry: PortalRegistry, *, web_url: str) -> None:
        self._database, self._registry, self._web_url = registry.database, registry, web_url
        self._settings: Settings = registry.settings()
        self._portal: Portal = registry.portal()
        self._rules = rules(self._settings)

    def query(self, *, since: date | None = None, until: date | None = None, **filters: Any) -> Query:
        """A query of this portal, in its time zone, as of now. filters: see Query. Raises reports.QueryWrong."""
        return Query.of(
            portal_id=self._registry.portal_id,
            since=since,
            until=until,
            time_zone=self._settings.time_zone,
            now=datetime.now(UTC),
            **filters,
        )

    def report(self, query: Query, *, limit: int = STUCK_SHOWN, offset: int = 0) -> Report:
        """All of it; limit, offset: of the stuck documents."""
        stages, bottlenecks, money, escalated = reports.stages(self._database, query, self._rules)
        steps, timeouts = reports.steps(self._database, query)
        return Report(
            query=query,
            remind_after_days=self._settings.remind_after_days,
            escalate_after_days=self._settings.escalate_after_days,
            stages=sorted(stages, key=lambda stage: _place(stage.state)),
            bottlenecks=bottlenecks,
            money=money,
            overdue=Overdue(
                documents=sum(stage.overdue for stage in stages),
                escalated=escalated,
                calls_past_limit=reports.past_limit(self._database, query),
                timeouts=timeouts,
            ),
            stuck_count=sum(one.documents for one in money),
            stuck=list(self.stuck(query, limit=min(limit, MOST_STUCK), offset=offset)),
            people=reports.people(self._database, query, self._rules),
            errors=reports.errors(self._database, query),
            steps=steps,
            days=reports.days(self._database, query),
        )

    def stuck(self, query: Query, *, limit: int | None = None, offset: int = 0) -> Iterator[Paper]:
        """Documents that are not finished, read from the database as they are asked for: their number may be large."""
        for row in reports.stuck(self._database, query, self._rules, limit=limit, offset=offset):
            yield Paper(**vars(row), link=self._link(row), item_link=self._item_link(row.crm_item))

    def _link(self, row: Stuck) -> str:
        if not (row.box_id and row.message_id):
            return ""
        address = f"letterId={row.message_id}&documentId={row.entity_id}"
        return f"{self._web_url}/{box_id_on_the_wire(row.box_id)}/Document/Show?{address}"

    def _item_link(self, crm_item: str) -> str:
        try:
            return address_of(self._portal, from_short(crm_item))
        except ValueError:
            return ""


def rules(settings: Settings) -> Rules:
    """What the database has to know of states: the same rules that workflows are answered by, as a table."""
    approval = ResolutionStatus.APPROVEMENT_REQUESTED
    actors = {
        f"{state}/{str(needs_reply).lower()}/{str(resolution == approval).lower()}": states.who_must_act(
            state, needs_reply, resolution
        )
        for state in DocflowState
        for needs_reply in (False, True)
        for resolution in ("", approval)
        if not states.is_final(state, needs_reply)
    }
    return Rules(
        actors=actors,
        approval=approval,
        sends=diadoc_send_package.DiadocSendPackage.code,
        remind_after=settings.remind_after_days,
        escalate_after=settings.escalate_after_days,
    )


def state_name(code: str) -> states.Text:
    """What people read for a state; its code where this version does not know it."""
    try:
        return DocflowState(code).text
    except ValueError:
        return states.Text(code, code)


def _place(state: str) -> int:
    """In the order in which a document goes through them."""
    known = list(DocflowState)
    return known.index(DocflowState(state)) if state in known else len(known)
