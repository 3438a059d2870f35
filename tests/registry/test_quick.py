"""Single quick statements: shared by threads, anew after a break, silent about values."""

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from registry.database import Database, is_away
from registry.quick import QuickStatements


def test_threads_share_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda number: database.quick.row("select $1::int + 1", [number]), range(100)))

    assert rows == [(number + 1,) for number in range(100)]


def test_every_statement_is_a_transaction_of_its_own(database: Database) -> None:
    database.quick.row("insert into tick (job, slot) values ($1, 1) returning 1", ["quick"])

    with database.session() as session:
        assert session.execute(text("select count(*) from tick where job = 'quick'")).scalar() == 1


def test_after_a_break_it_connects_anew(database: Database) -> None:
    assert database.quick.row("select 1") == (1,)
    with psycopg.connect(database.dsn, autocommit=True) as other:
        other.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")

    with pytest.raises(OperationalError) as caught:
        database.quick.row("select 1")

    assert is_away(caught.value)
    assert database.quick.row("select 1") == (1,)


def test_a_refused_statement_leaves_the_connection_in_use(database: Database) -> None:
    before = database.quick.row("select pg_backend_pid()")
    with pytest.raises(DBAPIError) as caught:
        database.quick.row("select $1::int", ["no number"])

    assert not is_away(caught.value)
    assert database.quick.row("select pg_backend_pid()") == before


def test_a_database_that_is_not_there_is_away() -> None:
    with pytest.raises(OperationalError) as caught:
        QuickStatements("host=/nowhere user=x dbname=x").row("select 1")

    assert is_away(caught.value)


def test_a_child_process_opens_its_own_connection(database: Database) -> None:
    ours = database.quick.row("select pg_backend_pid()")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        theirs = database.quick.row("select pg_backend_pid()")
        os.write(writing, repr(theirs).encode())
        os._exit(0)
    os.waitpid(child, 0)

    theirs = os.read(reading, 100).decode()
    os.close(reading)
    os.close(writing)
    assert theirs != repr(ours)
    assert database.quick.row("select pg_backend_pid()") == ours
