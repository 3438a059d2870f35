"""Liveness, readiness with reasons, and figures for monitoring."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text, update

from config import Config
from handlers import Services
from registry.database import Database
from registry.keyring import Keyring
from registry.tables import Call, Portal
from tests.conftest import SECRET_KEY
from tests.handlers.conftest import services_of

MakeApp = Callable[[Services], Flask]
CALL_URL = "/bitrix24/activities/diadoc_check_requisites"
NOBODY = Database("host=/nowhere user=x dbname=x", Keyring((SECRET_KEY,)))


def test_the_process_is_alive_even_without_a_database(config: Config, make_app: MakeApp) -> None:
    client = make_app(services_of(config, NOBODY)).test_client()

    assert client.get("/healthz").json == {"status": "ok"}


def test_it_is_ready_when_everything_is_in_place(client: FlaskClient) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "reasons": [], "inbox_files": 0, "queue_seconds": 0.0}


def test_it_is_not_ready_without_a_database(config: Config, make_app: MakeApp) -> None:
    answer = make_app(services_of(config, NOBODY)).test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["reasons"] == ["the database is unreachable"]


def test_it_is_not_ready_with_old_tables(client: FlaskClient, database: Database) -> None:
    with database.engine.begin() as connection:
        head = connection.execute(text("select version_num from alembic_version")).scalar()
        connection.execute(text("update alembic_version set version_num = 'old'"))
    try:
        answer = client.get("/readyz")
    finally:
        with database.engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :head"), {"head": head})

    assert answer.status_code == 503
    assert "b24-edo db upgrade" in answer.text


def test_it_is_not_ready_when_calls_wait_for_a_worker(
    client: FlaskClient, database: Database, portal: Portal, call_form: Callable[..., dict[str, str]]
) -> None:
    client.post(CALL_URL, data=call_form())
    with database.session() as session:
        session.execute(update(Call).values(received_at=datetime.now(UTC) - timedelta(minutes=10)))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "calls wait for a worker" in answer.text


def test_figures_tell_of_calls_and_of_the_database(
    client: FlaskClient, portal: Portal, call_form: Callable[..., dict[str, str]]
) -> None:
    client.post(CALL_URL, data=call_form())

    figures = client.get("/metrics").text

    assert 'b24edo_calls{state="new"} 1.0' in figures
    assert 'b24edo_portals{status="installed"} 1.0' in figures
    assert 'b24edo_jobs{queue="calls"} 1.0' in figures
    assert "b24edo_database_up 1.0" in figures
    assert 'b24edo_calls_received_total{outcome="remembered"}' in figures


def test_figures_come_without_a_database_too(config: Config, make_app: MakeApp) -> None:
    answer = make_app(services_of(config, NOBODY)).test_client().get("/metrics")

    assert answer.status_code == 200
    assert "b24edo_database_up 0.0" in answer.text


def test_figures_hold_nobody_s_names(
    client: FlaskClient, portal: Portal, call_form: Callable[..., dict[str, str]]
) -> None:
    client.post(CALL_URL, data=call_form())
    client.post("/bitrix24/activities/invented_code", data=call_form())

    figures = client.get("/metrics").text

    assert portal.member_id not in figures
    assert "invented_code" not in figures


@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "192.0.2.1", {}, 403),
        ("", "192.0.2.1", {"Authorization": "Bearer "}, 403),
        ("", "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("m-token", "192.0.2.1", {"Authorization": "Bearer m-token"}, 200),
        ("m-token", "192.0.2.1", {"Authorization": "Bearer another"}, 403),
        ("m-token", "192.0.2.1", {}, 403),
        ("m-token", "127.0.0.1", {}, 200),
    ],
)
def test_figures_need_a_token_from_elsewhere(
    token: str,
    address: str,
    headers: dict[str, str],
    status: int,
    config: Config,
    database: Database,
    make_app: MakeApp,
) -> None:
    client = make_app(services_of(replace(config, metrics_token=token), database)).test_client()

    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == status
