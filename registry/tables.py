"""All tables. Texts ending in _sealed are encrypted by the keyring; times are aware, UTC; ids of ours are bigints."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    type_annotation_map = {
        str: Text,
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def _id() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(always=False), primary_key=True)


def _now() -> Mapped[datetime]:
    return mapped_column(server_default=func.now())


def _portal() -> Mapped[int]:
    return mapped_column(ForeignKey("portal.id"), index=True)


class Portal(Table):
    """One Bitrix24 account that installed us."""

    __tablename__ = "portal"
    id: Mapped[int] = _id()
    member_id: Mapped[str] = mapped_column(unique=True)
    client_endpoint: Mapped[str]
    server_endpoint: Mapped[str]
    application_token_digest: Mapped[str]
    language: Mapped[str] = mapped_column(default="ru")
    scope: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="installed")  # installed, auth_lost, uninstalled
    status_text: Mapped[str] = mapped_column(default="")
    installer_user_id: Mapped[int] = mapped_column(default=0)
    installed_at: Mapped[datetime] = _now()
    changed_at: Mapped[datetime] = _now()
    registrations: Mapped[dict[str, Any]] = mapped_column(default=dict)  # code → fingerprint of what was registered


class PortalToken(Table):
    """One user's token of one portal; the installer's is the one we work with."""

    __tablename__ = "portal_token"
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    access_token_sealed: Mapped[str]
    refresh_token_sealed: Mapped[str]
    expires_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime] = _now()
    dead_since: Mapped[datetime | None]


class ThrottleRow(Table):
    """The shared meter of one portal or Diadoc account: GCRA arrival time, rate, and how long to stay away."""

    __tablename__ = "throttle"
    name: Mapped[str] = mapped_column(primary_key=True)  # portal:<id>, account:<id>; + /<method> for one method
    rate: Mapped[float]  # requests a second
    burst: Mapped[float]
    arrival_at: Mapped[datetime] = _now()
    blocked_until: Mapped[datetime | None]


class Account(Table):
    """One Diadoc user who consented, or whose developer-key login we hold; opens one or more boxes."""

    __tablename__ = "account"
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = _portal()
    kind: Mapped[str]  # oidc, developer_key
    login: Mapped[str] = mapped_column(default="")
    password_sealed: Mapped[str] = mapped_column(default="")
    access_token_sealed: Mapped[str] = mapped_column(default="")
    refresh_token_sealed: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime] = _now()
    dead_since: Mapped[datetime | None]


class Box(Table):
    """An organization's mailbox in Diadoc, connected to a portal."""

    __tablename__ = "box"
    __table_args__ = (UniqueConstraint("portal_id", "box_id"),)
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = _portal()
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    box_id: Mapped[str]  # normal form: 32 hex digits
    inn: Mapped[str]
    kpp: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    status: Mapped[str] = mapped_column(
        default="connected"
    )  # connected, auth_lost, subscription_ended, no_access, removed
    status_text: Mapped[str] = mapped_column(default="")
    index_key: Mapped[str | None]  # how far the feed was read; "" = the feed was empty when we looked
    feed_read_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]
    sees_all_documents: Mapped[bool] = mapped_column(default=True)
    document_types: Mapped[list[Any] | None]
    document_types_read_at: Mapped[datetime | None]
    features: Mapped[list[Any]] = mapped_column(default=list)
    connected_at: Mapped[datetime] = _now()


class Signer(Table):
    """Which Diadoc user a Bitrix24 user is, mapped by the administrator."""

    __tablename__ = "signer"
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"), primary_key=True)
    bitrix_user_id: Mapped[int] = mapped_column(primary_key=True)
    diadoc_user_id: Mapped[str]


class ConsentState(Table):
    """The `state` of one OIDC redirect: single use, ten minutes, bound to portal and administrator."""

    __tablename__ = "consent_state"
    state_digest: Mapped[str] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = _portal()
    administrator_id: Mapped[int]
    created_at: Mapped[datetime] = _now()
    used_at: Mapped[datetime | None]


class Call(Table):
    """One run of an activity by a workflow, from its arrival to our answer."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("portal_id", "idempotency_key"),
        Index("call_open", "portal_id", postgresql_where=text("state in ('new', 'running')")),
        Index("call_deadline", "deadline_at", postgresql_where=text("state in ('new', 'running', 'waiting')")),
        Index("call_waiting_package", "wait_package_id", postgresql_where=text("state = 'waiting'")),
        Index("call_waiting_invitation", "wait_invitation_id", postgresql_where=text("state = 'waiting'")),
    )
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"))
    origin: Mapped[str] = mapped_column(default="workflow")  # workflow, page, api
    idempotency_key: Mapped[str]  # of a workflow's call: digest of its event token
    event_token_sealed: Mapped[str] = mapped_column(default="")
    code: Mapped[str]
    workflow_id: Mapped[str] = mapped_column(default="")
    workflow_document_id: Mapped[list[Any]] = mapped_column(default=list)
    properties: Mapped[dict[str, Any]] = mapped_column(default=dict)
    user_id: Mapped[int] = mapped_column(default=0)
    wants_answer: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(
        default="new"
    )  # new, running, waiting, answering, answered, undeliverable, closed
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = _now()
    deadline_at: Mapped[datetime]
    step_limit_at: Mapped[datetime | None]  # when Bitrix24 itself stops waiting
    started_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    last_error: Mapped[dict[str, Any] | None]
    wait_for: Mapped[str | None]
    wait_package_id: Mapped[int | None]
    wait_document_id: Mapped[int | None]
    wait_invitation_id: Mapped[int | None]
    wait_context: Mapped[dict[str, Any] | None]


class Step(Table):
    """One outside effect of a call: its intent, then its result. A step with a result is not done again."""

    __tablename__ = "step"
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    intended_at: Mapped[datetime] = _now()
    attempts: Mapped[int] = mapped_column(default=1)
    done_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]


class Answer(Table):
    """What a workflow is told; at most one a call, kept until the portal took it or never will."""

    __tablename__ = "answer"
    __table_args__ = (Index("answer_open", "next_attempt_at", postgresql_where=text("state = 'open'")),)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), primary_key=True)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"))
    values: Mapped[dict[str, Any]]
    log_message: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")  # open, delivered, closed, undeliverable
    state_text: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = _now()
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = _now()
    ended_at: Mapped[datetime | None]


class Package(Table):
    """Documents that travel and are signed together."""

    __tablename__ = "package"
    __table_args__ = (
        Index("package_of_item", "portal_id", "crm_item", "name"),
        Index(
            "package_open_once",
            "portal_id",
            "crm_item",
            "name",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("package_message", "box_pk", "message_id"),
    )
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"))
    crm_item: Mapped[str]  # D_17, T80_6
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")  # open, sending, sent, deleted
    attempt: Mapped[int] = mapped_column(default=1)
    box_pk: Mapped[int | None] = mapped_column(ForeignKey("box.id"))
    mode: Mapped[str] = mapped_column(default="delay_send")
    lock_mode: Mapped[str] = mapped_column(default="none")
    message: Mapped[str] = mapped_column(default="")
    sending: Mapped[dict[str, Any]] = mapped_column(default=dict)  # frozen with the package: recipient, signer, body
    message_id: Mapped[str | None]
    packet_id: Mapped[str | None]
    counteragent: Mapped[dict[str, Any]] = mapped_column(default=dict)  # inn, kpp, name, box_id, is_roaming
    docflow_state: Mapped[str] = mapped_column(default="not_sent")
    outcome: Mapped[str] = mapped_column(default="in_progress")
    is_final: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = _now()
    frozen_at: Mapped[datetime | None]
    posted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = _now()
    waiting_since: Mapped[datetime | None]


class Document(Table):
    """A paper in our registry: its file, its requisites, and where its docflow stands."""

    __tablename__ = "document"
    __table_args__ = (
        Index("document_address", "portal_id", "message_id", "entity_id"),
        Index("document_custom_id", "custom_document_id"),
        Index("document_sameness", "portal_id", "crm_item", "sameness"),
    )
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), index=True)
    crm_item: Mapped[str]
    sameness: Mapped[str]  # type, number and date (no number: file name): what makes two papers the same
    document_type: Mapped[str]
    function: Mapped[str] = mapped_column(default="")
    version: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    date: Mapped[str] = mapped_column(default="")  # DD.MM.YYYY as in metadata
    requisites: Mapped[dict[str, Any]] = mapped_column(default=dict)  # inputs as strings, to be checked again
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)  # Diadoc's Key → Value
    recipient_in_file: Mapped[dict[str, Any]] = mapped_column(default=dict)  # formal XML: inn, kpp
    need_reply_signature: Mapped[str] = mapped_column(default="by_type")
    comment: Mapped[str] = mapped_column(default="")
    file_name: Mapped[str]
    file_size: Mapped[int]
    sha256: Mapped[str]
    blob: Mapped[str]  # key in the blob store
    custom_document_id: Mapped[str | None]
    message_id: Mapped[str | None]
    entity_id: Mapped[str | None]
    needs_reply: Mapped[bool] = mapped_column(default=False)
    docflow_state: Mapped[str] = mapped_column(default="not_sent")
    revocation_state: Mapped[str] = mapped_column(default="none")
    raw_state: Mapped[dict[str, Any]] = mapped_column(default=dict)  # Diadoc's enums as last seen
    is_final: Mapped[bool] = mapped_column(default=False)
    signed_by_us_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    signed_by_counteragent_at: Mapped[datetime | None]
    refusal_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = _now()
    changed_at: Mapped[datetime] = _now()
    checked_at: Mapped[datetime | None]


class DocflowEvent(Table):
    """One event of a box's feed, processed once however often it comes."""

    __tablename__ = "docflow_event"
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime] = _now()


class StateChange(Table):
    """History of a document's docflow, a row a change."""

    __tablename__ = "state_change"
    id: Mapped[int] = _id()
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    docflow_state: Mapped[str]
    revocation_state: Mapped[str]
    raw_state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = _now()


class Invitation(Table):
    """An invitation that some call may wait for."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("box_pk", "counteragent_box_id"),)
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = _portal()
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"))
    counteragent_box_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="invited_by_us")
    sent_at: Mapped[datetime] = _now()
    checked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class KeptFile(Table):
    """A downloaded file that stays in our own registry."""

    __tablename__ = "kept_file"
    __table_args__ = (UniqueConstraint("document_id", "kind", "sha256"),)
    id: Mapped[int] = _id()
    portal_id: Mapped[int] = _portal()
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    kind: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[int]
    sha256: Mapped[str]
    blob: Mapped[str]
    kept_at: Mapped[datetime] = _now()


class Audit(Table):
    """Who did what, in facts without secrets."""

    __tablename__ = "audit"
    id: Mapped[int] = _id()
    portal_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = _now()
    actor: Mapped[str]  # user:1, workflow:<id>, command line, scheduler
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Tick(Table):
    """Which slot of which clock job was already let through."""

    __tablename__ = "tick"
    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = _now()
