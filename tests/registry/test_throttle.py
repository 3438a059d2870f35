import threading
import time

import pytest

from errors import RateLimited
from registry.database import Database
from registry.throttle import SqlThrottle, set_rate


def make(database: Database, *, rate: float, burst: float) -> SqlThrottle:
    return SqlThrottle(database, system="test", name="portal:1", rate=rate, burst=burst)


def test_a_burst_passes_at_once_and_the_rest_keeps_the_rate(database: Database) -> None:
    throttle = make(database, rate=20, burst=10)
    began_at = time.monotonic()

    for _ in range(20):
        throttle.wait_turn("crm.item.get")

    # ten at once, ten more at twenty a second
    assert 0.4 <= time.monotonic() - began_at < 1.5


def test_all_threads_together_keep_the_rate(database: Database) -> None:
    began_at = time.monotonic()
    threads = [
        threading.Thread(target=lambda: [make(database, rate=50, burst=5).wait_turn("m") for _ in range(10)])
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - began_at >= (40 - 5) / 50 * 0.95


def test_a_long_wait_is_refused_with_the_time_to_come_back(database: Database) -> None:
    throttle = make(database, rate=0.1, burst=1)
    throttle.wait_turn("m")

    with pytest.raises(RateLimited) as refused:
        throttle.wait_turn("m")

    assert refused.value.temporary
    assert 8 < (refused.value.retry_after or 0) <= 10


def test_a_refused_wait_takes_no_place_in_the_queue(database: Database) -> None:
    throttle = make(database, rate=0.2, burst=1)
    throttle.wait_turn("m")

    waits = []
    for _ in range(3):
        with pytest.raises(RateLimited) as refused:
            throttle.wait_turn("m")
        waits.append(refused.value.retry_after or 0)

    assert max(waits) <= 5


def test_a_blocked_portal_is_left_alone(database: Database) -> None:
    throttle = make(database, rate=100, burst=100)
    throttle.block(30)

    with pytest.raises(RateLimited) as refused:
        throttle.wait_turn("m")

    assert 25 < (refused.value.retry_after or 0) <= 30


def test_a_short_block_is_waited_out(database: Database) -> None:
    throttle = make(database, rate=100, burst=100)
    throttle.block(0.3)
    began_at = time.monotonic()

    throttle.wait_turn("m")

    assert 0.2 <= time.monotonic() - began_at < 2


def test_a_blocked_method_does_not_stop_the_others(database: Database) -> None:
    throttle = make(database, rate=100, burst=100)
    throttle.block(30, "crm.item.list")

    throttle.wait_turn("crm.item.get")

    with pytest.raises(RateLimited):
        throttle.wait_turn("crm.item.list")


def test_the_rate_can_be_changed_for_everybody(database: Database) -> None:
    throttle = make(database, rate=0.1, burst=1)
    throttle.wait_turn("m")

    set_rate(database, name="portal:1", rate=100, burst=50)

    throttle.wait_turn("m")
