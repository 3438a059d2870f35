"""What people work with: settings of a portal, its registries in the CRM, and what we have made or said there."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, of_portal, own_id, set_now


class PortalSettings(Table):
    """What people of a portal have chosen; what is not there has its default."""

    __tablename__ = "portal_settings"
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    changed_at: Mapped[datetime] = set_now()
    changed_by: Mapped[int] = mapped_column(default=0)


class CrmRegistry(Table):
    """A registry of documents or packages in the CRM: a smart process or a universal list."""

    __tablename__ = "crm_registry"
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # documents, packages
    backend: Mapped[str]  # smart_process, list
    entity_type_id: Mapped[int] = mapped_column(default=0)
    type_id: Mapped[int] = mapped_column(default=0)
    iblock_type: Mapped[str] = mapped_column(default="")
    iblock_id: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(default="")
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)  # our name of a field → what it is there
    prepared_at: Mapped[datetime] = set_now()
    trouble: Mapped[str] = mapped_column(default="")  # what a person has to mend, "" = nothing


class CrmMirror(Table):
    """One thing that we made on a portal for one of ours: an item, a timeline entry, a to-do."""

    __tablename__ = "crm_mirror"
    __table_args__ = (
        UniqueConstraint("portal_id", "kind", "our_id"),
        Index("crm_mirror_theirs", "portal_id", "kind", "their_id"),
    )
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"))
    kind: Mapped[str]  # documents, packages, incoming, timeline, todo
    our_id: Mapped[int]  # of document, package or incoming_document
    their_id: Mapped[int | None]  # None: its making has begun and we do not know yet whether it is there
    written: Mapped[dict[str, Any]] = mapped_column(default=dict)  # digests of what was last written, by our field name
    intended_at: Mapped[datetime] = set_now()
    written_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]  # a person deleted it: it is not made again


class PackageChange(Table):
    """A package whose change people have not been shown yet; written by triggers, so that no change is missed."""

    __tablename__ = "package_change"
    __table_args__ = (Index("package_change_due", "next_attempt_at"),)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), primary_key=True)
    portal_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)  # grows with every change
    noted_at: Mapped[datetime] = set_now()
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = set_now()
    trouble: Mapped[str] = mapped_column(default="")


class Effect(Table):
    """Something that happens once: a notice, a trigger, a reminder of one step of one package."""

    __tablename__ = "effect"
    __table_args__ = (Index("effect_of", "portal_id", "subject"),)
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # package:7, incoming:3, invitation:2
    name: Mapped[str] = mapped_column(primary_key=True)  # notice:signed:<moment>, trigger:diadoc_sent:1
    intended_at: Mapped[datetime] = set_now()
    done_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class IncomingDocument(Table):
    """A document that a counteragent sent to a box of ours."""

    __tablename__ = "incoming_document"
    __table_args__ = (
        UniqueConstraint("box_pk", "message_id", "entity_id"),
        Index("incoming_open", "portal_id", postgresql_where="shown_at is null"),
        Index("incoming_shown", "portal_id", "shown_at"),
    )
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
    box_pk: Mapped[int] = mapped_column(ForeignKey("box.id"))
    message_id: Mapped[str]
    entity_id: Mapped[str]
    counteragent: Mapped[dict[str, Any]] = mapped_column(default=dict)  # inn, kpp, name, box_id
    document_type: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    date: Mapped[str] = mapped_column(default="")  # DD.MM.YYYY
    requisites: Mapped[dict[str, Any]] = mapped_column(default=dict)  # total, vat, currency, grounds … as strings
    file_name: Mapped[str] = mapped_column(default="")
    file_size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(default="")
    blob: Mapped[str] = mapped_column(default="")
    docflow_state: Mapped[str] = mapped_column(default="delivered")
    needs_reply: Mapped[bool] = mapped_column(default=False)  # we have to sign it, or had to
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    remarks: Mapped[list[Any]] = mapped_column(
        default=list
    )  # codes of what people have to know, see activities.incoming
    company_id: Mapped[int] = mapped_column(default=0)  # of the CRM, 0 = none or several fit
    received_at: Mapped[datetime] = set_now()
    changed_at: Mapped[datetime] = set_now()
    shown_at: Mapped[datetime | None]  # an item of the registry exists and its people were told
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = set_now()


class InvitationItem(Table):
    """A CRM item on which somebody was invited: it is told of the answer by a trigger, once."""

    __tablename__ = "invitation_item"
    __table_args__ = (Index("invitation_item_untold", "invitation_id", postgresql_where="told_at is null"),)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), primary_key=True)
    crm_item: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = set_now()
    told_at: Mapped[datetime | None]


class PageOpening(Table):
    """A page that the portal opened: its post is good once."""

    __tablename__ = "page_opening"
    digest: Mapped[str] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = set_now()


class PortalWork(Table):
    """Something long that a person asked for on a page: how far it is, and how it ended. One of a name at a time."""

    __tablename__ = "portal_work"
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # register, unregister, prepare, check
    run: Mapped[int] = mapped_column(default=1)  # which time it is asked for
    state: Mapped[str] = mapped_column(default="queued")  # queued, running, done, failed
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)  # 0 = not known
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[dict[str, Any] | None]  # code, ru, en
    asked_by: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = set_now()
    ended_at: Mapped[datetime | None]


class ApiToken(Table):
    """What a program of the customer shows at /api/v1; only its digest is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = own_id()
    portal_id: Mapped[int] = of_portal()
    name: Mapped[str]
    role: Mapped[str]  # reader, operator
    digest: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = set_now()
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
