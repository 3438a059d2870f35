"""Organizations, boxes, counteragents and employees as the product sees them."""

from dataclasses import dataclass
from datetime import datetime

from clients.diadoc.models.documents import DocumentId, read_document_id
from clients.diadoc.reading import Item
from clients.diadoc.states import CounteragentStatus, DocumentAccess, Sociability


@dataclass(frozen=True, kw_only=True)
class Department:
    department_id: str
    parent_department_id: str
    name: str
    kpp: str
    is_disabled: bool


@dataclass(frozen=True, kw_only=True)
class Organization:
    """An organization and its only box (Diadoc: exactly 1 : 1); box_id is "" should it have none."""

    org_id: str
    box_id: str
    inn: str
    kpp: str  # "" for an entrepreneur
    ogrn: str
    name: str
    full_name: str
    box_title: str
    fns_participant_id: str
    organization_type: str
    sociability: str  # Sociability; COUNTERAGENTS_ONLY refuses documents of strangers
    liquidation_date: str  # as it came; "" = not liquidated
    departments: tuple[Department, ...]
    is_active: bool
    is_roaming: bool  # the box lives at another operator
    is_test: bool
    is_pilot: bool
    is_branch: bool
    is_foreign: bool
    is_employee: bool
    has_certificate_to_sign: bool


@dataclass(frozen=True, kw_only=True)
class Box:
    box_id: str
    title: str
    organization: Organization


@dataclass(frozen=True, kw_only=True)
class OrganizationFeatures:
    features: frozenset[str]
    is_blocked: bool

    @property
    def can_lock_packets(self) -> bool:
        """May a packet be sent with LockMode Full? It is a paid feature."""
        return "AllowSendLockedPackets" in self.features


@dataclass(frozen=True, kw_only=True)
class Employee:
    """Who the token acts for, and what they may do in one box."""

    user_id: str
    login: str
    full_name: str
    position: str
    department_id: str
    is_administrator: bool
    document_access: str  # DocumentAccess
    actions: frozenset[str]  # names of what is allowed: CreateDocuments, SignDocuments, ManageCounteragents …

    @property
    def sees_all_documents(self) -> bool:
        """Without it the feed and docflows of the box are closed to this user."""
        return self.document_access == DocumentAccess.ALL


@dataclass(frozen=True, kw_only=True)
class Counteragent:
    organization: Organization
    status: str  # CounteragentStatus
    index_key: str
    changed_at: datetime | None
    message_from_counteragent: str
    message_to_counteragent: str
    invitation_document: DocumentId | None


@dataclass(frozen=True, kw_only=True)
class CounteragentsPage:
    """Up to 100 counteragents; the next page starts after the last one's index_key, an empty page is the end."""

    counteragents: tuple[Counteragent, ...]
    total_count: int | None  # Diadoc counts to 10 000


@dataclass(frozen=True, kw_only=True)
class AcquiredCounteragent:
    box_id: str
    invitation_document: DocumentId | None


def read_organization(item: Item) -> Organization:
    box = next(item.items("Boxes"), Item({}))
    return Organization(
        org_id=item.id("OrgId") or item.id("OrgIdGuid"),
        box_id=box_id_of(box),
        inn=item.text("Inn"),
        kpp=item.text("Kpp"),
        ogrn=item.text("Ogrn"),
        name=item.text("ShortName") or item.text("FullName"),
        full_name=item.text("FullName") or item.text("ShortName"),
        box_title=box.text("Title"),
        fns_participant_id=item.text("FnsParticipantId"),
        organization_type=item.text("OrganizationType"),
        sociability=item.enum("Sociability", Sociability),
        liquidation_date=item.text("LiquidationDate"),
        departments=tuple(map(_read_department, item.items("Departments"))),
        is_active=item.flag("IsActive"),
        is_roaming=item.flag("IsRoaming"),
        is_test=item.flag("IsTest"),
        is_pilot=item.flag("IsPilot"),
        is_branch=item.flag("IsBranch"),
        is_foreign=item.flag("IsForeign"),
        is_employee=item.flag("IsEmployee"),
        has_certificate_to_sign=item.flag("HasCertificateToSign"),
    )


def box_id_of(box: Item) -> str:
    """Both forms may come; the dashed one is the newer."""
    return box.box_id("BoxIdGuid") or box.box_id("BoxId")


def _read_department(item: Item) -> Department:
    return Department(
        department_id=item.id("DepartmentId"),
        parent_department_id=item.id("ParentDepartmentId"),
        name=item.text("Name"),
        kpp=item.text("Kpp"),
        is_disabled=item.flag("IsDisabled"),
    )


def read_box(item: Item) -> Box:
    return Box(
        box_id=box_id_of(item), title=item.text("Title"), organization=read_organization(item.item("Organization"))
    )


def read_features(item: Item) -> OrganizationFeatures:
    block = item.item("BlockStatus")
    manual, automatic = block.item("ManualBlockStatus"), block.item("AutoBlockStatus")
    return OrganizationFeatures(
        features=frozenset(item.texts("Features")), is_blocked=manual.flag("IsBlocked") or automatic.flag("IsBlocked")
    )


def read_employee(item: Item) -> Employee:
    user, permissions = item.item("User"), item.item("Permissions")
    name = user.item("FullName")
    return Employee(
        user_id=user.id("UserId"),
        login=user.text("Login"),
        full_name=" ".join(filter(None, map(name.text, ("LastName", "FirstName", "MiddleName")))),
        position=item.text("Position"),
        department_id=permissions.id("UserDepartmentId"),
        is_administrator=permissions.flag("IsAdministrator"),
        document_access=permissions.enum("DocumentAccessLevel", DocumentAccess),
        actions=frozenset(act.text("Name") for act in permissions.items("Actions") if act.flag("IsAllowed")),
    )


def read_counteragent(item: Item) -> Counteragent:
    return Counteragent(
        organization=read_organization(item.item("Organization")),
        status=item.enum("CurrentStatus", CounteragentStatus),
        index_key=item.text("IndexKey"),
        changed_at=item.moment("LastEventTimestampTicks"),
        message_from_counteragent=item.text("MessageFromCounteragent"),
        message_to_counteragent=item.text("MessageToCounteragent"),
        invitation_document=read_document_id(item.item("InvitationDocumentId")),
    )


def read_counteragents_page(item: Item) -> CounteragentsPage:
    return CounteragentsPage(
        counteragents=tuple(map(read_counteragent, item.items("Counteragents"))), total_count=item.number("TotalCount")
    )


def read_acquired_counteragent(item: Item) -> AcquiredCounteragent:
    return AcquiredCounteragent(
        box_id=item.box_id("BoxId"), invitation_document=read_document_id(item.item("InvitationDocumentId"))
    )
