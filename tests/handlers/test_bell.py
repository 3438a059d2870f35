"""Workers are woken by calls: soon, once for many, and never at the cost of who waits for an answer."""

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest
from flask.testing import FlaskClient

from registry.database import Database
from registry.tables import Portal

URL = "/bitrix24/activities/diadoc_check_requisites"
Form = Callable[..., dict[str, str]]


@pytest.fixture
def listener(database: Database) -> Iterator[psycopg.Connection]:
    """Listens where the workers listen."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute('listen "procrastinate_queue_v1#calls"')
        yield connection


def test_a_call_wakes_the_workers(
    client: FlaskClient, portal: Portal, listener: psycopg.Connection, call_form: Form
) -> None:
    client.post(URL, data=call_form())

    (ring,) = listener.notifies(timeout=5, stop_after=1)
    assert json.loads(ring.payload)["type"] == "job_inserted"


def test_many_calls_wake_the_workers_a_few_times(
    client: FlaskClient, portal: Portal, listener: psycopg.Connection, call_form: Form
) -> None:
    for number in range(30):
        client.post(URL, data=call_form(event_token=f"w|A|{number}"))

    rings = list(listener.notifies(timeout=1))
    assert 1 <= len(rings) < 15


def test_a_refused_call_wakes_nobody(
    client: FlaskClient, portal: Portal, listener: psycopg.Connection, call_form: Form
) -> None:
    client.post(URL, data=call_form(**{"auth[application_token]": "another"}))

    assert list(listener.notifies(timeout=0.5)) == []
