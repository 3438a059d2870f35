"""The worker's lanes: each has its own concurrency, so that jobs of one never wait for those of another."""

from worker.enqueue import CALLS, CLOCK, EFFECTS, PEOPLE

DEADLINES = "deadlines"  # an answer at the deadline may not wait until Diadoc has answered a poll
SLOW = "slow"  # what goes through everything at night, and may take hours
INCOMING = "incoming"  # what others send to us, large files too: must not keep our own packages waiting
OWN_CONCURRENCY = {CLOCK: 2, DEADLINES: 1, SLOW: 1, EFFECTS: 2, INCOMING: 1, PEOPLE: 2}  # that of CALLS is a setting

__all__ = ["CALLS", "CLOCK", "DEADLINES", "EFFECTS", "INCOMING", "OWN_CONCURRENCY", "PEOPLE", "SLOW"]
