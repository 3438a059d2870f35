"""Sending a frozen package to Diadoc: the same body under the same operationId however often it is tried.

When in doubt whether an earlier try got through, Diadoc is asked for our own document ids before anything is posted.
"""

from datetime import UTC, datetime
from typing import Any

from activities.checking import Checked, Paper
from activities.context import Context
from activities.document_types import DOCUMENT_TYPES
from activities.our_boxes import ensure_usable
from activities.values import Text
from clients.diadoc import conflicts
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import DocumentToPost, MessagePatchToPost, MessageToPost, ResolutionRequestToPost
from clients.diadoc.models.posting import INLINE_LIMIT_BYTES
from clients.diadoc.states import LockMode
from errors import (
    AppError,
    BoxNotChosen,
    FileNotFound,
    LockNotAllowed,
    NotFoundThere,
    NotPartner,
    ServiceError,
    Unavailable,
)
from registry.packages import operation_id
from registry.tables import Box, Document, Package

FILE_NAME = "FileName"
SHELF_ROUNDS = 4  # a call lives weeks, an uploaded file seven days
LOCKS = {"none": LockMode.NONE, "send": LockMode.SEND, "full": LockMode.FULL}


def freeze(
    context: Context,
    package: Package,
    checked: Checked,
    *,
    mode: str,
    lock: str,
    to_department_id: str,
    message: str,
    signer: str,
) -> Package:
    """Fix everything that the letter consists of, as it was checked. From here on a repeat renders the same bytes.

    signer: a Diadoc user id or "". checked: without faults.
    """
    assert checked.box is not None  # noqa: S101 - a check without faults has found both
    assert checked.counteragent is not None  # noqa: S101
    return context.registry.packages.freeze(
        package.id,
        sending={
            "to_department_id": to_department_id,
            "signer": signer,
            "documents": {str(paper.document.id): _decided(paper) for paper in checked.papers},
        },
        needs_reply={paper.document.id: paper.needs_reply for paper in checked.papers},
        box_pk=checked.box.id,
        mode=mode,
        lock_mode=lock,
        message=message,
        counteragent=checked.counteragent.facts(),
    )


def _decided(paper: Paper) -> dict[str, Any]:
    is_formal = DOCUMENT_TYPES[paper.document.document_type].is_formal
    metadata = {} if is_formal else {FILE_NAME: paper.document.file_name, **paper.metadata}
    return {
        "function": paper.function,
        "version": paper.version,
        "metadata": metadata,
        "needs_reply": paper.needs_reply,
    }


def post(context: Context, package: Package, *, box: Box, in_doubt: bool) -> Package:
    """Upload and post a frozen package, or find out that it is there already; then it counts as sent.

    in_doubt: an earlier try, perhaps of another call, may have got through.
    Raises temporary ServiceErrors (the package stays frozen) and, when Diadoc refused for good and took nothing (the
    package is open again), NotPartner, LockNotAllowed or the refusal itself.
    """
    client = context.diadoc(box)
    documents = context.registry.packages.documents(package.id)
    found = look_up(client, box, documents) if in_doubt else None
    if found is None:
        try:
            found = _post_anew_if_forgotten(context, client, package, documents, box)
        except AppError as error:
            if not (error.temporary or in_doubt):  # an upload was refused: nothing has been posted
                context.registry.packages.thaw(package.id)
            raise
    context.registry.packages.mark_posted(package.id, **found)
    return _reread(context, package.id)


class _ShelfForgot(Exception):
    """Diadoc no longer has what was uploaded: the same letter has to be posted with fresh names."""


def _post_anew_if_forgotten(
    context: Context, client: DiadocClient, package: Package, documents: list[Document], box: Box
) -> dict[str, Any]:
    for number in range(SHELF_ROUNDS):
        try:
            return _upload_and_post(context, client, package, documents, box=box, again=f":{number}" if number else "")
        except _ShelfForgot:
            continue
    raise Unavailable(system="Диадок", method="PostMessage", detail="uploaded files are forgotten again and again")


def _upload_and_post(
    context: Context, client: DiadocClient, package: Package, documents: list[Document], *, box: Box, again: str
) -> dict[str, Any]:
    large = [document for document in documents if document.file_size > INLINE_LIMIT_BYTES]
    names = {
        document.id: context.step(f"upload:{document.id}{again}", _upload, context, client, document)
        for document in large
    }
    posted: dict[str, Any] = context.step(
        "post_message",
        _post,
        context,
        client,
        package,
        message_of(context, package, documents, box=box, shelf_names=names),
        look=lambda: look_up(client, box, documents),
    )
    return posted


def box_of(context: Context, package: Package) -> Box:
    """The box that a package was sent from. Raises BoxNotChosen when it is gone, and what `ensure_usable` raises."""
    box = context.registry.boxes.get(package.box_pk or 0)
    if box is None:
        raise BoxNotChosen(reason=Text("ящик пакета отключён", "the package's box was disconnected"))
    ensure_usable(box)
    return box


def look_up(client: DiadocClient, box: Box, documents: list[Document]) -> dict[str, Any] | None:
    """Is the package in Diadoc already? Then what mark_posted() wants to know, else None."""
    try:
        first = client.get_documents_by_custom_id(
            box_id=box.box_id, custom_document_id=documents[0].custom_document_id or ""
        )
    except NotFoundThere:
        return None
    if not first:
        return None
    # A sent draft is in two messages; the letter is the younger one.
    newest = max(first, key=lambda one: one.created_at or datetime.min.replace(tzinfo=UTC))
    return _posted(
        newest.message_id,
        client.get_documents_by_message_id(box_id=box.box_id, message_id=newest.message_id),
    )


def message_of(
    context: Context, package: Package, documents: list[Document], *, box: Box, shelf_names: dict[int, str]
) -> MessageToPost:
    """The letter, rendered from frozen rows and bytes alone. Raises FileNotFound when bytes are gone."""
    return MessageToPost(
        from_box_id=box.box_id,
        to_box_id=package.counteragent["box_id"],
        to_department_id=package.sending.get("to_department_id", ""),
        delay_send=package.mode != "draft",
        is_draft=package.mode == "draft",
        lock_mode=LOCKS[package.lock_mode],
        documents=tuple(
            _document(context, package, document, shelf_names.get(document.id, ""), is_first=document is documents[0])
            for document in documents
        ),
    )


def ask_signer(context: Context, package: Package, *, box: Box, diadoc_user_id: str) -> None:
    """Put every document before the chosen signer, among what waits for their signature in Diadoc."""
    requests = tuple(
        ResolutionRequestToPost(entity_id=document.entity_id or "", target_user_id=diadoc_user_id)
        for document in context.registry.packages.documents(package.id)
    )
    patch = MessagePatchToPost(box_id=box.box_id, message_id=package.message_id or "", resolution_requests=requests)
    context.step("ask_signer", _patch, context.diadoc(box), patch, operation_id(package, "ask_signer"))


def _patch(client: DiadocClient, patch: MessagePatchToPost, operation: str) -> bool:
    client.post_message_patch(patch, operation_id=operation)
    return True


def _post(context: Context, client: DiadocClient, package: Package, message: MessageToPost) -> dict[str, Any]:
    try:
        posted = client.post_message(message, operation_id=operation_id(package, "post_message"))
    except ServiceError as error:
        if error.temporary:
            raise
        if conflicts.shelf_file_gone(error):
            raise _ShelfForgot from error
        context.registry.packages.thaw(package.id)
        raise _refusal(package, error) from error
    return _posted(posted.message_id, posted.documents)


def _posted(message_id: str, documents: Any) -> dict[str, Any]:
    entity_ids = {one.custom_document_id: one.entity_id for one in documents if one.custom_document_id}
    packet_id = next((one.packet_id for one in documents if one.packet_id), "")
    return {"message_id": message_id, "packet_id": packet_id, "entity_ids": entity_ids}


def _refusal(package: Package, error: ServiceError) -> Exception:
    if conflicts.only_counteragents(error) or conflicts.blocked_sender(error):
        return NotPartner(name=package.counteragent.get("name", ""))
    if conflicts.lock_full_not_allowed(error) or conflicts.locked_packet(error):
        return LockNotAllowed(reason=error.detail)
    return error


def _document(
    context: Context, package: Package, document: Document, name_on_shelf: str, *, is_first: bool
) -> DocumentToPost:
    decided = package.sending["documents"][str(document.id)]
    comments = [document.comment, package.message if is_first else ""]
    return DocumentToPost(
        type_named_id=document.document_type,
        custom_document_id=document.custom_document_id or "",
        content=None if name_on_shelf else _bytes(context, document),
        name_on_shelf=name_on_shelf,
        function=decided["function"],
        version=decided["version"],
        metadata=decided["metadata"],
        need_recipient_signature=decided["needs_reply"],
        comment="\n".join(filter(None, comments)),
    )


def _upload(context: Context, client: DiadocClient, document: Document) -> str:
    extension = "." + document.file_name.rpartition(".")[2] if "." in document.file_name else ""
    try:
        with context.blobs.open(document.blob) as file:
            return client.shelf_upload(file, extension)
    except FileNotFoundError as error:
        raise FileNotFound(source=document.file_name) from error


def _bytes(context: Context, document: Document) -> bytes:
    try:
        with context.blobs.open(document.blob) as file:
            return file.read()
    except FileNotFoundError as error:
        raise FileNotFound(source=document.file_name) from error


def _reread(context: Context, package_id: int) -> Package:
    package = context.registry.packages.get(package_id)
    assert package is not None  # noqa: S101 - it was locked a moment ago
    return package
