"""Reading one box: its feed, and what its feed did not bring. Costs grow with what changed, not with what is waiting.

Nothing of the feed is lost, because its key moves last and stops early:

- The key that is kept is the last one on a page that a *different* key follows. An event that shares its key with
  another one may stand at a page's border, and the key of the first would skip the second; so the last key of a page
  and whatever shares it is read once more, by the next request or the next poll. Such a repeat costs one look-up.
- A page is processed in this order: what Diadoc tells is stored, then one transaction makes the `settle` jobs of all
  waiting calls of the touched packages and marks the events as processed, then the key moves by compare-and-set.
  Killed at any line, the next poll does the same again; a repeated event finds itself marked.
- What the feed brings too late, behind the key, is found by `reconcile`.
"""

from datetime import timedelta
from functools import cached_property

import structlog

from activities.following import BATCH, NotVisibleYet, refresh
from activities.waits import is_over
from clients.diadoc.client import DiadocClient
from clients.diadoc.models import Event, EventsPage
from errors import RequestRejected
from registry.portal_registry import PortalRegistry
from registry.tables import Box, Document
from worker.enqueue import enqueue
from worker.intake import Intake
from worker.lanes import EFFECTS
from worker.running import Running
from worker.settle import pending_of

log = structlog.get_logger()

PAGE = 100
FINAL_FOR = timedelta(days=30)  # so long a finished document is looked after: it may still be revoked


class BoxReader:
    """Reads one box for whoever holds its lock. Its methods raise errors of Diadoc.

    changed: gathers the packages whose docflow changed, also when the reading does not come to its end.
    """

    def __init__(self, running: Running, box: Box, changed: set[int] | None = None) -> None:
        self._running, self._box = running, box
        self._changed = set() if changed is None else changed
        self._registry = PortalRegistry(running.database, box.portal_id)
        self._intake = Intake(running, box, lambda: self._client)

    @cached_property
    def _client(self) -> DiadocClient:
        return self._running.connections.diadoc(self._box)

    def begin(self) -> None:
        """Take the first key of a box that has sent nothing, where documents that come to it are taken in."""
        since = self._intake.begin()
        if since is not None:
            last = self._client.get_last_event(box_id=self._box.box_id)
            self._intake.read_again(since, self._department_id())
            self._running.feeds.begin(self._box.id, last.index_key if last else "")

    def read(self, key: str) -> None:
        """Process everything after the key and move it, until it stands still."""
        self._intake.begin()
        department_id = self._department_id()
        while True:
            page, key = self._page(key, department_id)
            self._process(page.events)
            moved = kept_key(page.events, asked=key)
            if not self._running.feeds.advance(self._box.id, expected=key, index_key=moved):
                log.warning("another reader moved the key", box_id=self._box.box_id)
                return
            if moved == key:
                return
            key = moved

    def reconcile(self) -> None:
        """Refresh what may still change and settle what is over; begun anew when interrupted."""
        since, after = self._registry.packages.now() - FINAL_FOR, 0
        box_pk = self._box.id
        while True:
            documents = self._registry.packages.to_reconcile(box_pk=box_pk, final_since=since, after=after, limit=BATCH)
            if not documents:
                break
            after = documents[-1].id
            try:
                self._refresh(documents)
            except NotVisibleYet as error:
                log.info("left for the feed", detail=str(error))
            self._settle_ended(documents)
        self._intake.reconcile(self._department_id)
        self._running.feeds.reconciled(box_pk)

    def _page(self, key: str, department_id: str) -> tuple[EventsPage, str]:
        """The next page, and the key it was asked by: a key that Diadoc does not know (any more) is replaced."""
        try:
            return self._events(key, department_id), key
        except RequestRejected as error:
            if error.status != 400 or not key:
                raise
            self._events("", department_id)  # raises the same again when it was not the key
            last = self._client.get_last_event(box_id=self._box.box_id)
            fresh = last.index_key if last else ""
            if fresh == key:
                raise
        self._start_over(key, fresh)
        return self._events(fresh, department_id), fresh

    def _events(self, key: str, department_id: str) -> EventsPage:
        return self._client.get_new_events(
            box_id=self._box.box_id, after_index_key=key, department_id=department_id, limit=PAGE
        )

    def _start_over(self, key: str, fresh: str) -> None:
        """A new first key. All documents are asked about before it is stored: a death between loses nothing."""
        log.error("the feed's key is not valid any more", box_id=self._box.box_id)
        self.reconcile()
        self._running.feeds.advance(self._box.id, expected=key, index_key=fresh)

    def _department_id(self) -> str:
        """A user who may not see the whole box has to name the department whose events they want."""
        if self._box.sees_all_documents:
            return ""
        return self._client.get_my_employee(box_id=self._box.box_id).department_id

    def _process(self, events: tuple[Event, ...]) -> None:
        unseen = self._running.feeds.unseen(self._box.id, [event.event_id for event in events])
        news = [event for event in events if event.event_id in unseen]
        try:
            self._follow(news)
        except NotVisibleYet:  # a paper of ours: what came from others need not wait for it
            self._intake.take(news)
            raise
        self._intake.take(news)

    def _follow(self, news: list[Event]) -> None:
        documents = self._touched(news)
        if not documents:
            return
        touched = sorted({document.package_id for document in documents})
        try:
            self._refresh(documents)
        except NotVisibleYet:
            self._settle(touched, {})
            raise
        known = {document.message_id for document in documents} | {
            document.custom_document_id for document in documents
        }
        ours = {event.event_id: event.message_id for event in news if known & named_by(event)}
        self._settle(touched, ours)

    def _touched(self, events: list[Event]) -> list[Document]:
        names = {name for event in events for name in named_by(event)}
        if not names:
            return []
        return self._registry.packages.touched_by(box_pk=self._box.id, message_ids=names, custom_document_ids=names)

    def _refresh(self, documents: list[Document]) -> None:
        changed = refresh(documents, client=self._client, packages=self._registry.packages, box=self._box)
        self._changed |= changed
        if changed:
            log.info("docflow changed", box_id=self._box.box_id, package_ids=sorted(changed))

    def _settle(self, package_ids: list[int], message_of_event: dict[str, str]) -> None:
        """Of all touched packages, changed or not: the change may have been stored by a poll that died after it."""
        with self._running.database.session() as session:
            for call_id in self._running.calls.waiting_for(package_ids=package_ids):
                enqueue(session, "settle", call_id=call_id)
            for package_id in package_ids:
                enqueue(session, "show", queue=EFFECTS, package_id=package_id)
            self._running.feeds.keep_seen(session, self._box.id, message_of_event)

    def _settle_ended(self, documents: list[Document]) -> None:
        package_ids = sorted({document.package_id for document in documents})
        calls = map(self._running.calls.get, self._running.calls.waiting_for(package_ids=package_ids))
        ended = [call.id for call in calls if call and is_over(self._registry, pending_of(call))]
        with self._running.database.session() as session:
            for call_id in ended:
                enqueue(session, "settle", call_id=call_id)


def kept_key(events: tuple[Event, ...], *, asked: str) -> str:
    """The key to go on from: the last that a different key follows, else the one this page was asked by."""
    keys = [event.index_key for event in events]
    before_last = [key for key in keys if key != keys[-1]]
    if not before_last and len(keys) == PAGE:
        log.error("a whole page of events under one key: some may only be found by reconciliation")
        return keys[-1]
    return before_last[-1] if before_last else asked


def named_by(event: Event) -> set[str]:
    """Ids of messages, and of ours for documents, that an event speaks of: a letter names its draft, and a draft its
    letters."""
    carrier = event.message or event.patch
    documents = [entity.document for entity in event.entities if entity.document]
    origins = {document.origin.message_id for document in documents if document.origin}
    names = {event.message_id, *(carrier.letters_of_draft if carrier else ()), *origins}
    names |= {document.custom_document_id for document in documents}
    names |= {event.message.created_from_draft_id} if event.message else set()
    return {name for name in names if name and name.isprintable()}  # what others wrote need not be fit for a query
