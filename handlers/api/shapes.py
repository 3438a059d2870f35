"""What programs get from /api/v1: the schemas that write its answers and describe them."""

from typing import Any

from marshmallow import Schema, fields, validate

PACKAGE_STATES = ("open", "sending", "sent", "deleted")
_OUTPUTS = "as workflows get them, flags as Y and N; empty until the call is over"
CALL_STATES = ("new", "running", "waiting", "answering", "answered", "undeliverable", "closed")


def told(text: str, **options: Any) -> dict[str, Any]:
    return {**options, "metadata": {"description": text}}


class CounteragentSchema(Schema):
    inn = fields.String()
    kpp = fields.String()
    name = fields.String()
    box_id = fields.String()


class PackageSchema(Schema):
    """Documents that travel and are signed together."""

    id = fields.Integer(required=True)
    crm_item = fields.String(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(PACKAGE_STATES))
    docflow_state = fields.String(required=True)
    outcome = fields.String(required=True)
    is_final = fields.Boolean(required=True)
    attempt = fields.Integer(required=True)
    box = fields.Integer(required=True, allow_none=True, attribute="box_pk", **told("number of our box"))
    counteragent = fields.Nested(CounteragentSchema, required=True)
    message_id = fields.String(required=True, allow_none=True)
    packet_id = fields.String(required=True, allow_none=True)
    last_error = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    posted_at = fields.DateTime(required=True, allow_none=True)
    changed_at = fields.DateTime(required=True)
    waiting_since = fields.DateTime(required=True, allow_none=True)


class DocumentSchema(Schema):
    """A paper: its requisites, and where its docflow stands."""

    id = fields.Integer(required=True)
    package_id = fields.Integer(required=True)
    crm_item = fields.String(required=True)
    document_type = fields.String(required=True)
    function = fields.String(required=True)
    version = fields.String(required=True)
    number = fields.String(required=True)
    date = fields.String(required=True, **told("DD.MM.YYYY"))
    requisites = fields.Dict(required=True, keys=fields.String(), **told("as texts: total, vat, currency, grounds …"))
    comment = fields.String(required=True)
    file_name = fields.String(required=True)
    file_size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    docflow_state = fields.String(required=True)
    revocation_state = fields.String(required=True)
    needs_reply = fields.Boolean(required=True)
    is_final = fields.Boolean(required=True)
    message_id = fields.String(required=True, allow_none=True)
    entity_id = fields.String(required=True, allow_none=True)
    signed_by_us_at = fields.DateTime(required=True, allow_none=True)
    sent_at = fields.DateTime(required=True, allow_none=True)
    delivered_at = fields.DateTime(required=True, allow_none=True)
    signed_by_counteragent_at = fields.DateTime(required=True, allow_none=True)
    refusal_reason = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True)


class ChangeSchema(Schema):
    """A row of a document's history."""

    docflow_state = fields.String(required=True)
    revocation_state = fields.String(required=True)
    at = fields.DateTime(required=True)


class FileSchema(Schema):
    """A downloaded file that is kept: /files/{id} gives its bytes."""

    id = fields.Integer(required=True)
    document_id = fields.Integer(required=True)
    kind = fields.String(required=True)
    file_name = fields.String(required=True)
    file_size = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    kept_at = fields.DateTime(required=True)


class WholeDocumentSchema(DocumentSchema):
    history = fields.List(fields.Nested(ChangeSchema), required=True)
    files = fields.List(fields.Nested(FileSchema), required=True)


class WholePackageSchema(PackageSchema):
    documents = fields.List(fields.Nested(DocumentSchema), required=True)


class CallErrorSchema(Schema):
    """Why the last attempt failed; the call is tried again."""

    code = fields.String(required=True)
    text = fields.String(required=True)
    at = fields.String()


class CallSchema(Schema):
    """One run of an activity. is_over: outputs will not change any more."""

    id = fields.Integer(required=True)
    code = fields.String(required=True)
    origin = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(CALL_STATES))
    is_over = fields.Boolean(required=True)
    crm_item = fields.String(required=True)
    workflow_id = fields.String(required=True)
    user_id = fields.Integer(required=True)
    attempts = fields.Integer(required=True)
    wait_for = fields.String(required=True, allow_none=True)
    package_id = fields.Integer(required=True, allow_none=True, attribute="wait_package_id")
    received_at = fields.DateTime(required=True)
    deadline_at = fields.DateTime(required=True)
    next_attempt_at = fields.DateTime(required=True, allow_none=True)
    ended_at = fields.DateTime(required=True, allow_none=True)
    last_error = fields.Nested(CallErrorSchema, required=True, allow_none=True)


class StepSchema(Schema):
    """One outside effect of a call."""

    name = fields.String(required=True)
    intended_at = fields.DateTime(required=True)
    attempts = fields.Integer(required=True)
    done_at = fields.DateTime(required=True, allow_none=True)


class WholeCallSchema(CallSchema):
    inputs = fields.Dict(required=True, keys=fields.String(), attribute="properties")
    outputs = fields.Dict(required=True, keys=fields.String(), **told(_OUTPUTS))
    steps = fields.List(fields.Nested(StepSchema), required=True)


class BoxSchema(Schema):
    """Our organization's mailbox in Diadoc."""

    id = fields.Integer(required=True)
    box_id = fields.String(required=True)
    inn = fields.String(required=True)
    kpp = fields.String(required=True)
    name = fields.String(required=True)
    status = fields.String(required=True)
    status_text = fields.String(required=True)
    sees_all_documents = fields.Boolean(required=True)
    feed_read_at = fields.DateTime(required=True, allow_none=True)
    connected_at = fields.DateTime(required=True)


class InputSchema(Schema):
    """One input or output of an activity, as the portal's designer sees it."""

    name = fields.String(required=True)
    label = fields.Dict(required=True, keys=fields.String(), **told("ru, en"))
    type = fields.String(required=True)
    is_required = fields.Boolean(required=True)
    is_multiple = fields.Boolean(required=True)
    options = fields.List(fields.String(), required=True, **told("the codes to choose from, [] = anything"))


class ActivitySchema(Schema):
    code = fields.String(required=True)
    name = fields.Dict(required=True, keys=fields.String(), **told("ru, en"))
    description = fields.Dict(required=True, keys=fields.String(), **told("ru, en"))
    waits = fields.Boolean(required=True)
    inputs = fields.List(fields.Nested(InputSchema), required=True)
    outputs = fields.List(fields.Nested(InputSchema), required=True)


class HealthSchema(Schema):
    """How the portal is. problems: what a person should look at, as codes; b24-edo doctor says more."""

    host = fields.String(required=True)
    status = fields.String(required=True, **told("installed or auth_lost"))
    status_text = fields.String(required=True)
    is_healthy = fields.Boolean(required=True)
    problems = fields.List(fields.String(), required=True)
    calls = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    boxes = fields.Dict(required=True, keys=fields.String(), values=fields.Integer())
    oldest_waiting_at = fields.DateTime(required=True, allow_none=True)
    queue_since = fields.DateTime(required=True, allow_none=True)
    feeds_read_from = fields.DateTime(required=True, allow_none=True)
    token_renewed_at = fields.DateTime(required=True, allow_none=True)


class FaultSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True, **told("Russian or English, by Accept-Language"))
    fields_ = fields.Dict(data_key="fields", keys=fields.String(), **told("what is wrong with each field"))
    number = fields.String(**told("of an internal error, for the administrator"))


class ErrorSchema(Schema):
    """Every answer that is no success."""

    error = fields.Nested(FaultSchema, required=True)


def page_of(name: str, shape: type[Schema]) -> type[Schema]:
    """The schema of one page of a list: its rows, and where the next page begins (null = nowhere)."""
    return Schema.from_dict(
        {
            name: fields.List(fields.Nested(shape), required=True),
            "next": fields.Integer(required=True, allow_none=True, **told("`below` of the next page")),
        },
        name=f"{name.capitalize()}Page",
    )
