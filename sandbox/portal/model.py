"""What a portal consists of, as plain records. Whoever changes them holds the world's lock."""

import itertools
import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ALL_SCOPES = (
    "bizproc",
    "crm",
    "department",
    "disk",
    "documentgenerator",
    "im",
    "lists",
    "placement",
    "task",
    "user",
    "user_basic",
    "user_brief",
    "userfieldconfig",
)
ALL_FEATURES = ("bizproc", "crm_automation_deal", "crm_automation_lead", "crm_automation_order", "tasks_automation")


@dataclass
class User:
    id: int
    name: str
    last_name: str
    email: str
    is_admin: bool = False
    is_active: bool = True
    is_intranet: bool = True
    has_crm: bool = True
    may_see_deals: bool = True
    position: str = ""
    departments: list[int] = field(default_factory=lambda: [1])

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.last_name}".strip()


@dataclass
class App:
    """The card of a local application and what it registered."""

    client_id: str
    client_secret: str
    title: str
    handler_url: str
    install_url: str
    api_only: bool
    scopes: list[str]
    application_token: str
    version: int = 1
    is_present: bool = False  # somebody started to install it
    is_installed: bool = False
    is_paid: bool = True
    is_active: bool = True
    installed_by: int = 1
    allowed_users: list[int] = field(default_factory=list)  # empty = everybody
    handlers: list[dict[str, Any]] = field(default_factory=list)
    placements: list[dict[str, Any]] = field(default_factory=list)
    activities: dict[str, "Registration"] = field(default_factory=dict)  # by lower-case code
    triggers: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def forget_registrations(self) -> None:
        """What a new version and a removal do to everything the old one bound."""
        self.handlers, self.placements, self.activities, self.triggers = [], [], {}, {}


@dataclass
class Registration:
    """A robot or an activity of an application."""

    code: str
    kind: str  # "robot" or "activity"
    handler: str
    name: dict[str, str]
    description: dict[str, str] = field(default_factory=dict)
    auth_user_id: int = 0
    use_subscription: str = ""
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    return_properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    document_type: list[str] | None = None
    filter: dict[str, Any] = field(default_factory=dict)
    use_placement: str = "N"
    placement_handler: str = ""


@dataclass
class StoredFile:
    id: int
    name: str
    content: bytes = field(repr=False)
    mime: str = "application/octet-stream"


@dataclass
class Item:
    """A CRM item; values by original upper-case field names."""

    entity_type_id: int
    id: int
    values: dict[str, Any]


@dataclass
class Portal:
    name: str
    member_id: str
    title: str
    place: str  # the address it lives at: a role of world.ROLES
    users: dict[int, User] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    webhooks: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    features: set[str] = field(default_factory=lambda: set(ALL_FEATURES))
    language: str = "ru"
    has_rest: bool = True
    is_deleted: bool = False
    is_overloaded: bool = False
    is_in_maintenance: bool = False
    confirmations: dict[str, str] = field(default_factory=dict)  # method -> "waiting" or "denied"
    frames: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))
    files: dict[int, StoredFile] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)  # signed download and upload links
    counters: dict[str, Iterator[int]] = field(default_factory=dict)
    event_handler_ids: Iterator[int] = field(default_factory=lambda: itertools.count(200))

    def next_id(self, of: str, first: int = 1) -> int:
        return next(self.counters.setdefault(of, itertools.count(first)))

    def add_file(self, name: str, content: bytes, mime: str) -> StoredFile:
        stored = StoredFile(self.next_id("file", 30577), name, content, mime)
        self.files[stored.id] = stored
        return stored


@dataclass
class Grant:
    """What a token opens."""

    portal: str
    client_id: str
    user_id: int
    scopes: list[str]
    expires: datetime
    used_at: datetime | None = None


def new_token() -> str:
    return secrets.token_hex(35)
