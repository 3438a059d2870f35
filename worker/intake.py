"""Takes in what comes to a box while its feed is read: new documents of others, and new states of known ones.

Nothing is lost and nothing is taken twice: documents are noted in the transaction that marks their events as seen and
makes the jobs that show them, and one document is one row however often its event comes. Costs grow with what changed:
a request for each hundred documents that changed, none for what only waits.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from activities import incoming
from activities.docflows import Told
from activities.following import BATCH, ask
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import DocumentId, Event
from clients.diadoc.states import Direction, MessageType
from errors import AuthLost, NoAccess, ServiceError, SubscriptionEnded
from registry.incoming import Arrivals
from registry.portal_registry import PortalRegistry
from registry.tables import Box, IncomingDocument
from worker.enqueue import enqueue
from worker.lanes import INCOMING
from worker.running import Running

log = structlog.get_logger()

PAGE = 100
FRESH = timedelta(hours=1)  # a box connected so lately has the documents that came since then
LOOKED_BACK = timedelta(days=2)  # so far a reconciliation reads the feed again, for what came into it late
CHANGED_FOR = timedelta(days=30)  # so long a document that needs nothing of us is looked after: it may be revoked


class Intake:
    """Takes in what comes to one box, for whoever reads its feed."""

    def __init__(self, running: Running, box: Box, client: Callable[[], DiadocClient]) -> None:
        self._running, self._box, self._client = running, box, client
        self._registry = PortalRegistry(running.database, box.portal_id)
        self._arrivals = Arrivals(running.database)
        self._since = box.incoming_since

    def begin(self) -> datetime | None:
        """Follow the portal's setting: from when on documents are taken in, None when they are not."""
        takes = self._registry.settings().takes_incoming
        if takes != (self._since is not None):
            self._since = self._first_moment() if takes else None
            self._running.feeds.take_incoming(self._box.id, self._since)
        return self._since

    def take(self, news: Iterable[Event]) -> None:
        """Note new documents and new states of known ones. Raises errors of Diadoc; then nothing was noted."""
        events = [event for event in news if incoming.is_id(event.message_id)]
        if not events:
            return
        rows = {_address_in(row): row for event in events for row in self._new_rows(event)}
        known = self._arrivals.of_messages(self._box.id, {event.message_id for event in events})
        if not rows and not known:
            return
        asked_at = self._registry.packages.now()
        patched = {event.message_id for event in events if event.is_patch}
        told = self._told([*map(_address, known), *(at for at in rows if at.message_id in patched)])
        for address in rows.keys() & told.keys():
            rows[address] |= _standing(told[address], needs_reply=rows[address]["needs_reply"])
        ours = {one.message_id for one in known} | {address.message_id for address in rows}
        seen = {event.event_id: event.message_id for event in events if event.message_id in ours}
        with self._running.database.session() as session:
            self._note(session, list(rows.values()))
            self._keep(session, known, told, asked_at=asked_at)
            self._running.feeds.keep_seen(session, self._box.id, seen)

    def reconcile(self, department_id: Callable[[], str]) -> None:
        """Ask about what may still change, and read again what the feed may have got late."""
        since, after = self._registry.packages.now() - CHANGED_FOR, 0
        while documents := self._arrivals.to_reconcile(box_pk=self._box.id, since=since, after=after, limit=BATCH):
            after = documents[-1].id
            asked_at = self._registry.packages.now()
            told = self._told([_address(one) for one in documents])
            with self._running.database.session() as session:
                self._keep(session, documents, told, asked_at=asked_at)
        if self._since is not None:
            read_at = self._box.feed_read_at or self._since
            back = min(self._registry.packages.now() - LOOKED_BACK, read_at - FRESH)
            self.read_again(max(back, self._since), department_id())

    def read_again(self, since: datetime, department_id: str) -> None:
        """Take in what has come since that moment and was not seen; the feed's key stays where it is."""
        key = ""
        while True:
            page = self._client().get_new_events(
                box_id=self._box.box_id,
                after_index_key=key,
                message_types=(MessageType.LETTER,),
                directions=(Direction.INBOUND,),
                since=since,
                department_id=department_id,
                limit=PAGE,
            )
            unseen = self._running.feeds.unseen(self._box.id, [event.event_id for event in page.events])
            self.take(event for event in page.events if event.event_id in unseen)
            if not page.events or page.last_index_key == key:
                return
            key = page.last_index_key

    def _first_moment(self) -> datetime:
        now = self._registry.packages.now()
        return self._box.connected_at if now - self._box.connected_at < FRESH else now

    def _new_rows(self, event: Event) -> list[dict[str, Any]]:
        return list(incoming.arrived(event, since=self._since)) if self._since is not None else []

    def _note(self, session: Session, rows: list[dict[str, Any]]) -> None:
        place = {"portal_id": self._box.portal_id, "box_pk": self._box.id}
        for number in self._arrivals.note(session, [place | row for row in rows]):
            log.info("incoming document", box_id=self._box.box_id, incoming_id=number)
            enqueue(session, "take_incoming", queue=INCOMING, incoming_id=number)

    def _keep(
        self,
        session: Session,
        documents: list[IncomingDocument],
        told: dict[DocumentId, Told],
        *,
        asked_at: datetime,
    ) -> None:
        """Those whose state is new are shown again."""
        for document in documents:
            if (now := told.get(_address(document))) is None:
                continue
            values = _standing(now, needs_reply=document.needs_reply)
            if self._arrivals.change(session, document.id, values, asked_at=asked_at):
                enqueue(session, "take_incoming", queue=INCOMING, incoming_id=document.id)

    def _told(self, addresses: list[DocumentId]) -> dict[DocumentId, Told]:
        """What Diadoc refuses to tell for good must not keep the feed from moving: a reconciliation asks again."""
        try:
            return ask(self._client(), addresses, self._box) if addresses else {}
        except ServiceError as error:
            if error.temporary or isinstance(error, AuthLost | SubscriptionEnded | NoAccess):
                raise
            log.error("states of incoming documents not told", box_id=self._box.box_id, detail=str(error))
            return {}


def _standing(told: Told, *, needs_reply: bool) -> dict[str, Any]:
    return incoming.standing(told.document, needs_reply=needs_reply)


def _address(document: IncomingDocument) -> DocumentId:
    return DocumentId(message_id=document.message_id, entity_id=document.entity_id)


def _address_in(row: dict[str, Any]) -> DocumentId:
    return DocumentId(message_id=row["message_id"], entity_id=row["entity_id"])
