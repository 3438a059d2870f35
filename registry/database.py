"""One door to PostgreSQL: the engine of this process, sessions that are transactions, migrations under a lock."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from config import Config
from registry.embedded import place_of
from registry.keyring import Keyring
from registry.quick import QuickStatements

# A dead peer is noticed within half a minute, also when no packet is on its way.
KEEPALIVE: dict[str, Any] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # keepalives do not fire while something sent is not acknowledged
    "connect_timeout": 3,
}
MIGRATION_LOCK = 0x62323465  # any number that nobody else uses


def database_dsn(config: Config) -> str:
    """libpq connection string of the given or the embedded database, keepalives included."""
    given = config.database_url.replace("postgres://", "postgresql://", 1)
    return make_conninfo(given or place_of(config.data_dir).dsn, **KEEPALIVE)


class Database:
    """The database as this process sees it; safe to create before a fork, connects on first use."""

    def __init__(self, dsn: str, keyring: Keyring, pool_size: int = 10) -> None:
        self.dsn = dsn
        self.keyring = keyring
        self.quick = QuickStatements(dsn)
        self._pool_size = pool_size
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def engine(self) -> Engine:
        self._after_fork()
        if self._engine is None:
            self._engine = create_engine(
                "postgresql+psycopg://",
                connect_args=conninfo_to_dict(self.dsn),
                pool_size=self._pool_size,
                max_overflow=self._pool_size,
                pool_timeout=3,
                hide_parameters=True,  # errors reach logs, values may be papers and tokens
            )
        return self._engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by an exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection on which every statement is a transaction of its own: one round trip."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def _after_fork(self) -> None:
        if self._pid != os.getpid():  # connections of the process we came from are not ours
            self._pid, self._engine = os.getpid(), None

    def upgrade(self) -> None:
        """Bring the tables up to date; several processes may do so at once."""
        with self.engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            command.upgrade(_alembic(connection), "head")

    def is_current(self) -> bool:
        """Are the tables at the revision that this code expects?"""
        with self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return current == ScriptDirectory.from_config(_alembic(None)).get_current_head()

    def close(self) -> None:
        self._after_fork()
        if self._engine is not None:
            self._engine.dispose()
        self._engine = None
        self.quick.close()


def _alembic(connection: Connection | None) -> AlembicConfig:
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def is_away(error: Exception) -> bool:
    """Did the database not answer (rather than refuse a statement)? Then the same again may succeed.

    A standby that has not been promoted yet answers "read-only", which is an InternalError.
    """
    if isinstance(error, (OperationalError, InterfaceError, InternalError, NoConnection)):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated
