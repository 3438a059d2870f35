"""One change of a message: it ends as exactly one event in the feed of every box that may see it."""

import json
from copy import copy
from typing import Any

from sandbox.diadoc.feed import Event
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Document, Entity, Message
from sandbox.diadoc.render import messages as render
from sandbox.diadoc.state import World


class Change:
    """A patch in the making: do the work, `touch` what it touches, then `commit` once."""

    def __init__(self, world: World, message: Message, *, author_user: str = "") -> None:
        self.world, self.message, self.author_user = world, message, author_user
        self.id = new_id()
        self.at = world.clock.tick()
        self.entities: list[Entity] = []
        self.touched: dict[str, Document] = {}
        self.entity_patches: list[dict[str, Any]] = []
        self.flags: dict[str, Any] = {}
        self.boxes = set(message.boxes())

    def touch(self, document: Document) -> None:
        self.touched[document.id] = document

    def attach(self, kind: str, attachment_type: str, parent: str, **members: Any) -> Entity:
        """A new entity of the message. Its boxes are all that have the parent, unless told otherwise."""
        members.setdefault("boxes", set(self.message.entities[parent].boxes))
        members.setdefault("author_user", self.author_user)
        entity = Entity(new_id(), kind, attachment_type, parent, self.at, **members)
        self.message.add(entity)
        self.entities.append(entity)
        return entity

    def sign(self, parent: str, box: str, cms: bytes, **members: Any) -> Entity:
        return self.attach("Signature", "", parent, content=cms, signer_box=box, **members)

    def only_in(self, box: str) -> None:
        """The change concerns one box; the other side learns nothing."""
        self.boxes &= {box}

    def commit(self) -> "Change":
        self.message.patched = self.at
        for document in self.touched.values():
            document.modified_at = self.at
        for box in sorted(self.boxes & set(self.message.boxes())):
            documents = [document for document in self.touched.values() if box in document.entity.boxes]
            if self.touched and not documents:  # of documents that have not arrived there yet a box learns nothing
                continue
            body = render.patch_json(self.world, self, box)
            emit(self.world, box, Event(self.id, "", self.at, "Patch", self.message, json.dumps(body), documents))
        return self


class Undo:
    """What a message and its documents were before a change that may be refused half way."""

    def __init__(self, message: Message) -> None:
        revocations = [one.revocation for one in message.documents.values() if one.revocation]
        self._before = [(one, _members(one)) for one in (message, *message.documents.values(), *revocations)]

    def restore(self) -> None:
        for one, members in self._before:
            vars(one).update(members)


def _members(one: Any) -> dict[str, Any]:
    return {name: copy(value) if isinstance(value, list | dict | set) else value for name, value in vars(one).items()}


def announce(world: World, message: Message, box: str) -> None:
    """The first event of a message in a box: the message itself, with the documents that this box has."""
    documents = message.documents_of(box)
    event_id = message.id if world.settings["event_id_is_message_id"] else new_id()
    body = json.dumps(render.message_json(world, message, box))
    emit(world, box, Event(event_id, "", world.clock.tick(), "Message", message, body, documents))


def emit(world: World, box: str, event: Event) -> None:
    stored = world.feeds[box].append(event)
    if world.settings["feed_repeat_events"]:
        world.feeds[box].repeat(stored)
