"""Packages, their papers, and what became of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, of_portal, own_id, set_now


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
    id: Mapped[int] = own_id()
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
    created_at: Mapped[datetime] = set_now()
    frozen_at: Mapped[datetime | None]
    posted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = set_now()
    waiting_since: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]  # found ready, and not changed since
    last_error: Mapped[str] = mapped_column(default="")  # why it could not be sent, in the portal's language


class Document(Table):
    """A paper in our registry: its file, its requisites, and where its docflow stands."""

    __tablename__ = "document"
    __table_args__ = (
        Index("document_address", "portal_id", "message_id", "entity_id"),
        Index("document_custom_id", "custom_document_id"),
        Index("document_sameness", "portal_id", "crm_item", "sameness"),
        Index("document_under_way", "portal_id", postgresql_where=text("not is_final")),
    )
    id: Mapped[int] = own_id()
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
    origin: Mapped[str] = mapped_column(default="")  # field:UF_CRM_X:55, generated:5, registry:12; "" = not known
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
    created_at: Mapped[datetime] = set_now()
    changed_at: Mapped[datetime] = set_now()
    checked_at: Mapped[datetime | None]


class StateChange(Table):
    """History of a document's docflow, a row a change."""

    __tablename__ = "state_change"
    id: Mapped[int] = own_id()
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    docflow_state: Mapped[str]
    revocation_state: Mapped[str]
    raw_state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = set_now()


class KeptFile(Table):
    """A downloaded file that stays in our own registry."""

    __tablename__ = "kept_file"
    __table_args__ = (UniqueConstraint("document_id", "kind", "sha256"),)
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    kind: Mapped[str]
    file_name: Mapped[str]
    file_size: Mapped[int]
    sha256: Mapped[str]
    blob: Mapped[str]
    kept_at: Mapped[datetime] = set_now()
