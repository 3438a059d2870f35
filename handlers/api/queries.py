"""What programs send to /api/v1: the schemas that check it and describe it."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from activities.states import DOCFLOW_STATES, OUTCOMES
from handlers.api.shapes import CALL_STATES, PACKAGE_STATES, told

MOST_ID = 2**63 - 1
LIMIT, MOST = 50, 200
ORIGINS = ("workflow", "page", "api", "replay")


def without_nul(text: str) -> None:
    """What no database keeps."""
    if "\0" in text:
        raise ValidationError("Must not hold a NUL character.")


def id_(**options: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=0, max=MOST_ID), **options)


def text_(most: int = 200, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(max=most), without_nul], **options)


class PageQuery(Schema):
    """One page of a list, the newest first."""

    limit = fields.Integer(load_default=LIMIT, validate=validate.Range(min=1, max=MOST))
    below = id_(load_default=None, **told("`next` of the page before"))


class PackagesQuery(PageQuery):
    state = fields.String(load_default="", validate=validate.OneOf(PACKAGE_STATES))
    docflow_state = fields.String(load_default="", validate=validate.OneOf(list(map(str, DOCFLOW_STATES))))
    outcome = fields.String(load_default="", validate=validate.OneOf(list(map(str, OUTCOMES))))
    is_final = fields.Boolean(load_default=None)
    crm_item = text_(load_default="", **told("D_17, T80_6"))
    box_pk = id_(load_default=None, data_key="box", **told("number of a box of ours, see /boxes"))
    inn = text_(12, load_default="", **told("the counteragent's"))
    changed_since = fields.AwareDateTime(load_default=None, **told("ISO 8601 with an offset"))


class DocumentsQuery(PageQuery):
    package_id = id_(load_default=None)
    crm_item = text_(load_default="", **told("D_17, T80_6"))
    document_type = text_(load_default="", **told("Diadoc's code"))
    docflow_state = fields.String(load_default="", validate=validate.OneOf(list(map(str, DOCFLOW_STATES))))
    is_final = fields.Boolean(load_default=None)
    number = text_(load_default="")
    box_pk = id_(load_default=None, data_key="box", **told("number of a box of ours, see /boxes"))
    inn = text_(12, load_default="", **told("the counteragent's"))
    changed_since = fields.AwareDateTime(load_default=None, **told("ISO 8601 with an offset"))


class CallsQuery(PageQuery):
    state = fields.String(load_default="", validate=validate.OneOf(CALL_STATES))
    code = text_(load_default="", **told("of the activity"))
    origin = fields.String(load_default="", validate=validate.OneOf(ORIGINS))
    user_id = id_(load_default=None, data_key="user")
    received_since = fields.AwareDateTime(load_default=None, **told("ISO 8601 with an offset"))


class ReportQuery(Schema):
    since = fields.Date(load_default=None, data_key="from", **told("first day; the last thirty days without one"))
    until = fields.Date(load_default=None, data_key="to", **told("last day, today without one"))
    box_pk = id_(load_default=None, data_key="box")
    inn = text_(12, load_default="")
    document_type = text_(load_default="", data_key="type")
    user_id = id_(load_default=None, data_key="user")
    state = fields.String(load_default="", validate=validate.OneOf(list(map(str, DOCFLOW_STATES))))
    limit = fields.Integer(load_default=200, validate=validate.Range(min=0, max=1000), **told("of stuck documents"))
    offset = fields.Integer(
        load_default=0, validate=validate.Range(min=0, max=10_000_000), **told("of stuck documents")
    )


class NewCallSchema(Schema):
    """What an operator has an activity do."""

    code = text_(required=True, **told("of the activity, see /activities"))
    inputs = fields.Dict(keys=fields.String(), load_default=dict, **told("by the activity's names"))
    crm_item = text_(load_default="", **told("what the call is about: D_17, T80_6; empty = nothing in the CRM"))


class KeyHeader(Schema):
    key = text_(
        required=True,
        data_key="Idempotency-Key",
        **told("8 to 200 characters; the same key gives the same call, however often it is sent"),
    )
