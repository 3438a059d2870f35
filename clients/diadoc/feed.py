"""The feed of a box: everything that happens to its messages, in order, read once by one reader."""

from datetime import datetime

from clients.diadoc.answers import Answer
from clients.diadoc.ids import box_id_on_the_wire
from clients.diadoc.models import Event, EventsPage
from clients.diadoc.models.messages import read_event, read_events_page
from clients.diadoc.ticks import to_ticks
from clients.diadoc.transport import Transport
from errors import ServiceError

PAGE = 100


class Feed(Transport):
    """Needs a user who may see all documents of the box (Employee.sees_all_documents)."""

    def get_new_events(
        self,
        *,
        box_id: str,
        after_index_key: str = "",
        message_types: tuple[str, ...] = (),
        directions: tuple[str, ...] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        department_id: str = "",
        limit: int = PAGE,
    ) -> EventsPage:
        """Events after the one with this key, oldest first. Without a key: from the oldest event of the box, so a
        new reader starts at get_last_event. Events may come late or twice: treat each event_id once.
        message_types: MessageType values; directions: Direction values. Raises RequestRejected on an unknown key."""
        params = {
            "boxId": box_id_on_the_wire(box_id),
            "afterIndexKey": after_index_key,
            "messageType": ",".join(message_types),
            "documentDirection": ",".join(directions),
            "timestampFromTicks": to_ticks(since) if since else None,
            "timestampToTicks": to_ticks(until) if until else None,
            "departmentId": department_id,
            "limit": limit,
        }
        answer = self._get("V8/GetNewEvents", params=params)
        page = read_events_page(answer.json())
        for event in page.events:
            _require_key(answer, event)
        return page

    def get_last_event(self, *, box_id: str) -> Event | None:
        """The newest event, whose index_key is where a new reader starts; None for an empty box."""
        answer = self._get("V2/GetLastEvent", params={"boxId": box_id_on_the_wire(box_id)}, may_be_empty=True)
        if answer.status == 204 or not answer.body:
            return None
        event = read_event(answer.json())
        _require_key(answer, event)
        return event

    def get_event(self, *, box_id: str, event_id: str) -> Event:
        """One event by its id (not by an id of a docflow's event). Raises NotFoundThere."""
        params = {"boxId": box_id_on_the_wire(box_id), "eventId": event_id}
        return read_event(self._get("V3/GetEvent", params=params).json())


def _require_key(answer: Answer, event: Event) -> None:
    """A reader that stored an empty key would start again at the beginning of the box."""
    if not event.index_key or not event.event_id:
        raise answer.failure(ServiceError, detail="an event without its key")
