"""Which kinds of documents a box may send, and which requisites each of them asks for."""

from dataclasses import dataclass
from enum import IntEnum

from clients.diadoc.reading import Item
from clients.diadoc.states import RejectionType


class MetadataType(IntEnum):
    """How the value of a metadata key is written."""

    STRING = 0
    INTEGER = 1
    DECIMAL = 2  # dot as separator
    DATE = 3  # DD.MM.YYYY
    TIME = 4  # hh:mm


class MetadataSource(IntEnum):
    XML = 0  # Diadoc reads it from the document itself: not to be sent
    USER = 1


@dataclass(frozen=True, kw_only=True)
class MetadataItem:
    key: str
    type: int | None  # MetadataType, or a number of the future
    source: int | None  # MetadataSource, or a number of the future
    is_required: bool

    @property
    def is_ours_to_give(self) -> bool:
        """Is it sent in Metadata?"""
        return self.source == MetadataSource.USER


@dataclass(frozen=True, kw_only=True)
class DocumentTitle:
    """One half of a document; index 0 is the sender's."""

    index: int | None
    is_formal: bool
    metadata_items: tuple[MetadataItem, ...]


@dataclass(frozen=True, kw_only=True)
class Workflow:
    workflow_id: int | None
    is_default: bool


@dataclass(frozen=True, kw_only=True)
class DocumentVersion:
    version: str
    is_actual: bool
    rejection_type: str  # RejectionType
    workflows: tuple[Workflow, ...]
    titles: tuple[DocumentTitle, ...]

    @property
    def default_workflow_id(self) -> int | None:
        return next((workflow.workflow_id for workflow in self.workflows if workflow.is_default), None)

    @property
    def sender_title(self) -> DocumentTitle | None:
        return next((title for title in self.titles if title.index == 0), None)


@dataclass(frozen=True, kw_only=True)
class DocumentFunction:
    name: str
    versions: tuple[DocumentVersion, ...]

    def version(self, version: str) -> DocumentVersion | None:
        return next((known for known in self.versions if known.version == version), None)

    @property
    def actual_versions(self) -> tuple[DocumentVersion, ...]:
        return tuple(version for version in self.versions if version.is_actual)


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    type_named_id: str
    title: str  # Russian caption
    is_external: bool  # may go to a counteragent
    requires_fns_registration: bool
    universal_messages_since: str  # as it came, its form is not documented; "" = not told
    functions: tuple[DocumentFunction, ...]

    def function(self, name: str) -> DocumentFunction | None:
        return next((function for function in self.functions if function.name == name), None)


def read_document_type(item: Item) -> DocumentType:
    docflows = item.numbers("SupportedDocflows")
    return DocumentType(
        type_named_id=item.text("Name"),
        title=item.text("Title"),
        is_external=not docflows or 0 in docflows,
        requires_fns_registration=item.flag("RequiresFnsRegistration"),
        universal_messages_since=item.text("UniversalMessagesStartDate"),
        functions=tuple(map(_read_function, item.items("Functions"))),
    )


def _read_function(item: Item) -> DocumentFunction:
    return DocumentFunction(name=item.text("Name"), versions=tuple(map(_read_version, item.items("Versions"))))


def _read_version(item: Item) -> DocumentVersion:
    return DocumentVersion(
        version=item.text("Version"),
        is_actual=item.flag("IsActual"),
        rejection_type=item.enum("RejectionType", RejectionType),
        workflows=tuple(map(_read_workflow, item.items("Workflows"))),
        titles=tuple(map(_read_title, item.items("Titles"))),
    )


def _read_workflow(item: Item) -> Workflow:
    return Workflow(workflow_id=item.number("Id"), is_default=item.flag("IsDefault"))


def _read_title(item: Item) -> DocumentTitle:
    return DocumentTitle(
        index=item.number("Index"),
        is_formal=item.flag("IsFormal"),
        metadata_items=tuple(map(_read_metadata_item, item.items("MetadataItems"))),
    )


def _read_metadata_item(item: Item) -> MetadataItem:
    return MetadataItem(
        key=item.text("Id"),
        type=item.number("Type"),
        source=item.number("Source"),
        is_required=item.flag("IsRequired"),
    )
