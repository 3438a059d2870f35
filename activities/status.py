"""The *+status* outputs: where a package or one document stands, from what our registry knows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from activities import states
from activities.context import Context
from activities.states import DocflowState, Revocation, Standing
from activities.waits import revocable
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.states import ResolutionStatus
from registry.tables import Document, Package

REFUSED = (DocflowState.REFUSED, DocflowState.REFUSED_BY_OUR_SIGNER)
GONE = (DocflowState.REVOKED, DocflowState.DELETED)
UNSIGNED_AGAIN = (DocflowState.REVOKED, DocflowState.INVALID_SIGNATURE)


def status_outputs(
    context: Context, package: Package, documents: Sequence[Document], document: Document | None = None
) -> dict[str, Any]:
    """The status of a package, or of one document of it, with `who_must_act`; `documents`: all of the package."""
    shown = [document] if document else list(documents)
    state = _state(package, document) if document else _state_of_all(package, documents)
    needs_reply = states.package_needs_reply(map(standing, shown))
    is_final = states.is_final(state, needs_reply)
    refused = [one.id for one in shown if one.docflow_state in REFUSED]
    return {
        "docflow_state": state.value,
        "state_text": state.text.of(context.language),
        "outcome": states.outcome(state, needs_reply).value,
        "is_final": is_final,
        "documents_count": len(shown),
        "signed_count": sum(_is_signed(one) for one in shown),
        "refused_count": len(refused),
        "document_ids": [one.id for one in shown],
        "document_states": [_state(package, one).value for one in shown],
        "refused_document_ids": refused,
        **_times(shown),
        "refusal_reason": _reasons(shown),
        "waiting_since": None if is_final else _waiting_since(package, document),
        "link": link_to(context, package, _relevant(shown, state)),
        "who_must_act": _who_must_act(state, needs_reply, shown),
    }


def standing(document: Document) -> Standing:
    """What decides the state of a document's package."""
    return Standing(DocflowState(document.docflow_state), document.needs_reply)


def revocation_of(documents: Iterable[Document], document: Document | None = None) -> Revocation:
    """What became of a proposal to revoke a package, or one document of it."""
    shown = [document] if document else revocable(list(documents))
    return states.package_revocation([Revocation(one.revocation_state) for one in shown])


def link_to(context: Context, package: Package, document: Document | None) -> str:
    """Where a person opens the document in Diadoc; "" before it is there. Diadoc does not promise this address."""
    box = context.registry.boxes.get(package.box_pk) if package.box_pk else None
    if box is None or document is None or not document.message_id:
        return ""
    address = f"letterId={document.message_id}&documentId={document.entity_id or ''}"
    web = context.connections.config.diadoc_web_url
    return f"{web}/{box_id_on_the_wire(box.box_id)}/Document/Show?{address}"


def _state_of_all(package: Package, documents: Sequence[Document]) -> DocflowState:
    """From the documents, as whoever waits is told by: the package's own row is summed up a moment after them."""
    if package.state != "sent" or not documents:
        return DocflowState(package.docflow_state)
    return states.package_state([standing(one) for one in documents])


def _state(package: Package, document: Document) -> DocflowState:
    return DocflowState(package.docflow_state if package.state == "deleted" else document.docflow_state)


def _is_signed(document: Document) -> bool:
    """Also with discrepancies, and while a revocation of the signed document is being proposed."""
    return document.signed_by_counteragent_at is not None and document.docflow_state not in UNSIGNED_AGAIN


def _times(documents: Sequence[Document]) -> dict[str, datetime | None]:
    """When the last document got there, None while one has not; those that are out of play do not count."""
    left = [one for one in documents if one.docflow_state not in GONE] or list(documents)
    answering = [one for one in left if one.needs_reply]
    return {
        "signed_by_us_at": _last(one.signed_by_us_at for one in left),
        "sent_at": _last(one.sent_at for one in left),
        "delivered_at": _last(one.delivered_at for one in left),
        "signed_by_counteragent_at": _last(one.signed_by_counteragent_at for one in answering),
    }


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    reached = list(moments)
    known = [moment for moment in reached if moment is not None]
    return max(known) if known and len(known) == len(reached) else None


def _reasons(documents: Sequence[Document]) -> str:
    """Each reason with the document's name, unless there is only one document."""
    if len(documents) == 1:
        return documents[0].refusal_reason
    return "\n".join(f"{one.file_name}: {one.refusal_reason}" for one in documents if one.refusal_reason)


def _waiting_since(package: Package, document: Document | None) -> datetime | None:
    if package.state != "sent":
        return None
    moment = document.changed_at if document else package.waiting_since
    return moment or package.posted_at


def _relevant(documents: Sequence[Document], state: DocflowState) -> Document | None:
    """The first document that makes the package stand where it stands, else the first."""
    deciding = [one for one in documents if one.docflow_state == state]
    return next(iter([*deciding, *documents]), None)


def _who_must_act(state: DocflowState, needs_reply: bool, documents: Sequence[Document]) -> str:
    deciding = [one for one in documents if one.docflow_state == state]
    asked = [one.raw_state.get("resolution_status", "") for one in deciding]
    resolution = next((one for one in asked if one == ResolutionStatus.APPROVEMENT_REQUESTED), "")
    return states.who_must_act(state, needs_reply, resolution)
