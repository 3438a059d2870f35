"""Things that happen later: one thread looks at the clock, a few do what is due."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

HANDS = 32

log = logging.getLogger(__name__)


class Clock:
    """Calls functions at their time. The threads start with the first plan, after gunicorn has forked."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._plans: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._pool: ThreadPoolExecutor | None = None

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        with self._condition:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(HANDS, thread_name_prefix="clock")
                threading.Thread(target=self._watch, args=(self._pool,), daemon=True).start()
            heapq.heappush(self._plans, (time.monotonic() + seconds, next(self._numbers), action))
            self._condition.notify()

    def forget(self) -> None:
        with self._condition:
            self._plans.clear()

    def _watch(self, pool: ThreadPoolExecutor) -> None:
        while True:
            pool.submit(self._next_due()).add_done_callback(_show_failure)

    def _next_due(self) -> Callable[[], object]:
        with self._condition:
            while True:
                wait = self._plans[0][0] - time.monotonic() if self._plans else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._plans)[2]
                self._condition.wait(wait)


def _show_failure(done: Future) -> None:
    failure = done.exception()
    if failure is not None:
        log.error("something planned has failed", exc_info=failure)
