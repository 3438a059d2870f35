"""Boxes in Diadoc: who opened them, who signs, how far their feeds were read, and whom they invited."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, of_portal, own_id, set_now


class Account(Table):
    """One Diadoc user who consented, or whose developer-key login we hold; opens one or more boxes."""

    __tablename__ = "account"
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
    kind: Mapped[str]  # oidc, developer_key
    login: Mapped[str] = mapped_column(default="")
    password_sealed: Mapped[str] = mapped_column(default="")
    access_token_sealed: Mapped[str] = mapped_column(default="")
    refresh_token_sealed: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime] = set_now()
    dead_since: Mapped[datetime | None]


class Box(Table):
    """An organization's mailbox in Diadoc, connected to a portal."""

    __tablename__ = "box"
    __table_args__ = (UniqueConstraint("portal_id", "box_id"),)
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
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
    incoming_since: Mapped[datetime | None]  # documents that came earlier are not taken in; None = none are
    sees_all_documents: Mapped[bool] = mapped_column(default=True)
    document_types: Mapped[list[Any] | None]
    document_types_read_at: Mapped[datetime | None]
    features: Mapped[list[Any]] = mapped_column(default=list)
    connected_at: Mapped[datetime] = set_now()


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
    portal_id: Mapped[int] = of_portal()
    administrator_id: Mapped[int]
    created_at: Mapped[datetime] = set_now()
    used_at: Mapped[datetime | None]


class DocflowEvent(Table):
    """One event of a box's feed, processed once however often it comes."""

    __tablename__ = "docflow_event"
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime] = set_now()


class Invitation(Table):
    """An invitation that some call may wait for."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("box_pk", "counteragent_box_id"),)
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"))
    counteragent_box_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="invited_by_us")
    sent_at: Mapped[datetime] = set_now()
    checked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
