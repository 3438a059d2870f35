"""When a wait is over: told from the registry alone, so that asking costs nothing outside."""

from datetime import datetime

from activities.base import Pending
from activities.states import (
    DocflowState,
    Revocation,
    Standing,
    is_reached,
    package_needs_reply,
    package_revocation,
    package_state,
)
from registry.portal_registry import PortalRegistry
from registry.tables import Document

STILL_INVITED = "invited_by_us"
_WITHOUT_FORCE = (
    DocflowState.REFUSED,
    DocflowState.REFUSED_BY_OUR_SIGNER,
    DocflowState.ROAMING_FAILED,
    DocflowState.INVALID_SIGNATURE,
    DocflowState.DELETED,
)


def is_over(registry: PortalRegistry, pending: Pending) -> bool:
    """Has come what this call waits for, or can it come no more?"""
    if pending.wait_for == "invitation":
        invitation = registry.invitations.get(pending.invitation_id or 0)
        return invitation is None or invitation.status != STILL_INVITED
    documents = waited_for(registry, pending)
    if not documents:
        return True  # removed meanwhile: nothing will ever happen to them
    standings = [Standing(DocflowState(document.docflow_state), document.needs_reply) for document in documents]
    revocation = package_revocation([_revocation(one, pending.since) for one in revocable(documents)])
    return is_reached(pending.wait_for, package_state(standings), package_needs_reply(standings), revocation)


def revocable(documents: list[Document]) -> list[Document]:
    """Without the documents that never came into force: nobody revokes them. All, when there are no others."""
    return [one for one in documents if one.docflow_state not in _WITHOUT_FORCE] or documents


def _revocation(document: Document, since: str) -> Revocation:
    """What became of the proposal to revoke; a rejection of an earlier one says nothing of what is waited for."""
    revocation = Revocation(document.revocation_state)
    is_old = bool(since) and document.changed_at <= datetime.fromisoformat(since)
    return Revocation.NONE if is_old and revocation == Revocation.REJECTED else revocation


def waited_for(registry: PortalRegistry, pending: Pending) -> list[Document]:
    """The documents a wait is about: one, or all of the package."""
    if pending.document_id:
        document = registry.packages.document(pending.document_id)
        return [document] if document else []
    return registry.packages.documents(pending.package_id or 0)
