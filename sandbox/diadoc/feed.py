"""The feed of one box: events in order, under opaque keys, never changed once stored."""

import base64
import random
import struct
from collections import defaultdict
from dataclasses import dataclass, field, replace

from sandbox.diadoc.errors import bad
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.model import Document, Message


@dataclass
class Event:
    """Something that happened to a message. kind: Message or Patch; body: its JSON as it was when it happened."""

    id: str
    key: str
    at: int
    kind: str
    message: Message
    body: str
    documents: list[Document] = field(default_factory=list)
    is_held: bool = False


@dataclass
class DocflowEvent:
    """The same fact as seen by one document, in the other feed."""

    id: str
    key: str
    event: Event
    document: Document
    previous_id: str = ""


class Feed:
    """Grows at its end. Held events keep their place but are not shown, so that they can turn up late."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.docflow_events: list[DocflowEvent] = []
        self._last_docflow: dict[tuple[str, str], DocflowEvent] = {}
        self._positions: dict[str, list[int]] = defaultdict(list)
        self._docflow_positions: dict[str, int] = {}
        self.hold_next = 0
        self.share_next_key = False

    def append(self, event: Event) -> Event:
        if self.share_next_key and self.events:
            event.key = self.events[-1].key
        else:
            event.key = _key(event.at, len(self.events))
        self.share_next_key = False
        event.is_held = self.hold_next > 0
        self.hold_next -= event.is_held
        self._store(event)
        return event

    def _store(self, event: Event) -> None:
        self._positions[event.key].append(len(self.events))
        self.events.append(event)
        for document in event.documents:
            self._append_docflow(event, document)

    def _append_docflow(self, event: Event, document: Document) -> None:
        address = (document.message_id, document.id)
        position = len(self.docflow_events)
        key = _key(event.at, position)
        previous = self._last_docflow.get(address)
        docflow_event = DocflowEvent(new_id(), key, event, document, previous.id if previous else "")
        self._last_docflow[address] = docflow_event
        self._docflow_positions[key] = position
        self.docflow_events.append(docflow_event)

    def repeat(self, event: Event) -> None:
        """The same event once more, under a new key."""
        self._store(replace(event, key=_key(event.at + 1, len(self.events)), documents=[], is_held=False))

    def release(self, *, at_the_end: bool) -> int:
        """Show the held events: where they belong, behind what was read already, or as the newest."""
        held = [event for event in self.events if event.is_held]
        for event in held:
            if at_the_end:
                self._store(replace(event, key=_key(event.at, len(self.events)), is_held=False))
            else:
                event.is_held = False
        return len(held)

    def after(self, key: str, *, same_key: str) -> list[Event]:
        """The events that follow a key. same_key: what becomes of several events under it, `skip` or `repeat`.
        Raises 400 for a key that is not of this feed."""
        if not key:
            return self.events
        positions = self._positions.get(key)
        if positions is None:
            raise bad("cursor must have valid value")
        return self.events[(positions[0] if same_key == "repeat" else positions[-1]) + 1 :]

    def docflow_after(self, key: str) -> list[DocflowEvent]:
        if not key:
            return self.docflow_events
        if key not in self._docflow_positions:
            raise bad("cursor must have valid value")
        return self.docflow_events[self._docflow_positions[key] + 1 :]

    def last_docflow(self, document: Document) -> DocflowEvent:
        return self._last_docflow[document.message_id, document.id]

    def by_id(self, event_id: str) -> Event | None:
        return next((event for event in reversed(self.events) if event.id == event_id and not event.is_held), None)

    def last(self) -> Event | None:
        return next((event for event in reversed(self.events) if not event.is_held), None)


def _key(at: int, position: int) -> str:
    """Grows as bytes; every second one holds a plus or a slash, which a client must escape. The form is invented."""
    while True:
        key = base64.b64encode(struct.pack(">QI", at, position) + random.randbytes(12)).decode()
        if position % 2 or set("+/") & set(key):
            return key
