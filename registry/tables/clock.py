"""What the clock has let through."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from registry.tables.base import Table, set_now


class Tick(Table):
    """Which slot of which clock job was already let through."""

    __tablename__ = "tick"
    job: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = set_now()
