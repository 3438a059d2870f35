"""The worker's lanes: each has its own concurrency, so that jobs of one never wait for those of another."""

from worker.enqueue import CALLS, CLOCK, PEOPLE

DEADLINES = "deadlines"  # an answer at the deadline may not wait until Diadoc has answered a poll
SLOW = "slow"  # what goes through everything at night, and may take hours
EFFECTS = "effects"  # what people are shown: may wait for files, and must not keep calls waiting
OWN_CONCURRENCY = {CLOCK: 2, DEADLINES: 1, SLOW: 1, EFFECTS: 2, PEOPLE: 2}  # that of CALLS is a setting

__all__ = ["CALLS", "CLOCK", "DEADLINES", "EFFECTS", "OWN_CONCURRENCY", "PEOPLE", "SLOW"]
