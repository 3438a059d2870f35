"""What a portal answers, in our words. Nothing here shows a signed address by repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class FileRef:
    """A file in a CRM field; url_machine is a secret that lives an hour. Name and size come with the download."""

    id: int
    url_machine: str = field(repr=False)


@dataclass(frozen=True)
class CrmItem:
    """A CRM item of any type; `fields` by camelCase names and, for custom ones, by UF_ names as the portal has them.

    File values in `fields` are FileRef or a tuple of them; ids of nobody are 0; opportunity may be None.
    """

    entity_type_id: int
    id: int
    title: str
    category_id: int
    stage_id: str
    company_id: int
    contact_id: int
    contact_ids: tuple[int, ...]
    my_company_id: int
    assigned_by_id: int
    currency: str
    opportunity: Decimal | None
    fields: Mapping[str, Any] = field(repr=False)

    def files(self, name: str) -> tuple[FileRef, ...]:
        """The files of a file field, empty when it holds none; KeyError when the item has no such field."""
        value = self.fields[name]
        if isinstance(value, FileRef):
            return (value,)
        return tuple(item for item in value if isinstance(item, FileRef)) if isinstance(value, tuple) else ()


@dataclass(frozen=True)
class CrmField:
    """A field of a CRM type. `name` is what items carry it under; type as in the portal: "file", "string", …"""

    name: str
    type: str
    title: str
    is_multiple: bool
    is_required: bool
    is_read_only: bool
    is_custom: bool


@dataclass(frozen=True)
class CrmType:
    """A smart process: `id` names its fields (CRM_16), `entity_type_id` its items.

    flags: those that are on, as the portal names them (isClientEnabled …); parents: kinds that its items are bound to.
    """

    id: int
    entity_type_id: int
    title: str
    flags: frozenset[str] = frozenset()
    parents: tuple[int, ...] = ()


@dataclass(frozen=True)
class UserField:
    """A field that somebody has added to a kind of CRM items. type: as in the portal: "money", "file", …"""

    id: int
    entity_id: str
    name: str
    type: str
    is_multiple: bool
    xml_id: str


@dataclass(frozen=True)
class PortalList:
    """A universal list. type: "lists", "bitrix_processes" or "lists_socnet"."""

    id: int
    type: str
    code: str
    name: str


@dataclass(frozen=True)
class ListField:
    """A field of a universal list. name: as elements carry it (NAME, PROPERTY_951); type: "S", "F", "S:Money", …"""

    name: str
    code: str
    type: str
    title: str
    is_multiple: bool


@dataclass(frozen=True)
class ListElement:
    """An element of a universal list. values: of its properties, a tuple of texts each, in the portal's order."""

    id: int
    code: str
    name: str
    values: Mapping[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True)
class Requisite:
    """Requisites of a company (owner_type_id 4) or a contact (3); texts are "" when empty."""

    id: int
    owner_type_id: int
    owner_id: int
    preset_id: int
    sort: int
    name: str
    inn: str
    kpp: str
    ogrn: str
    company_name: str
    company_full_name: str
    first_name: str
    last_name: str
    second_name: str


@dataclass(frozen=True)
class RequisiteLink:
    """Which requisites an item uses; 0 = none chosen."""

    entity_type_id: int
    entity_id: int
    requisite_id: int
    my_company_requisite_id: int


@dataclass(frozen=True)
class TimelineComment:
    """A comment in an item's timeline; text: BB-code."""

    id: int
    text: str


@dataclass(frozen=True)
class TimelineActivity:
    """An activity in an item's timeline; originator_id and origin_id: the mark of the application that made it."""

    id: int
    owner_type_id: int
    owner_id: int
    subject: str
    is_completed: bool
    responsible_id: int
    originator_id: str
    origin_id: str


@dataclass(frozen=True)
class GeneratedDocument:
    """A document of the CRM document generator; its PDF appears some time after the document.

    pdf_url_machine is "" until then, and for good when is_transformation_error.
    """

    id: int
    title: str
    number: str
    template_id: int
    entity_type_id: int
    entity_id: int
    created_at: datetime | None
    is_transformation_error: bool
    transformation_error: str
    docx_url_machine: str = field(repr=False)
    pdf_url_machine: str = field(repr=False)


@dataclass(frozen=True)
class DriveFile:
    """A file on the Drive; download_url is a secret, detail_url what a person opens, "" where the portal gives none."""

    id: int
    name: str
    size: int
    parent_id: int
    download_url: str = field(repr=False)
    detail_url: str = ""


@dataclass(frozen=True)
class DriveFolder:
    id: int
    name: str
    parent_id: int


@dataclass(frozen=True)
class DriveStorage:
    id: int
    name: str
    root_folder_id: int


@dataclass(frozen=True)
class User:
    id: int
    is_active: bool
    name: str
    last_name: str
    second_name: str
    email: str
    work_position: str
    department_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class WorkflowTemplate:
    """What a designer drew, as a person starts it."""

    id: int
    name: str


@dataclass(frozen=True)
class Department:
    """head_user_id, parent_id: 0 = none."""

    id: int
    name: str
    parent_id: int
    head_user_id: int


@dataclass(frozen=True)
class Task:
    id: int
    title: str
    responsible_id: int


@dataclass(frozen=True)
class Profile:
    """The token's own user."""

    user_id: int
    is_admin: bool
    name: str
    last_name: str


@dataclass(frozen=True)
class AppState:
    """Our application as the portal sees it (its own app.info, not the auth server's)."""

    code: str
    version: int
    status: str
    installed: bool
    payment_expired: bool
    language: str
    license: str


@dataclass(frozen=True)
class MethodState:
    is_existing: bool
    is_available: bool


@dataclass(frozen=True)
class EventBinding:
    event: str
    handler: str
    user_id: int
    is_offline: bool


@dataclass(frozen=True)
class PlacementBinding:
    placement: str
    handler: str
    title: str


@dataclass(frozen=True)
class WorkflowInstance:
    """A running workflow. started_at and others are None when they were not selected."""

    id: str
    template_id: int
    document_id: str
    started_at: datetime | None
    modified_at: datetime | None
    owned_until: datetime | None


class SentState(Enum):
    """What became of a bizproc.event.send."""

    ACCEPTED = "accepted"  # no receipt: steps closed long ago are "accepted" too
    NOT_FOUND = "not_found"  # box portals: the workflow is finished, or not saved yet
    LOCKED = "locked"  # box portals: another process holds the workflow, again in some seconds
    ACCESS_DENIED = "access_denied"


@dataclass(frozen=True)
class EventSent:
    """is_about_plan: the denial speaks of the portal's plan, which a payment cures."""

    state: SentState
    text: str = ""
    is_about_plan: bool = False

    @property
    def is_accepted(self) -> bool:
        return self.state is SentState.ACCEPTED
