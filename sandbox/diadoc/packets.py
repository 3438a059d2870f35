"""Packets: which documents travel together. A packet's id changes whenever its documents do."""

from collections.abc import Iterable

from sandbox.diadoc.changes import Change
from sandbox.diadoc.errors import conflict, locked_packet
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.state import World


def join(world: World, documents: Iterable[Document], *, change: Change | None = None) -> None:
    """Merge the whole packets of these documents into one with a new id."""
    together = {id(one): one for document in documents for one in world.packets[document.packet_id]}
    _renumber(world, list(together.values()), change)


def leave(world: World, document: Document, change: Change) -> None:
    """The document gets a packet of its own."""
    if len(world.packets[document.packet_id]) == 1:
        raise conflict("Документ не состоит в пакете с другими документами")  # the text is invented
    world.packets[document.packet_id].remove(document)
    _renumber(world, [document], change)


def _renumber(world: World, documents: list[Document], change: Change | None) -> None:
    if any(world.messages[document.message_id].lock_mode == "Full" for document in documents):
        raise locked_packet()
    packet_id = new_id()
    changes: dict[str, Change] = {change.message.id: change} if change else {}
    for document in documents:
        world.packets.pop(document.packet_id, None)
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
