"""What the web processes count themselves. Labels come from short lists of ours, never from a request."""

from prometheus_client import Counter, Histogram

CALLS = Counter("b24edo_calls_received", "Calls of robots and activities, by what became of them", ["outcome"])
CALL_SECONDS = Histogram(
    "b24edo_call_seconds",
    "How long a portal waited until its call was taken",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 5),
)
EVENTS = Counter("b24edo_events_received", "Life-cycle events, by name and what became of them", ["event", "outcome"])
PAGES = Counter("b24edo_pages_opened", "Pages opened in Bitrix24, by page and what became of them", ["page", "outcome"])
CONSENTS = Counter("b24edo_diadoc_consents", "Returns from Diadoc's consent page", ["outcome"])
BROKEN = Counter("b24edo_requests_broken", "Requests that failed by a fault of ours", ["room"])
LOST = Counter("b24edo_calls_lost", "Calls that neither the database nor the inbox took: an alarm")

REFUSED = Counter("b24edo_requests_refused", "Requests refused before any room looked at them", ["status"])
