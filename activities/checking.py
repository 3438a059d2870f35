"""Everything that can be wrong with a package, found before anything is sent.

Faults are collected, not raised: a person corrects all of them at once. What waiting may cure is raised, so that the
call is tried again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from activities import crm, papers, type_lists
from activities.base import tell
from activities.context import Context
from activities.counteragents import Counteragent, Recipient, Requisites, resolve_from
from activities.document_types import DOCUMENT_TYPES
from activities.fault_fields import fields_of
from activities.our_boxes import usable_box
from activities.papers import Description, Types
from activities.values import Text
from clients.diadoc.answers import SYSTEM
from clients.diadoc.models import DocumentType, DocumentVersion
from errors import (
    ActivityError,
    AppError,
    DiadocAuthLost,
    FileEmpty,
    FileNotFound,
    FileTooLarge,
    FormatOutdated,
    LockNotAllowed,
    NoAccess,
    PackageEmpty,
    RecipientMismatch,
    ServiceError,
    SubscriptionEnded,
    TypeNotAllowed,
)
from registry.tables import Box, Document, Package

_Found = TypeVar("_Found")

LOCKS = {
    "none": Text("Документы не связаны", "Documents are independent"),
    "send": Text("Отправить только вместе", "Send only together"),
    "full": Text("Подписывать только вместе", "Sign only together"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that keeps a package from being sent. document_id: 0 = the recipient or the package as a whole."""

    document_id: int
    error: AppError

    @property
    def code(self) -> str:
        return self.error.code

    @property
    def fields(self) -> tuple[str, ...]:
        """Beside which fields of a form it is shown: names of inputs, "recipient", "box", "file" …"""
        return fields_of(self.error)

    @property
    def ru(self) -> str:
        return self.text("ru")

    @property
    def en(self) -> str:
        return self.text("en")

    def text(self, language: str) -> str:
        """One line for a person."""
        return tell(self.error, language).replace("\n", " ")


class PackageNotReady(ActivityError):
    """A package that fails its check: the first fault's code, the texts of all."""

    ru = "{faults}"
    en = "{faults}"

    def __init__(self, *, code: str, who: str, faults: Any) -> None:
        self.code = code  # type: ignore[misc]
        self.who_must_act = who
        super().__init__(code=code, who=who, faults=faults)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document as it is to be sent.

    metadata: Diadoc's, without FileName; needs_reply: a signature is expected; is_formal: an XML whose metadata and
    FileName Diadoc reads itself; workflow_id: of the box's type list, None when the list is unknown.
    """

    document: Document
    function: str
    version: str
    is_formal: bool
    metadata: dict[str, str] = field(default_factory=dict)
    needs_reply: bool = False
    workflow_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a check found. Without faults box, requisites and counteragent are there; documents in the given order."""

    faults: list[Fault]
    papers: list[Paper]
    box: Box | None
    requisites: Requisites | None
    counteragent: Counteragent | None

    @property
    def is_ready(self) -> bool:
        return not self.faults

    def text(self, language: str) -> str:
        """The faults, a line each."""
        return "\n".join(fault.text(language) for fault in self.faults)

    def error(self) -> PackageNotReady:
        """The faults as one error, to be raised by whoever wanted to send."""
        first = self.faults[0]
        return PackageNotReady(
            code=first.code, who=first.error.who_must_act, faults=Text(self.text("ru"), self.text("en"))
        )


def check_package(
    context: Context, package: Package, documents: list[Document], recipient: Recipient, lock: str = "none"
) -> Checked:
    """Check everything about a package: its documents, its recipient, our box, its lock. Nothing is sent or uploaded.

    recipient: the inputs; without a CRM item in them or under the workflow, the package's own item is looked at.
    lock: "none", "send" or "full". Raises Unavailable and its kin, PortalAuthLost; everything else is a fault.
    """
    check = _Check(context)
    if not documents:
        check.add(PackageEmpty(package_id=package.id))
    recipient = recipient if recipient.crm_item or context.crm_item else replace(recipient, crm_item=package.crm_item)
    box = check.attempt(0, _box, context, recipient)
    found = check.attempt(0, resolve_from, context, box, recipient) if box else None
    requisites, counteragent = found or (None, None)
    if counteragent and counteragent.obstacle:
        check.add(counteragent.obstacle)
    if box and lock == "full":
        check.attempt(0, _ensure_lock, context, box, counteragent)
    types = check.attempt(0, document_types_of, context, box) if box else None
    return Checked(
        faults=check.faults,
        papers=[check.document(document, types, counteragent) for document in documents],
        box=box,
        requisites=requisites,
        counteragent=counteragent,
    )


def document_types_of(context: Context, box: Box) -> tuple[DocumentType, ...]:
    """What the box may send: as read within the last day, else asked of Diadoc and kept."""
    return type_lists.document_types_of(context, box)


class _Check:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.faults: list[Fault] = []

    def add(self, error: AppError, document_id: int = 0) -> None:
        if all((fault.document_id, fault.ru) != (document_id, tell(error, "ru")) for fault in self.faults):
            self.faults.append(Fault(document_id, error))

    def attempt(self, document_id: int, function: Callable[..., _Found], *args: Any) -> _Found | None:
        """What the function returns; None when it raised what is a fault of the package."""
        try:
            return function(*args)
        except (ActivityError, SubscriptionEnded, NoAccess, DiadocAuthLost) as error:
            if error.temporary or not _is_fault(error):
                raise
            self.add(error, document_id)
            return None

    def document(self, document: Document, types: Types | None, counteragent: Counteragent | None) -> Paper:
        for error in _sizes(document):
            self.add(error, document.id)
        described = self.attempt(document.id, _read, self.context, document) or papers.of_document(document)
        if counteragent is not None:
            self.attempt(document.id, _ensure_recipient, described, counteragent)
        version = self.attempt(document.id, _allowed_version, described, types) if types is not None else None
        metadata = self.attempt(document.id, papers.metadata_of, described, version)
        self.attempt(document.id, papers.ensure_vat, described)
        needs_reply = self.attempt(document.id, papers.needs_reply, described, version)
        return Paper(
            document=document,
            function=described.function or "default",
            version=version.version if version else described.version,
            is_formal=DOCUMENT_TYPES[described.document_type].is_formal,
            metadata=metadata or {},
            needs_reply=bool(needs_reply),
            workflow_id=version.default_workflow_id if version else None,
        )


def _is_fault(error: AppError) -> bool:
    """What keeps us from the portal keeps us from checking; what keeps us from Diadoc is found out by it."""
    return not isinstance(error, ServiceError) or error.system == SYSTEM


def _box(context: Context, recipient: Recipient) -> Box:
    return usable_box(context, recipient.for_box, crm.card_if_any(context, recipient.crm_item))


def _ensure_lock(context: Context, box: Box, counteragent: Counteragent | None) -> None:
    if counteragent is not None and counteragent.is_roaming:
        reason = Text("получатель у другого оператора", "the recipient is with another operator")
        raise LockNotAllowed(reason=reason)
    if not context.diadoc(box).get_organization_features(box_id=box.box_id).can_lock_packets:
        reason = Text("это платная возможность, у ящика её нет", "it is a paid feature that the box does not have")
        raise LockNotAllowed(reason=reason)


def _sizes(document: Document) -> Iterator[ActivityError]:
    if document.file_size == 0:
        yield FileEmpty(file_name=document.file_name)
    if document.file_size > papers.LIMIT_BYTES:
        yield FileTooLarge(file_name=document.file_name)


def _read(context: Context, document: Document) -> Description:
    """The paper as it lies in our store, its XML read again. Raises FileNotFound, InputInvalid."""
    described = papers.of_document(document)
    if DOCUMENT_TYPES[described.document_type].is_formal:
        formal = papers.read_xml(context, blob=document.blob, file_name=document.file_name)
        return replace(described, formal=formal)
    try:
        with context.blobs.open(document.blob):
            return described
    except FileNotFoundError as error:
        raise FileNotFound(source=document.file_name) from error


def _ensure_recipient(described: Description, counteragent: Counteragent) -> None:
    """The envelope does not change whom the XML names. Raises RecipientMismatch."""
    named = [party for party in described.formal.recipients if party.inn] if described.formal else []
    if named and not any(
        (one.inn, one.kpp or counteragent.kpp) == (counteragent.inn, counteragent.kpp) for one in named
    ):
        in_file = ", ".join(f"{party.inn}/{party.kpp}".rstrip("/") for party in named)
        in_envelope = f"{counteragent.inn}/{counteragent.kpp}".rstrip("/")
        raise RecipientMismatch(document=described.file_name, in_file=in_file, in_envelope=in_envelope)


def _allowed_version(described: Description, types: Types) -> DocumentVersion:
    """The version that the box sends this paper by. Raises TypeNotAllowed, FormatOutdated."""
    name = DOCUMENT_TYPES[described.document_type].name
    description = next((one for one in types if one.type_named_id == described.document_type), None)
    if description is None or not description.is_external:
        reason = Text("вида нет в списке ящика", "the box's list does not have it")
        raise TypeNotAllowed(document_type=name, reason=reason)
    function = description.function(described.function or "default")
    if function is None:
        reason = Text(f"нет функции {described.function}", f"there is no function {described.function}")
        raise TypeNotAllowed(document_type=name, reason=reason)
    version = papers.allowed_version(described.document_type, described.function, described.version, types)
    if version is not None and version.is_actual:
        return version
    if not function.actual_versions:
        raise TypeNotAllowed(document_type=name, reason=Text("все форматы закрыты", "all its formats are closed"))
    actual = ", ".join(one.version for one in function.actual_versions)
    raise FormatOutdated(document=described.name, version=described.version, actual=actual)
