"""The queue's tasks: each only carries an id, the truth is in our tables. With enqueue.py the seam to procrastinate."""

from collections.abc import Callable
from typing import Any

import procrastinate

from registry.database import Database
from worker import (
    deliver,
    effects,
    execute,
    incoming,
    invitations,
    polling,
    register,
    registries,
    reminding,
    settle,
    upkeep,
    works,
)
from worker.lanes import CALLS, CLOCK, DEADLINES, EFFECTS, INCOMING, PEOPLE, SLOW
from worker.running import Running

# A job whose own code broke (our database went away) comes back; calls end by their deadline whatever happens here.
AGAIN = procrastinate.RetryStrategy(max_attempts=200, wait=1, linear_wait=2)


def make_queue(database: Database, running: Running | None = None) -> procrastinate.App:
    """The queue with its tasks; `running` is needed only by who executes them."""
    # A lost database is waited for, not fatal: jobs go on when it is back.
    connector = procrastinate.PsycopgConnector(conninfo=database.dsn, timeout=600, min_size=2, max_size=10)
    queue = procrastinate.App(connector=connector)
    for name, (lane, function) in TASKS.items():
        queue.task(name=name, queue=lane, retry=AGAIN)(_bound(function, running))
    return queue


def _bound(function: Callable[..., object], running: Running | None) -> Callable[..., None]:
    def task(**arguments: Any) -> None:
        if running is None:
            raise RuntimeError("this process only enqueues")
        function(running, **arguments)

    return task


TASKS: dict[str, tuple[str, Callable[..., object]]] = {
    "execute": (CALLS, execute.execute),
    "settle": (CALLS, settle.settle),
    "deliver": (CALLS, deliver.deliver),
    "expire": (DEADLINES, settle.expire),
    "register": (CLOCK, register.register),
    "poll": (CLOCK, polling.poll),
    "begin_feed": (CLOCK, polling.begin_feed),
    "poll_invitations": (CLOCK, polling.poll_invitations),
    "show": (EFFECTS, effects.show),
    "tell_invitation": (EFFECTS, invitations.tell_invitation),
    "take_incoming": (INCOMING, incoming.take_incoming),
    "work": (PEOPLE, works.work),
    "replay": (PEOPLE, works.replay),
    "remind": (EFFECTS, reminding.remind_portal),
    "take_in": (EFFECTS, registries.take_in),
    "look_for_files": (EFFECTS, registries.look_for_files),
    "reconcile": (SLOW, polling.reconcile),
    "look_through_registries": (SLOW, registries.look_through_registries),
    "keep_tokens": (SLOW, upkeep.keep_tokens),
    "tidy": (SLOW, upkeep.tidy),
}
