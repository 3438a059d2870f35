"""Packets: which documents travel together. A packet's id changes whenever its documents do."""

from collections.abc import Iterable

from sandbox.diadoc.changes import Change
from sandbox.diadoc.errors import locked_packet
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.state import World


def join(world: World, documents: Iterable[Document], *, change: Change | None = None) -> None:
    """Merge the whole packets of these documents into one with a new id."""
    old = dict.fromkeys(document.packet_id for document in documents)
    together = [document for packet_id in old for document in world.packets[packet_id]]
    _renumber(world, together, change)
    for packet_id in old:
        del world.packets[packet_id]


def leave(world: World, document: Document, change: Change) -> None:
    """The document gets a packet of its own."""
    old = document.packet_id
    _renumber(world, [document], change)
    world.packets[old].remove(document)


def _renumber(world: World, documents: list[Document], change: Change | None) -> None:
    if any(world.messages[document.message_id].lock_mode == "Full" for document in documents):
        raise locked_packet()
    packet_id = new_id()
    changes: dict[str, Change] = {change.message.id: change} if change else {}
    for document in documents:
        document.packet_id = packet_id
        message_id = document.message_id
        changes.setdefault(message_id, Change(world, world.messages[message_id])).touch(document)
    world.packets[packet_id] = documents
    for own in changes.values():
        if own is not change:
            own.commit()


def check_whole(message: Message, documents: Iterable[Document], among: Iterable[Document], modes: set[str]) -> None:
    """Raises 409 when the packet is locked in one of the modes and only a part of `among` is acted on."""
    if message.lock_mode in modes and set(among) - set(documents):
        raise locked_packet()
