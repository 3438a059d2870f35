"""Diadoc's enums by their names. An answer may name a value or number it, and may hold values we have never heard of.

Members are strings: compare what a model carries with them directly (`document.revocation_status ==
RevocationStatus.ACCEPTED`). A value unknown to us stays as it came, a number as its digits.
Source: proto/Documents/Document.proto and its neighbours in the official SDK, June 2026.
"""

from enum import StrEnum
from typing import Any


class Enum(StrEnum):
    """A vendor's enum; its members stand in the order of the protocol's numbers."""

    @classmethod
    def numbers(cls) -> dict[int, str]:
        """The protocol's numbers; an enum whose numbers do not count up from zero says so itself."""
        return dict(enumerate(cls))


def read_enum(values: type[Enum], raw: Any) -> str:
    """A member where the value is known, otherwise the value as text; "" for nothing."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return ""
    if isinstance(raw, str) and raw.lstrip("-").isdecimal() and len(raw) < 10:
        raw = int(raw)
    if isinstance(raw, int):
        return values.numbers().get(raw, str(raw))
    return _BY_NAME[values].get(raw.lower(), raw)


class SenderSignatureStatus(Enum):
    UNKNOWN = "UnknownSenderSignatureStatus"
    WAITING = "WaitingForSenderSignature"
    UNCHECKED = "SenderSignatureUnchecked"
    VALID = "SenderSignatureCheckedAndValid"
    INVALID = "SenderSignatureCheckedAndInvalid"


class RecipientResponseStatus(Enum):
    UNKNOWN = "RecipientResponseStatusUnknown"
    NOT_ACCEPTABLE = "RecipientResponseStatusNotAcceptable"
    WAITING = "WaitingForRecipientSignature"
    SIGNED = "WithRecipientSignature"
    REJECTED = "RecipientSignatureRequestRejected"
    INVALID = "InvalidRecipientSignature"
    PARTIALLY_SIGNED = "WithRecipientPartiallySignature"


class RevocationStatus(Enum):
    UNKNOWN = "UnknownRevocationStatus"
    NONE = "RevocationStatusNone"
    REQUESTED_BY_ME = "RevocationIsRequestedByMe"
    REQUESTS_MINE = "RequestsMyRevocation"
    ACCEPTED = "RevocationAccepted"
    REJECTED = "RevocationRejected"


class RoamingStatus(Enum):
    UNKNOWN = "UnknownRoamingNotificationStatus"
    NONE = "RoamingNotificationStatusNone"
    SUCCESS = "RoamingNotificationStatusSuccess"
    ERROR = "RoamingNotificationStatusError"


class ProxySignatureStatus(Enum):
    UNKNOWN = "UnknownProxySignatureStatus"
    NONE = "ProxySignatureStatusNone"
    WAITING = "WaitingForProxySignature"
    SIGNED = "WithProxySignature"
    REJECTED = "ProxySignatureRejected"
    INVALID = "InvalidProxySignature"


class ReceiptStatus(Enum):
    UNKNOWN = "GeneralReceiptStatusUnknown"
    NOT_ACCEPTABLE = "GeneralReceiptStatusNotAcceptable"
    HAVE_TO_CREATE = "HaveToCreateReceipt"
    WAITING = "WaitingForReceipt"
    FINISHED = "Finished"


class ResolutionStatus(Enum):
    UNKNOWN = "UnknownResolutionStatus"
    NONE = "None"
    APPROVED = "Approved"
    DISAPPROVED = "Disapproved"
    APPROVEMENT_REQUESTED = "ApprovementRequested"
    SIGNATURE_REQUESTED = "SignatureRequested"
    SIGNATURE_DENIED = "SignatureDenied"
    ACTIONS_REQUESTED = "ActionsRequested"

    @classmethod
    def numbers(cls) -> dict[int, str]:
        return dict(enumerate(cls, start=-1))


class DocflowResolution(Enum):
    """How a docflow tells what ResolutionStatus tells in a document: finer, and with other names."""

    UNKNOWN = "UnknownStatus"
    NONE = "None"
    APPROVED = "Approved"
    DISAPPROVED = "Disapproved"
    APPROVEMENT_REQUESTED = "ApprovementRequested"
    APPROVEMENT_SIGNATURE_REQUESTED = "ApprovementSignatureRequested"
    SIGNATURE_REQUESTED = "PrimarySignatureRequested"
    SIGNATURE_REQUEST_REJECTED = "SignatureRequestRejected"
    SIGNED_APPROVING = "SignedWithApprovingSignature"
    SIGNED = "SignedWithPrimarySignature"
    SIGNATURE_DENIED = "PrimarySignatureRejected"
    ACTIONS_REQUESTED = "ActionsRequested"


class Direction(Enum):
    UNKNOWN = "UnknownDocumentDirection"
    INBOUND = "Inbound"
    OUTBOUND = "Outbound"
    INTERNAL = "Internal"


class MessageType(Enum):
    UNKNOWN = "Unknown"
    LETTER = "Letter"
    DRAFT = "Draft"
    TEMPLATE = "Template"


class LockMode(Enum):
    UNKNOWN = "Unknown"
    NONE = "None"
    SEND = "Send"
    FULL = "Full"


class EntityType(Enum):
    UNKNOWN = "UnknownEntityType"
    ATTACHMENT = "Attachment"
    SIGNATURE = "Signature"


class CounteragentStatus(Enum):
    UNKNOWN = "UnknownCounteragentStatus"
    IS_MY_COUNTERAGENT = "IsMyCounteragent"
    INVITES_ME = "InvitesMe"
    IS_INVITED_BY_ME = "IsInvitedByMe"
    REJECTS_ME = "RejectsMe"
    IS_REJECTED_BY_ME = "IsRejectedByMe"
    NOT_IN_LIST = "NotInCounteragentList"

    @classmethod
    def numbers(cls) -> dict[int, str]:
        return dict(zip((0, 1, 2, 3, 5, 6, 7), cls, strict=True))  # the protocol has no number 4


class DocumentAccess(Enum):
    UNKNOWN = "UnknownDocumentAccessLevel"
    DEPARTMENT = "DepartmentOnly"
    DEPARTMENT_AND_BELOW = "DepartmentAndSubdepartments"
    ALL = "AllDocuments"
    SELECTED = "SelectedDepartments"

    @classmethod
    def numbers(cls) -> dict[int, str]:
        return dict(enumerate(cls, start=-1))


class Sociability(Enum):
    ALL = "AllOrganizations"
    COUNTERAGENTS_ONLY = "CounteragentsOnly"


class RejectionType(Enum):
    UNKNOWN = "UnknownSupportedRejectionType"
    NONE = "None"
    TYPE_SPECIFIC = "TypeSpecificRejection"
    UNIVERSAL_MESSAGE = "UniversalMessage"

    @classmethod
    def numbers(cls) -> dict[int, str]:
        return dict(enumerate(cls, start=-1))


class Severity(Enum):
    UNKNOWN = "UnknownSeverity"
    INFO = "Info"
    SUCCESS = "Success"
    WARNING = "Warning"
    ERROR = "Error"


class AttachmentType(Enum):
    """Kinds of entities that we look for; the protocol has some eighty, the others pass through by name or number."""

    UNKNOWN = "UnknownAttachmentType"
    COMMENT = "AttachmentComment"
    DELIVERY_FAILURE = "DeliveryFailureNotification"
    SIGNATURE_REQUEST_REJECTION = "SignatureRequestRejection"
    SIGNATURE_VERIFICATION_REPORT = "SignatureVerificationReport"
    XML_SIGNATURE_REJECTION = "XmlSignatureRejection"
    REVOCATION_REQUEST = "RevocationRequest"
    RESOLUTION_REQUEST_DENIAL = "ResolutionRequestDenial"
    ROAMING_NOTIFICATION = "RoamingNotification"
    UNIVERSAL_MESSAGE = "UniversalMessage"

    @classmethod
    def numbers(cls) -> dict[int, str]:
        return dict(zip((-1, 5, 6, 8, 10, 28, 29, 25, 39, 79), cls, strict=True))


_BY_NAME = {values: {member.lower(): member for member in values} for values in Enum.__subclasses__()}
