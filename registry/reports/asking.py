"""How reports ask: beside the work, never for long."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.database import Database

# A report that takes longer is not worth what it takes from calls; sorting in memory is several times as quick as on
# disk; compiling a statement costs more than it saves here.
_LIMITS = text("""
select set_config('statement_timeout', '60s', true), set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true)""")


@contextmanager
def asking(database: Database) -> Iterator[Session]:
    """A session for the statements of a report, limited to a minute each."""
    with database.session() as session:
        session.execute(_LIMITS)
        yield session
