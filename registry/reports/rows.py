"""What a report says, row by row. Days are of 24 hours, rounded to two digits; moments are aware, UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Documents at one stage. documents: standing there now (of an end: come to it in the period); overdue: of those,
    waiting longer than the reminder; stays: that were under way in the period, open_stays: not over at its end; mean,
    p90: of their lengths, None where there are none; waiting_days: of all together, within the period."""

    state: str
    documents: int
    overdue: int
    stays: int
    open_stays: int
    mean_days: float | None
    p90_days: float | None
    waiting_days: float


@dataclass(frozen=True, kw_only=True)
class Bottleneck:
    """Where time goes: a stage and who has to act there; waiting_days: of all documents, within the period."""

    state: str
    who_must_act: str
    stays: int
    waiting_days: float


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """One document that is not finished; since: when it came to its stage; total: None where the paper names none."""

    document_id: int
    package_id: int
    crm_item: str
    document_type: str
    number: str
    date: str
    file_name: str
    counteragent_name: str
    counteragent_inn: str
    state: str
    who_must_act: str
    since: datetime
    days: float
    is_overdue: bool
    total: Decimal | None
    currency: str
    box_id: str
    message_id: str
    entity_id: str


@dataclass(frozen=True, kw_only=True)
class Money:
    """What documents under way are worth, and the overdue ones of them."""

    currency: str
    documents: int
    total: Decimal
    overdue_total: Decimal


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """documents: waiting longer than the reminder, escalated: longer than the escalation; calls_past_limit: open ones
    whose workflow no longer waits; timeouts: answers of the period that had to say so."""

    documents: int
    escalated: int
    calls_past_limit: int
    timeouts: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose calls: a Bitrix24 user, 0 = nobody told. sent: packages that went out."""

    user_id: int
    calls: int
    by_workflow: int
    by_page: int
    sent: int
    errors: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How often calls of the period ended in one error."""

    code: str
    calls: int
    people: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Calls of the period by who began them; share: of workflows among workflows and people, None where nobody did."""

    workflow: int
    page: int
    api: int
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Day:
    """One day of the period, for a chart."""

    day: date
    added: int
    sent: int
    signed: int
