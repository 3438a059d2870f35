"""Answers on their way to a portal: attempted is recorded first, one process at a time, until taken or hopeless."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from registry.database import Database
from registry.tables import Answer, Call

CLAIM = timedelta(seconds=60)  # a process that died while delivering holds an answer no longer than this


class Answers:
    """All answers of all portals. claim: longer than any delivery lasts."""

    def __init__(self, database: Database, claim: timedelta = CLAIM) -> None:
        self._database, self._claim = database, claim

    def get(self, call_id: int) -> Answer | None:
        with self._database.session() as session:
            return session.get(Answer, call_id)

    def claim(self, call_id: int) -> Answer | None:
        """Record an attempt and take the answer for a while; None when it is taken, delivered or closed."""
        free = func.coalesce(Answer.claimed_until, func.now()) <= func.now()
        claimed = (
            update(Answer)
            .where(Answer.call_id == call_id, Answer.state == "open", free)
            .values(
                attempts=Answer.attempts + 1,
                first_attempt_at=func.coalesce(Answer.first_attempt_at, func.now()),
                claimed_until=func.now() + self._claim,
            )
            .returning(Answer)
        )
        with self._database.session() as session:
            return session.scalar(claimed)

    def postpone(self, call_id: int, *, until: datetime, reason: str) -> None:
        later = update(Answer).where(Answer.call_id == call_id, Answer.state == "open")
        with self._database.session() as session:
            session.execute(later.values(claimed_until=None, next_attempt_at=until, state_text=reason))

    def end(self, call_id: int, *, state: str, reason: str = "") -> None:
        """state: delivered, closed (nobody waits for it any more) or undeliverable."""
        ended_at = datetime.now(UTC)
        values = {"state": state, "state_text": reason, "ended_at": ended_at, "claimed_until": None}
        of_call = "undeliverable" if state == "undeliverable" else "answered"
        with self._database.session() as session:
            session.execute(update(Answer).where(Answer.call_id == call_id, Answer.state == "open").values(values))
            ended = update(Call).where(Call.id == call_id, Call.state == "answering")
            session.execute(ended.values(state=of_call, ended_at=ended_at))

    def due(self, limit: int = 500) -> list[int]:
        """Open answers whose time has come and that nobody is delivering right now."""
        free = func.coalesce(Answer.claimed_until, func.now()) <= func.now()
        wanted = select(Answer.call_id).where(Answer.state == "open", Answer.next_attempt_at <= func.now(), free)
        with self._database.session() as session:
            return list(session.scalars(wanted.order_by(Answer.next_attempt_at).limit(limit)))
