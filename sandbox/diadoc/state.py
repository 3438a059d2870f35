"""The whole state of the sandbox, in memory, under one lock."""

import heapq
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.diadoc import seed
from sandbox.diadoc.clock import Clock
from sandbox.diadoc.errors import Refused, bad, forbidden, not_found
from sandbox.diadoc.feed import Feed
from sandbox.diadoc.ids import guid
from sandbox.diadoc.model import Document, Message
from sandbox.diadoc.seed import Organization, User


@dataclass
class Relation:
    """How one box sees another. status: a CounteragentStatus."""

    status: str
    changed: int
    index_key: str
    to_us: str = ""
    from_us: str = ""


@dataclass
class Operation:
    """One operationId: running, or done with a result that is remembered."""

    started: datetime
    result: Any = None
    is_done: bool = False
    answers: int = 0


@dataclass
class World:
    """Everything. Take `lock` before touching anything; `settle()` first, so that what is due has happened."""

    settings: Mapping[str, Any]
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.clock = Clock()
            self.organizations = {organization.box: organization for organization in seed.ORGANIZATIONS}
            self.users = {user.id: user for user in seed.USERS}
            self.messages: dict[str, Message] = {}
            self.by_custom_id: dict[tuple[str, str], list[Document]] = defaultdict(list)
            self.packets: dict[str, list[Document]] = defaultdict(list)
            self.feeds: dict[str, Feed] = defaultdict(Feed)
            self.relations: dict[tuple[str, str], Relation] = {}
            self.relation_events: dict[str, list[dict[str, Any]]] = defaultdict(list)
            self.operations: dict[tuple[str, str, str], Operation] = {}
            self.tasks: dict[str, Any] = {}
            self.shelves: dict[str, Any] = defaultdict(dict)  # user id -> name -> file
            self.tokens: dict[str, Any] = {}
            self.unpaid: set[str] = set()
            self.counters: dict[tuple[str, ...], int] = defaultdict(int)
            self._pending: list[tuple[datetime, int, Callable[[], object]]] = []
            self._order = 0

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        self._order += 1
        heapq.heappush(self._pending, (self.clock.now() + timedelta(seconds=seconds), self._order, what))

    def settle(self) -> None:
        while self._pending and self._pending[0][0] <= self.clock.now():
            heapq.heappop(self._pending)[2]()

    def count(self, *what: str) -> int:
        """How often this was asked before; the question counts."""
        self.counters[what] += 1
        return self.counters[what] - 1

    # --- who and where

    def organization(self, box_id: str) -> Organization:
        """By any form of a box id. Raises 404 as for a box of another environment."""
        try:
            return self.organizations[guid(box_id)]
        except (ValueError, KeyError):
            raise not_found(f"Organization {box_id[:60]} is not found") from None

    def own_box(self, user: User, box_id: str, name: str = "boxId") -> str:
        """The caller's box. Raises 400 (missing), 404 (no such box), 403 (not his), 402 (not paid)."""
        if not box_id:
            raise bad(f"{name} must be specified")
        box = self.organization(box_id).box
        if box not in user.boxes:
            asked = " Request to admins of Box was created. Please try again later"
            raise forbidden("Access to Box is denied" + ("." + asked if self.settings["access_requests"] else ""))
        if box in self.unpaid:
            raise Refused(402, "Организация не имеет действующей подписки на API")  # the text is invented
        return box

    # --- messages

    def message(self, box: str, message_id: str) -> Message:
        """A message that the box has. Raises 404, also for fresh ones while `fresh_404_reads` lasts."""
        message = self.messages.get(message_id.lower())
        if message is None or box not in message.boxes():
            raise not_found(f"Сообщение {message_id[:60]} не найдено")
        if message.hidden_reads > 0:
            message.hidden_reads -= 1
            raise not_found(f"Сообщение {message_id[:60]} не найдено")
        return message

    def document(self, user: User, box: str, message_id: str, entity_id: str) -> Document:
        """A document that the box has and the user may see. Raises 404, 403."""
        document = self.message(box, message_id).documents.get(entity_id.lower())
        if document is None or box not in document.entity.boxes:
            raise not_found(f"Документ {entity_id[:60]} не найден")
        self.check_department(user, box, document)
        return document

    def check_department(self, user: User, box: str, document: Document) -> None:
        if user.access != "AllDocuments" and document.department(box) != user.department:
            raise forbidden("У вас нет доступа к документу")

    def relation_status(self, box: str, other: str) -> str:
        relation = self.relations.get((box, other))
        return relation.status if relation else "NotInCounteragentList"
