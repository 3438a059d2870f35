"""Following documents after sending: Diadoc is asked where they stand, our registry remembers it.

States are kept per document, because a message may be signed in parts, packets are edited and documents move; what
follows for the package is computed from its documents.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from activities import docflows, letters, states
from activities.context import Context
from activities.docflows import Told
from activities.refusals import refusal_reason
from activities.states import DocflowState, Standing
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Docflow, DocumentId, Message
from clients.diadoc.states import MessageType
from errors import NoAccess, NotFoundThere, Unavailable
from registry.boxes import Feeds
from registry.packages import Packages
from registry.tables import Box, Document, Package

log = structlog.get_logger()

BATCH = 100  # of one GetDocflows
LAG = timedelta(minutes=10)  # so long may a posted document be unknown to Diadoc's reading methods


class NotVisibleYet(Unavailable):
    """Diadoc took a document a moment ago and does not show it yet; all others were refreshed."""


def begin_feed(client: DiadocClient, feeds: Feeds, box: Box) -> None:
    """Take the key from which the box's feed will be read, once; to be done before its first sending.

    Whatever happens to our documents happens after that key. An empty box gives "": then everything that its feed
    will ever hold is read.
    """
    if box.index_key is None:
        last = client.get_last_event(box_id=box.box_id)
        feeds.begin(box.id, last.index_key if last else "")


def refresh_package(context: Context, package: Package) -> Package:
    """Ask Diadoc where a sent package stands; the package as it then is. One that was not sent is left alone.

    Raises errors of Diadoc; NotVisibleYet right after sending.
    """
    registry = context.registry
    box = registry.boxes.get(package.box_pk) if package.box_pk else None
    if package.state != "sent" or box is None:
        return package
    documents = registry.packages.documents(package.id)
    refresh(documents, client=context.diadoc(box), packages=registry.packages, box=box)
    return registry.packages.get(package.id) or package


def refresh(documents: Sequence[Document], *, client: DiadocClient, packages: Packages, box: Box) -> set[int]:
    """Ask Diadoc where documents of one box stand and keep what it says; ids of the packages that changed.

    A hundred at once, as `ask` does. Repeating does no harm, and of two that overlap the
    answer to the later question stays. Raises errors of Diadoc, and NotVisibleYet when a document of a fresh sending
    was not found, after everything else was kept.
    """
    posted = [document for document in documents if document.message_id and document.entity_id]
    changed: set[int] = set()
    missing: list[Document] = []
    for batch in _batches(posted):
        asked_at = packages.now()
        told = _ask(client, batch, box)
        batch, told = _follow_drafts(client, packages, box, batch, told)
        for document in batch:
            if document.id not in told:
                missing.append(document)
                continue
            reason = refusal_reason(client, told[document.id], document, box_id=box.box_id)
            values = docflows.values_of(told[document.id], document, reason=reason)
            if packages.keep_state(document.id, values, asked_at=asked_at):
                changed.add(document.package_id)
        changed |= {number for number in _packages_of(batch) if packages.sum_up(number, summarize)}
    _report_missing(packages, missing)
    return changed


def summarize(documents: list[Document]) -> dict[str, Any]:
    """Where a package stands, from its documents."""
    standings = [Standing(DocflowState(document.docflow_state), document.needs_reply) for document in documents]
    state, needs_reply = states.package_state(standings), states.package_needs_reply(standings)
    values = {
        "docflow_state": state.value,
        "outcome": states.outcome(state, needs_reply).value,
        "is_final": states.is_final(state, needs_reply),
    }
    packets = Counter(document.raw_state["packet_id"] for document in documents if document.raw_state.get("packet_id"))
    return values | ({"packet_id": packets.most_common(1)[0][0]} if packets else {})


def _batches(documents: list[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), BATCH):
        yield documents[start : start + BATCH]


def _packages_of(documents: list[Document]) -> list[int]:
    return sorted({document.package_id for document in documents})


def ask(client: DiadocClient, addresses: Collection[DocumentId], box: Box) -> dict[DocumentId, Told]:
    """What Diadoc tells of documents of one box; without those that it does not know or show. Raises its errors.

    A request for a hundred, where the box's user sees all documents; one for each message, where he does not, or where
    a docflow says too little (see `docflows.falls_short`).
    """
    wanted = list(dict.fromkeys(addresses))
    if not wanted:
        return {}
    if not box.sees_all_documents:
        return _ask_messages(client, wanted, box)
    try:
        found = _docflows(client, wanted, box)
    except NoAccess:
        return _ask_messages(client, wanted, box)
    short = dict.fromkeys(docflow.message_id for docflow in found if docflows.falls_short(docflow))
    whole = {one.document_id: one for message in _messages(client, short, box) for one in message.documents}
    return {one.document_id: docflows.told_by_docflow(one, whole.get(one.document_id)) for one in found}


def _ask(client: DiadocClient, documents: list[Document], box: Box) -> dict[int, Told]:
    """What Diadoc tells, by our document's id."""
    told = ask(client, [_address(document) for document in documents], box)
    return {one.id: told[_address(one)] for one in documents if _address(one) in told}


def _docflows(client: DiadocClient, addresses: list[DocumentId], box: Box) -> list[Docflow]:
    """One unknown document makes Diadoc refuse the whole request: then each half is asked for by itself."""
    try:
        return list(client.get_docflows(box_id=box.box_id, document_ids=addresses))
    except NotFoundThere:
        if len(addresses) < 2:
            return []
    half = len(addresses) // 2
    return _docflows(client, addresses[:half], box) + _docflows(client, addresses[half:], box)


def _ask_messages(client: DiadocClient, addresses: Iterable[DocumentId], box: Box) -> dict[DocumentId, Told]:
    wanted = set(addresses)
    message_ids = dict.fromkeys(address.message_id for address in addresses)
    return {
        one.document_id: docflows.told_by_message(message, one)
        for message in _messages(client, message_ids, box)
        for one in message.documents
        if one.document_id in wanted
    }


def _messages(client: DiadocClient, message_ids: Iterable[str], box: Box) -> Iterator[Message]:
    for message_id in message_ids:
        try:
            yield client.get_message(box_id=box.box_id, message_id=message_id)
        except (NotFoundThere, NoAccess) as error:
            log.info("message not shown", box_id=box.box_id, message_id=message_id, error_code=error.code)


def _address(document: Document) -> DocumentId:
    return DocumentId(message_id=document.message_id or "", entity_id=document.entity_id or "")


def _follow_drafts(
    client: DiadocClient, packages: Packages, box: Box, documents: list[Document], told: dict[int, Told]
) -> tuple[list[Document], dict[int, Told]]:
    """Documents whose draft was sent, under their new addresses and as told there; the others as they are."""
    for package_id in _packages_of([one for one in documents if _is_draft(one, told.get(one.id))]):
        package = packages.get(package_id)
        drafts = {one.id: told[one.id] for one in documents if one.package_id == package_id and one.id in told}
        named = {letter for draft in drafts.values() for letter in draft.letters}
        now = letters.follow_draft(client, packages, package, named=named, box_id=box.box_id) if package else []
        if not now:
            continue
        addresses = {document.id: document.message_id for document in now}
        stayed = {number for number, draft in drafts.items() if draft.document.message_id == addresses[number]}
        moved = [document for document in now if document.id not in stayed]
        log.info("draft became a letter", package_id=package_id, message_id=moved[0].message_id)
        documents = [document for document in documents if document.package_id != package_id] + now
        told = {number: one for number, one in told.items() if number not in drafts}
        told |= {number: _deleted(drafts[number]) for number in stayed} | _ask(client, moved, box)
    return documents, told


def _is_draft(document: Document, told: Told | None) -> bool:
    return told.is_draft if told else document.raw_state.get("message_type") == MessageType.DRAFT


def _deleted(draft: Told) -> Told:
    """A paper that was taken out of the draft before it was sent."""
    return replace(draft, document=replace(draft.document, is_deleted=True))


def _report_missing(packages: Packages, documents: list[Document]) -> None:
    if not documents:
        return
    numbers = [document.id for document in documents]
    log.warning("documents not found in diadoc", count=len(numbers), document_ids=numbers[:20])
    posted = [package.posted_at for package in map(packages.get, _packages_of(documents)) if package]
    if any(moment and packages.now() - moment < LAG for moment in posted):
        raise NotVisibleYet(system="Диадок", method="GetDocflows", detail=f"{len(numbers)} fresh documents not shown")
