"""How much a portal bears: the leaky bucket of an address and the running time of a method."""

import time
from typing import Any

from sandbox.portal.errors import RestError
from sandbox.portal.world import World

BUCKETS = 10


def pour(world: World, portal: str, source: str) -> None:
    """One call into the bucket of portal and source address. Raises QUERY_LIMIT_EXCEEDED when it is full."""
    burst, rate = world.settings["rate_burst"], world.settings["rate_per_second"]
    level, since = world.buckets.get((portal, source), (0.0, time.monotonic()))
    moment = time.monotonic()
    level = max(0.0, level - (moment - since) * rate)
    if level + 1 > burst:
        world.buckets[portal, source] = (level, moment)
        raise RestError("QUERY_LIMIT_EXCEEDED", "Too many requests", 503)
    world.buckets[portal, source] = (level + 1, moment)


class Operating:
    """Seconds that one method has run for one application of one portal, over ten buckets."""

    def __init__(self, world: World, portal: str, caller: str, method: str) -> None:
        self._spent = world.operating[portal, caller, method.lower()]
        self._width = world.settings["operating_bucket_seconds"]
        self._limit = world.settings["operating_limit_seconds"]
        self._cost = float(world.settings["operating_cost"].get(method, 0.0))

    def check(self) -> None:
        """Raises OPERATION_TIME_LIMIT when an earlier call has crossed the limit."""
        if self.total() > self._limit:
            raise RestError("OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.", 429)

    def book(self, seconds: float) -> None:
        self._spent[self._slot()] += seconds + self._cost

    def total(self) -> float:
        oldest = self._slot() - BUCKETS
        for slot in [slot for slot in self._spent if slot <= oldest]:
            del self._spent[slot]
        return sum(self._spent.values())

    def shown(self) -> dict[str, Any]:
        oldest = min(self._spent, default=self._slot())
        return {
            "operating_reset_at": int((oldest + BUCKETS) * self._width),
            "operating": round(self.total(), 10),
        }

    def _slot(self) -> int:
        return int(time.time() / self._width)
