"""Single statements at the least cost: for the one place where a portal waits for every microsecond."""

import os
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.exc import DBAPIError, OperationalError

# Whoever answers a portal meanwhile cannot wait as long as the usual connections do.
IMPATIENT: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 3000}


class QuickStatements:
    """Statements in PostgreSQL's own writing ($1), each a transaction of its own; shared by all threads.

    As many connections are open as threads ask at once. Jobs that these statements insert wake no worker: NOTIFY would
    let only one commit at a time happen. Raises SQLAlchemy's errors, which name no values.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._idle: deque[psycopg.RawCursor[Any]] = deque()
        self._pid = 0

    def row(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of what the statement gives."""
        cursor = self._taken()
        try:
            row = cursor.execute(statement, values, prepare=True).fetchone()
        except psycopg.Error as error:
            if cursor.connection.closed:
                self.close()  # the idle ones are as old as this one
            else:
                self._idle.append(cursor)
            raise _translated(error) from None
        self._idle.append(cursor)
        return row

    def close(self) -> None:
        """Close what is idle; the next statement connects anew."""
        if self._pid != os.getpid():
            return  # connections of the process we came from are not ours to close
        while self._idle:
            try:
                self._idle.pop().connection.close()
            except IndexError:
                return

    def _taken(self) -> "psycopg.RawCursor[Any]":
        if self._pid != os.getpid():
            self._pid, self._idle = os.getpid(), deque()
        try:
            return self._idle.pop()
        except IndexError:
            return self._connected()

    def _connected(self) -> "psycopg.RawCursor[Any]":
        settings = {**conninfo_to_dict(self._dsn), **IMPATIENT}
        try:
            connection = psycopg.connect(autocommit=True, **settings)
            connection.execute("set b24edo.quiet = on")
        except psycopg.Error as error:
            raise _translated(error) from None
        return psycopg.RawCursor(connection)


def _translated(error: psycopg.Error) -> DBAPIError:
    is_about_the_connection = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    kind = OperationalError if is_about_the_connection else DBAPIError
    return kind(None, None, error, hide_parameters=True)
