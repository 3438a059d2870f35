"""Reports over what one portal sent and asked: reckoned by the database, so that memory stays flat."""

from registry.reports.calls import errors, past_limit, people, steps
from registry.reports.documents import days, stages, stuck
from registry.reports.query import Query, QueryWrong, Rules
from registry.reports.rows import Bottleneck, Day, ErrorCount, Money, Overdue, Person, Stage, Steps, Stuck

__all__ = [
    "Bottleneck",
    "Day",
    "ErrorCount",
    "Money",
    "Overdue",
    "Person",
    "Query",
    "QueryWrong",
    "Rules",
    "Stage",
    "Steps",
    "Stuck",
    "days",
    "errors",
    "past_limit",
    "people",
    "stages",
    "steps",
    "stuck",
]
