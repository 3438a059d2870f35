"""Actions on letters that were sent, and on one's own side of any letter: annulling, deleting, moving, packets."""

from collections.abc import Callable
from typing import Any

from sandbox.diadoc import editing, packets, refusing
from sandbox.diadoc.actions import action, chosen, cms, done, find_message, side_box
from sandbox.diadoc.changes import Change
from sandbox.diadoc.model import Document
from sandbox.diadoc.state import World

# --- revocation


def _each(world: World, message_id: str, entity_ids: list[str] | None, work: Callable[..., None]) -> dict[str, Any]:
    message = find_message(world, message_id)
    delivered = [one for one in message.documents.values() if one.delivered_at]
    documents = chosen(message, entity_ids, delivered)
    packets.check_whole(message, documents, delivered, {"Full"})
    change = Change(world, message)
    for document in documents:
        work(change, document)
    return done(change.commit())


@action
def request_revocation(
    world: World, message_id: str, reason: str, side: str = "sender", entity_ids: list[str] | None = None
) -> dict[str, Any]:
    box = side_box(find_message(world, message_id), side)

    def work(change: Change, document: Document) -> None:
        refusing.request_revocation(change, document, box, reason, cms(""))

    return _each(world, message_id, entity_ids, work)


@action
def accept_revocation(
    world: World, message_id: str, side: str = "recipient", entity_ids: list[str] | None = None
) -> dict[str, Any]:
    """side: who accepts."""
    box = side_box(find_message(world, message_id), side)

    def work(change: Change, document: Document) -> None:
        refusing.accept_revocation(change, document, box, cms(""))

    return _each(world, message_id, entity_ids, work)


@action
def reject_revocation(
    world: World, message_id: str, reason: str, side: str = "recipient", entity_ids: list[str] | None = None
) -> dict[str, Any]:
    """side: who rejects."""
    box = side_box(find_message(world, message_id), side)

    def work(change: Change, document: Document) -> None:
        refusing.reject_revocation(change, document, box, reason, cms(""))

    return _each(world, message_id, entity_ids, work)


# --- one's own side


def _own_side(
    world: World,
    message_id: str,
    side: str,
    entity_ids: list[str] | None,
    work: Callable[[Change, str, list[Document]], None],
) -> dict[str, Any]:
    message = find_message(world, message_id)
    box = side_box(message, side)
    change = Change(world, message)
    work(change, box, chosen(message, entity_ids, message.documents_of(box)))
    return done(change.commit())


@action
def delete(world: World, message_id: str, entity_ids: list[str] | None = None, side: str = "sender") -> dict[str, Any]:
    return _own_side(world, message_id, side, entity_ids, editing.delete)


@action
def restore(world: World, message_id: str, entity_ids: list[str] | None = None, side: str = "sender") -> dict[str, Any]:
    return _own_side(world, message_id, side, entity_ids, editing.restore)


@action
def move(
    world: World, message_id: str, department: str, entity_ids: list[str] | None = None, side: str = "sender"
) -> dict[str, Any]:
    def work(change: Change, box: str, documents: list[Document]) -> None:
        editing.move(change, box, documents, department)

    return _own_side(world, message_id, side, entity_ids, work)


@action
def edit_packet(
    world: World,
    message_id: str,
    entity_id: str,
    add: list[list[str]] | None = None,
    remove: list[list[str]] | None = None,
    side: str = "sender",
) -> dict[str, Any]:
    """add, remove: pairs of message id and entity id."""
    message = find_message(world, message_id)
    document = chosen(message, [entity_id], [])[0]
    added, removed = (
        [chosen(find_message(world, one), [entity], [])[0] for one, entity in pairs or []] for pairs in (add, remove)
    )
    change = Change(world, message)
    editing.edit_packet(change, side_box(message, side), document, added, removed)
    return done(change.commit())
