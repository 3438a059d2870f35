"""Which openings of pages were taken: the portal's post is good once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from registry.database import Database
from registry.keyring import digest
from registry.tables import PageOpening

KEPT = timedelta(days=1)  # the access token of a post lives an hour, and without it the post is worth nothing


def take_opening(database: Database, portal_id: int, post: str) -> bool:
    """Whether this post opens a page for the first time. post: what tells one from another; only its digest is kept."""
    row = {"digest": digest(f"{portal_id}:{post}"), "portal_id": portal_id}
    taken = insert(PageOpening).values(row).on_conflict_do_nothing().returning(PageOpening.digest)
    with database.session() as session:
        session.execute(delete(PageOpening).where(PageOpening.at < datetime.now(UTC) - KEPT))
        return session.execute(taken).first() is not None
