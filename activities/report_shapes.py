"""A report as JSON: one shape for `b24-edo report --json` and /api/v1, which describes itself by it."""

from dataclasses import fields as fields_of
from typing import Any

from marshmallow import Schema, fields

from activities.reporting import Paper, Report, state_name
from registry.reports import Bottleneck, Stage

_STATE: dict[str, Any] = {"metadata": {"description": "docflow state, as workflows are answered"}}
_ACTORS = "our_signer, counteragent, approver, operator, administrator, or empty for nobody"
_WHO: dict[str, Any] = {"metadata": {"description": _ACTORS}}


class NameSchema(Schema):
    """A text in both languages."""

    ru = fields.String(required=True)
    en = fields.String(required=True)


class PeriodSchema(Schema):
    """Days, both included, and the zone that they are days of."""

    since = fields.Date(required=True, data_key="from")
    until = fields.Date(required=True, data_key="to")
    time_zone = fields.String(required=True)
    now = fields.DateTime(required=True, data_key="counted_at")


class StageSchema(Schema):
    """registry.reports.Stage"""

    state = fields.String(required=True, **_STATE)
    name = fields.Nested(NameSchema, required=True)
    documents = fields.Integer(required=True)
    overdue = fields.Integer(required=True)
    stays = fields.Integer(required=True)
    open_stays = fields.Integer(required=True)
    mean_days = fields.Float(required=True, allow_none=True)
    p90_days = fields.Float(required=True, allow_none=True)
    waiting_days = fields.Float(required=True)


class BottleneckSchema(Schema):
    """registry.reports.Bottleneck"""

    state = fields.String(required=True, **_STATE)
    name = fields.Nested(NameSchema, required=True)
    who_must_act = fields.String(required=True, **_WHO)
    stays = fields.Integer(required=True)
    waiting_days = fields.Float(required=True)


class MoneySchema(Schema):
    """registry.reports.Money; sums are texts, so that no digit is lost."""

    currency = fields.String(required=True)
    documents = fields.Integer(required=True)
    total = fields.Decimal(required=True, as_string=True)
    overdue_total = fields.Decimal(required=True, as_string=True)


class OverdueSchema(Schema):
    """registry.reports.Overdue"""

    documents = fields.Integer(required=True)
    escalated = fields.Integer(required=True)
    calls_past_limit = fields.Integer(required=True)
    timeouts = fields.Integer(required=True)
    remind_after_days = fields.Integer(required=True)
    escalate_after_days = fields.Integer(required=True)


class PaperSchema(Schema):
    """activities.reporting.Paper: one document that is not finished."""

    document_id = fields.Integer(required=True)
    package_id = fields.Integer(required=True)
    crm_item = fields.String(required=True)
    item_link = fields.String(required=True)
    document_type = fields.String(required=True)
    number = fields.String(required=True)
    date = fields.String(required=True, metadata={"description": "DD.MM.YYYY"})
    file_name = fields.String(required=True)
    counteragent_name = fields.String(required=True)
    counteragent_inn = fields.String(required=True)
    state = fields.String(required=True, **_STATE)
    name = fields.Nested(NameSchema, required=True)
    who_must_act = fields.String(required=True, **_WHO)
    since = fields.DateTime(required=True)
    days = fields.Float(required=True)
    is_overdue = fields.Boolean(required=True)
    total = fields.Decimal(required=True, as_string=True, allow_none=True)
    currency = fields.String(required=True)
    link = fields.String(required=True)


class PersonSchema(Schema):
    """registry.reports.Person"""

    user_id = fields.Integer(required=True)
    calls = fields.Integer(required=True)
    by_workflow = fields.Integer(required=True)
    by_page = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    errors = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)


class ErrorCountSchema(Schema):
    """registry.reports.ErrorCount"""

    code = fields.String(required=True)
    calls = fields.Integer(required=True)
    people = fields.Integer(required=True)
    last_at = fields.DateTime(required=True)


class StepsSchema(Schema):
    """registry.reports.Steps"""

    workflow = fields.Integer(required=True)
    page = fields.Integer(required=True)
    api = fields.Integer(required=True)
    share = fields.Float(required=True, allow_none=True)


class DaySchema(Schema):
    """registry.reports.Day"""

    day = fields.Date(required=True)
    added = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    signed = fields.Integer(required=True)


class ReportSchema(Schema):
    """activities.reporting.Report."""

    period = fields.Nested(PeriodSchema, required=True)
    stages = fields.List(fields.Nested(StageSchema), required=True)
    bottlenecks = fields.List(fields.Nested(BottleneckSchema), required=True)
    money = fields.List(fields.Nested(MoneySchema), required=True)
    overdue = fields.Nested(OverdueSchema, required=True)
    stuck_count = fields.Integer(required=True)
    stuck = fields.List(fields.Nested(PaperSchema), required=True)
    people = fields.List(fields.Nested(PersonSchema), required=True)
    errors = fields.List(fields.Nested(ErrorCountSchema), required=True)
    steps = fields.Nested(StepsSchema, required=True)
    days = fields.List(fields.Nested(DaySchema), required=True)


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs: texts, numbers, lists and objects only."""
    return dict(ReportSchema().dump(as_values(report)))


def as_values(report: Report) -> dict[str, Any]:
    """What ReportSchema writes."""
    overdue = _row(report.overdue)
    overdue |= {"remind_after_days": report.remind_after_days, "escalate_after_days": report.escalate_after_days}
    values = {name: getattr(report, name) for name in ("money", "stuck_count", "people", "errors", "steps", "days")}
    named = {name: [_named(one) for one in getattr(report, name)] for name in ("stages", "bottlenecks", "stuck")}
    return {**values, **named, "overdue": overdue, "period": report.query}


def _named(one: Stage | Bottleneck | Paper) -> dict[str, Any]:
    return {**_row(one), "name": state_name(one.state)}


def _row(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields_of(one)}
