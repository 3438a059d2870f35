"""Everything the client gives and takes, in the product's words: Diadoc's names end here."""

from clients.diadoc.models.docflows import Docflow, Revocation
from clients.diadoc.models.documents import Document, DocumentId, Origin, StatusText
from clients.diadoc.models.files import DocumentProtocol, Download, GeneratedFile, NotReady
from clients.diadoc.models.messages import Entity, EntityPatch, Event, EventsPage, Message, MessagePatch
from clients.diadoc.models.organizations import (
    AcquiredCounteragent,
    Box,
    Counteragent,
    CounteragentsPage,
    Department,
    Employee,
    Organization,
    OrganizationFeatures,
)
from clients.diadoc.models.posting import (
    DOCUMENTS_LIMIT,
    INLINE_LIMIT_BYTES,
    DocumentToPost,
    MessagePatchToPost,
    MessageToPost,
    ResolutionRequestToPost,
    SignatureToPost,
    SignedXmlToPost,
)
from clients.diadoc.models.types import (
    DocumentFunction,
    DocumentTitle,
    DocumentType,
    DocumentVersion,
    MetadataItem,
    MetadataSource,
    MetadataType,
    Workflow,
)

__all__ = [
    "DOCUMENTS_LIMIT",
    "INLINE_LIMIT_BYTES",
    "AcquiredCounteragent",
    "Box",
    "Counteragent",
    "CounteragentsPage",
    "Department",
    "Docflow",
    "Document",
    "DocumentFunction",
    "DocumentId",
    "DocumentProtocol",
    "DocumentTitle",
    "DocumentToPost",
    "DocumentType",
    "DocumentVersion",
    "Download",
    "Employee",
    "Entity",
    "EntityPatch",
    "Event",
    "EventsPage",
    "GeneratedFile",
    "Message",
    "MessagePatch",
    "MessagePatchToPost",
    "MessageToPost",
    "MetadataItem",
    "MetadataSource",
    "MetadataType",
    "NotReady",
    "Organization",
    "OrganizationFeatures",
    "Origin",
    "ResolutionRequestToPost",
    "Revocation",
    "SignatureToPost",
    "SignedXmlToPost",
    "StatusText",
    "Workflow",
]
