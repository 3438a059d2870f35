"""What happens to calls while the database is away: nothing is lost, and what would be lost is cried out."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import func, select, text

import logs
from config import Config
from handlers import Services
from registry.database import Database
from registry.embedded import EmbeddedPostgres, place_of
from registry.keyring import Keyring
from registry.portals import Installation, Portals
from registry.tables import Call
from tests.conftest import SECRET_KEY, START_SECONDS
from tests.handlers.conftest import services_of, wait_until

URL = "/bitrix24/activities/diadoc_check_requisites"
Form = Callable[..., dict[str, str]]


class Server:
    """A PostgreSQL of this test alone, which can be stopped and started again over the same data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.place = place_of(folder)
        self.start()

    def start(self) -> None:
        self._postgres, ready = EmbeddedPostgres(self._folder), threading.Event()
        self._thread = threading.Thread(target=self._postgres.serve, args=(ready.set,))
        self._thread.start()
        assert ready.wait(START_SECONDS)

    def stop(self) -> None:
        self._postgres.stop()
        self._thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "own")
    Database(server.place.dsn, Keyring((SECRET_KEY,))).upgrade()
    yield server
    server.stop()
    if server.place.user:
        shutil.rmtree(server.place.data.parent, ignore_errors=True)


@pytest.fixture
def services(config: Config, server: Server) -> Iterator[Services]:
    database = Database(server.place.dsn, Keyring((SECRET_KEY,)))
    portal = Installation(
        member_id="0123456789abcdef0123456789abcdef",
        client_endpoint="http://127.0.0.2:1/rest/",
        server_endpoint="http://127.0.0.1:1/rest/",
        application_token="application-token",
        user_id=1,
        access_token="access",
        refresh_token="refresh",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    Portals(database).install(portal)
    yield services_of(config, database)
    database.close()


def number_of_calls(services: Services) -> int:
    services.database.engine.dispose()  # its connections may be from before the outage
    with services.database.session() as session:
        return session.scalar(select(func.count()).select_from(Call)) or 0


def test_a_call_outlives_a_database_that_is_away(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    services.known_portals.warm_up()
    server.stop()

    began = time.monotonic()
    answer = client.post(URL, data=call_form())
    took = time.monotonic() - began

    assert (answer.status_code, answer.text) == (200, "ok")
    assert 2.0 < took < 4.5
    (file,) = services.inbox.waiting()
    assert b"secret-event-token" not in file.read_bytes()
    assert b"7707083893" not in file.read_bytes()

    server.start()

    wait_until(lambda: not services.inbox.waiting())
    services.database.engine.dispose()
    with services.database.session() as session:
        call = session.scalars(select(Call)).one()
        jobs = session.execute(text("select task_name, args from procrastinate_jobs")).all()
    assert call.properties == {"inn": "7707083893"}
    assert services.database.keyring.open(call.event_token_sealed).endswith("secret-event-token")
    assert call.deadline_at - call.received_at == timedelta(hours=1)
    assert jobs == [("execute", {"call_id": call.id})]


def test_a_call_repeated_before_and_after_the_outage_is_one_call(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    client.post(URL, data=call_form())
    server.stop()
    client.post(URL, data=call_form())
    client.post(URL, data=call_form())
    server.start()

    wait_until(lambda: not services.inbox.waiting())
    answer = client.post(URL, data=call_form())

    assert answer.status_code == 200
    assert number_of_calls(services) == 1


def test_a_short_absence_is_waited_for(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    services.known_portals.warm_up()
    server.stop()
    back = threading.Timer(0.3, server.start)
    back.start()

    answer = client.post(URL, data=call_form())
    back.join()

    assert answer.status_code == 200
    wait_until(lambda: number_of_calls(services) == 1)


def test_in_an_outage_the_threads_do_not_all_wait(
    app: Flask, services: Services, server: Server, call_form: Form
) -> None:
    services.known_portals.warm_up()
    server.stop()
    app.test_client().post(URL, data=call_form(event_token="w|A1|first"))

    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda number: app.test_client().post(URL, data=call_form(event_token=f"w|A1|{number}")), range(40)
            )
        )
    took = time.monotonic() - began

    assert {answer.status_code for answer in answers} == {200}
    assert took < 2.5
    assert len(services.inbox.waiting()) == 41


def test_a_forged_call_is_not_kept_while_the_database_is_away(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    services.known_portals.warm_up()
    server.stop()

    answer = client.post(URL, data=call_form(**{"auth[application_token]": "another"}))

    assert answer.status_code == 503
    assert services.inbox.waiting() == []


def test_a_portal_nobody_has_met_cannot_be_verified_without_a_database(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    server.stop()

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 503
    assert services.inbox.waiting() == []


def test_when_neither_database_nor_inbox_takes_a_call_the_alarm_rings(
    client: FlaskClient,
    services: Services,
    server: Server,
    call_form: Form,
    config: Config,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up_logs("json")
    services.known_portals.warm_up()
    config.inbox_dir.parent.mkdir(parents=True, exist_ok=True)
    config.inbox_dir.write_text("a file where the folder should be")
    before = REGISTRY.get_sample_value("b24edo_calls_lost_total") or 0.0
    server.stop()

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 503
    assert REGISTRY.get_sample_value("b24edo_calls_lost_total") == before + 1
    written = capsys.readouterr().err
    assert '"level": "critical"' in written
    assert "secret-" not in written


def test_a_damaged_file_does_not_hold_up_the_others(
    client: FlaskClient, services: Services, server: Server, call_form: Form, config: Config
) -> None:
    services.known_portals.warm_up()
    server.stop()
    client.post(URL, data=call_form())
    damaged = config.inbox_dir / "0000.call"
    damaged.write_text(services.database.keyring.seal('{"no": "call"}'))
    server.start()

    wait_until(lambda: not services.inbox.waiting())

    assert number_of_calls(services) == 1
    assert damaged.with_suffix(".unreadable").exists()


def test_a_call_that_the_database_refuses_is_kept_all_the_same(
    client: FlaskClient, services: Services, server: Server, call_form: Form
) -> None:
    services.known_portals.warm_up()
    with services.database.engine.begin() as connection:
        connection.execute(text("alter table call add constraint never check (code = '') not valid"))

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 200
    assert len(services.inbox.waiting()) == 1
