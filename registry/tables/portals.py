"""Portals: who installed us, their tokens, how fast each may be asked, and who did what there."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, own_id, set_now


class Portal(Table):
    """One Bitrix24 account that installed us."""

    __tablename__ = "portal"
    id: Mapped[int] = own_id()
    member_id: Mapped[str] = mapped_column(unique=True)
    client_endpoint: Mapped[str]
    server_endpoint: Mapped[str]
    application_token_digest: Mapped[str]
    language: Mapped[str] = mapped_column(default="ru")
    scope: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="installed")  # installed, auth_lost, uninstalled
    status_text: Mapped[str] = mapped_column(default="")
    installer_user_id: Mapped[int] = mapped_column(default=0)
    installed_at: Mapped[datetime] = set_now()
    changed_at: Mapped[datetime] = set_now()
    registrations: Mapped[dict[str, Any]] = mapped_column(default=dict)  # code → fingerprint of what was registered


class PortalToken(Table):
    """One user's token of one portal; the installer's is the one we work with."""

    __tablename__ = "portal_token"
    portal_id: Mapped[int] = mapped_column(ForeignKey("portal.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    access_token_sealed: Mapped[str]
    refresh_token_sealed: Mapped[str]
    expires_at: Mapped[datetime | None]
    renewed_at: Mapped[datetime] = set_now()
    dead_since: Mapped[datetime | None]


class ThrottleRow(Table):
    """The shared meter of one portal or Diadoc account: GCRA arrival time, rate, and how long to stay away."""

    __tablename__ = "throttle"
    name: Mapped[str] = mapped_column(primary_key=True)  # portal:<id>, account:<id>; + /<method> for one method
    rate: Mapped[float]  # requests a second
    burst: Mapped[float]
    arrival_at: Mapped[datetime] = set_now()
    blocked_until: Mapped[datetime | None]


class Audit(Table):
    """Who did what, in facts without secrets."""

    __tablename__ = "audit"
    id: Mapped[int] = own_id()
    portal_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = set_now()
    actor: Mapped[str]  # user:1, workflow:<id>, command line, scheduler
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
