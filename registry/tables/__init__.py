"""All tables. Texts ending in _sealed are encrypted by the keyring; times are aware, UTC; ids of ours are bigints."""

from registry.tables.base import Table
from registry.tables.boxes import Account, Box, ConsentState, DocflowEvent, Invitation, Signer
from registry.tables.calls import Answer, Call, Step
from registry.tables.clock import Tick
from registry.tables.packages import Document, KeptFile, Package, StateChange
from registry.tables.people import (
    ApiToken,
    CrmMirror,
    CrmRegistry,
    Effect,
    IncomingDocument,
    InvitationItem,
    PackageChange,
    PageOpening,
    PortalSettings,
    PortalWork,
)
from registry.tables.portals import Audit, Portal, PortalToken, ThrottleRow

__all__ = [
    "Account",
    "Answer",
    "ApiToken",
    "Audit",
    "Box",
    "Call",
    "ConsentState",
    "CrmMirror",
    "CrmRegistry",
    "DocflowEvent",
    "Document",
    "Effect",
    "IncomingDocument",
    "Invitation",
    "InvitationItem",
    "KeptFile",
    "Package",
    "PackageChange",
    "PageOpening",
    "Portal",
    "PortalSettings",
    "PortalToken",
    "PortalWork",
    "Signer",
    "StateChange",
    "Step",
    "Table",
    "ThrottleRow",
    "Tick",
]
