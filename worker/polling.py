"""The clock's jobs that learn what happened in Diadoc: the feed of a box, its invitations, and a slow look at all."""

from worker.boxes import FEED_LOCK, INVITATIONS_LOCK, RECONCILE_LOCK, Look, opened
from worker.feed import BoxReader
from worker.invitations import ask_invitations, waited_for
from worker.running import Running


def poll(running: Running, box_pk: int) -> Look:
    """Read the box's feed to its end, unless another process is doing so."""
    look = Look()
    with opened(running, box_pk, lock=FEED_LOCK, look=look) as box:
        if box is not None and box.index_key is not None:
            BoxReader(running, box, look.package_ids).read(box.index_key)
    return look


def begin_feed(running: Running, box_pk: int) -> None:
    """Read the feed of a box that has sent nothing from now on, for the documents that others send to it."""
    with opened(running, box_pk, lock=FEED_LOCK) as box:
        if box is not None and box.index_key is None:
            BoxReader(running, box).begin()


def reconcile(running: Running, box_pk: int) -> Look:
    """Ask about every document of the box that may still change, for what its feed did not bring."""
    look = Look()
    with opened(running, box_pk, lock=RECONCILE_LOCK, look=look) as box:
        if box is not None:
            BoxReader(running, box, look.package_ids).reconcile()
    return look


def poll_invitations(running: Running, box_pk: int) -> None:
    """Ask what became of the invitations of the box that somebody waits for."""
    with opened(running, box_pk, lock=INVITATIONS_LOCK) as box:
        if box is not None:
            ask_invitations(running, box, waited_for(running, box.id))
