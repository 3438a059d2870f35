"""How fast a portal or a Diadoc account may be asked: one statement on its row, the database's clock, all machines."""

import time
from typing import Any

from sqlalchemy import text

from errors import RateLimited
from registry.database import Database

PATIENCE_SECONDS = 3.0  # a longer wait becomes a delayed retry, not a sleeping thread

# GCRA: arrival_at is when the bucket would be empty again; burst/rate is how far ahead of the clock it may run.
_TAKE = text("""
update throttle set arrival_at = greatest(arrival_at, clock_timestamp()) + make_interval(secs => :cost / rate)
where name = :name
  and coalesce(blocked_until, clock_timestamp()) <= clock_timestamp()
  and not exists (select from throttle m where m.name = :method and m.blocked_until > clock_timestamp())
  and extract(epoch from greatest(arrival_at, clock_timestamp()) - clock_timestamp())
      + (:cost - burst) / rate <= :patience
returning extract(epoch from arrival_at - clock_timestamp()) - burst / rate
""")
_HOW_LONG = text("""
select greatest(
    extract(epoch from greatest(arrival_at, clock_timestamp()) - clock_timestamp()) + (:cost - burst) / rate,
    extract(epoch from blocked_until - clock_timestamp()),
    (select extract(epoch from m.blocked_until - clock_timestamp()) from throttle m where m.name = :method))
from throttle where name = :name
""")
_MAKE = text("insert into throttle (name, rate, burst) values (:name, :rate, :burst) on conflict (name) do nothing")
_BLOCK = text("""
insert into throttle (name, rate, burst, blocked_until)
values (:name, :rate, :burst, clock_timestamp() + make_interval(secs => :seconds))
on conflict (name) do update set blocked_until = greatest(throttle.blocked_until, excluded.blocked_until)
""")


class SqlThrottle:
    """The Throttle of clients/http.py. name: portal:<id> or account:<id>; rate: requests a second; burst: requests."""

    def __init__(self, database: Database, *, system: str, name: str, rate: float, burst: float) -> None:
        self._database, self._system = database, system
        self._name, self._rate, self._burst = name, rate, burst

    def wait_turn(self, method: str, cost: int = 1) -> None:
        asked = {
            "name": self._name,
            "method": f"{self._name}/{method}",
            "cost": float(cost),
            "patience": PATIENCE_SECONDS,
        }
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (wait := self._take(asked)) is None:
            blocked = self._how_long(asked)
            if time.monotonic() + blocked > deadline:
                detail = f"our own limit, free in {blocked:.0f} s"
                raise RateLimited(system=self._system, method=method, detail=detail, retry_after=max(blocked, 1.0))
            time.sleep(max(blocked, 0.05))
        time.sleep(max(wait, 0.0))

    def _take(self, asked: dict[str, Any]) -> float | None:
        with self._database.autocommit() as connection:
            wait = connection.execute(_TAKE, asked).scalar()
            return None if wait is None else float(wait)

    def _how_long(self, asked: dict[str, Any]) -> float:
        with self._database.autocommit() as connection:
            connection.execute(_MAKE, {"name": self._name, "rate": self._rate, "burst": self._burst})
            return max(0.0, float(connection.execute(_HOW_LONG, asked).scalar() or 0))

    def block(self, seconds: float, method: str = "") -> None:
        name = f"{self._name}/{method}" if method else self._name
        asked = {"name": name, "rate": self._rate, "burst": self._burst, "seconds": seconds}
        with self._database.autocommit() as connection:
            connection.execute(_BLOCK, asked)


def set_rate(database: Database, *, name: str, rate: float, burst: float) -> None:
    """Change how fast one portal or account may be asked, from now on and for every process."""
    with database.autocommit() as connection:
        connection.execute(_MAKE, {"name": name, "rate": rate, "burst": burst})
        # What was reserved at the old rate must not hold the new one up.
        changed = text("""
            update throttle set rate = :rate, burst = :burst,
                arrival_at = least(arrival_at, clock_timestamp() + make_interval(secs => :burst / :rate))
            where name = :name""")
        connection.execute(changed, {"name": name, "rate": rate, "burst": burst})
