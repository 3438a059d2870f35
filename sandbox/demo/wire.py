"""What was on the wire, out of the emulators' own logs of requests and of the portal's queue."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import PortalSandbox

Record = dict[str, Any]
Unread = tuple[tuple[str, int], "Exchange"]  # (log, number in it), what it tells
ANSWER = "bizproc.event.send"
PORTAL, AUTH, DIADOC, PRODUCT = "portal", "oauth", "Diadoc", "b24-edo"


@dataclass(frozen=True)
class Exchange:
    """One request and what it was answered. to: who got it; status 0: the connection broke; at: ISO time."""

    to: str
    request: str
    status: int
    at: str = ""

    @property
    def text(self) -> str:
        return f"{self.request} {self.status or '×'}"


class Wire:
    """Remembers how far it has been read."""

    def __init__(self, portal: PortalSandbox, diadoc: DiadocSandbox) -> None:
        self._portal, self._diadoc = portal, diadoc
        self._read: set[tuple[str, int]] = set()

    def news(self) -> list[Exchange]:
        """Everything since the last look: first what the portal's queue delivered, then requests as they arrived."""
        return self._taken([*self._deliveries(), *self._requests()])

    def of_call(self, delivery_id: int) -> list[Exchange]:
        """What belongs to one call of a workflow: its delivery, and all requests up to its answer."""
        delivery = [found for found in self._deliveries() if found[0] == ("queue", delivery_id)]
        requests = self._requests()
        answers = [index for index, (_, exchange) in enumerate(requests) if exchange.request == ANSWER]
        return self._taken([*delivery, *(requests[: answers[0] + 1] if answers else requests)])

    def _taken(self, found: list[Unread]) -> list[Exchange]:
        self._read |= {place for place, _ in found}
        return [exchange for _, exchange in found]

    def _deliveries(self) -> list[Unread]:
        done = [delivery for delivery in self._portal.deliveries() if delivery["is_done"]]
        return self._unread([(("queue", delivery["id"]), _delivered(delivery)) for delivery in done])

    def _requests(self) -> list[Unread]:
        logs = {"portal": (self._portal.requests(), _asked_portal), "diadoc": (self._diadoc.requests(), _asked_diadoc)}
        answered = [
            ((name, number), read(seen))
            for name, (log, read) in logs.items()
            for number, seen in enumerate(log)
            if seen["status"] is not None
        ]
        return sorted(self._unread(answered), key=lambda found: found[1].at)

    def _unread(self, found: list[Unread]) -> list[Unread]:
        return [one for one in found if one[0] not in self._read]


def line(exchanges: list[Exchange]) -> str:
    """Exchanges in one line: runs to the same side together, repetitions counted."""
    runs: list[tuple[str, dict[str, int]]] = []
    for exchange in exchanges:
        if not runs or runs[-1][0] != exchange.to:
            runs.append((exchange.to, {}))
        counts = runs[-1][1]
        counts[exchange.text] = counts.get(exchange.text, 0) + 1
    return " ".join(f"→ {to}: {_counted(counts)}" for to, counts in runs)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(text if count == 1 else f"{text} ×{count}" for text, count in counts.items())


def _delivered(delivery: Record) -> Exchange:
    status = delivery["statuses"][-1] if delivery["statuses"] else 0
    return Exchange(PRODUCT, f"POST {urlsplit(delivery['url']).path}", status)


def _asked_portal(seen: Record) -> Exchange:
    to = AUTH if seen["ids"].get("at") == "auth" else PORTAL
    return Exchange(to, seen["method"], seen["status"], seen["at"])


def _asked_diadoc(seen: Record) -> Exchange:
    return Exchange(DIADOC, seen["path"].lstrip("/"), seen["status"], seen["at"])
