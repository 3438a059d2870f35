"""Calls of workflows, the steps they took and what they were answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, own_id, set_now


class Call(Table):
    """One run of an activity by a workflow, from its arrival to our answer."""

    __tablename__ = "call"
    __table_args__ = (
        UniqueConstraint("portal_id", "idempotency_key"),
        Index("call_open", "portal_id", postgresql_where=text("state in ('new', 'running')")),
        Index("call_deadline", "deadline_at", postgresql_where=text("state in ('new', 'running', 'waiting')")),
        Index("call_of_item", "portal_id", "workflow_document_id"),
        Index("call_received", "received_at", postgresql_using="brin"),  # for reports; costs a new call next to nothing
        Index("call_waiting_package", "wait_package_id", postgresql_where=text("state = 'waiting'")),
        Index("call_waiting_invitation", "wait_invitation_id", postgresql_where=text("state = 'waiting'")),
    )
    id: Mapped[int] = own_id()
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
    received_at: Mapped[datetime] = set_now()
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
    intended_at: Mapped[datetime] = set_now()
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
    created_at: Mapped[datetime] = set_now()
    attempts: Mapped[int] = mapped_column(default=0)
    first_attempt_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime] = set_now()
    ended_at: Mapped[datetime | None]
