"""The HTTP door over a real database, with two activities of its own instead of the catalogue."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from werkzeug.serving import make_server

import handlers
import handlers.activities
from activities.base import Activity
from activities.connections import Connections
from activities.fields import Line, label
from activities.values import Text
from config import Config
from handlers import Services
from registry.blobs import BlobStore
from registry.database import Database
from registry.keyring import Keyring
from registry.portals import KnownPortals
from worker.inbox import Inbox


class CheckRequisites(Activity):
    code = "diadoc_check_requisites"
    name = Text(ru="Проверить", en="Check")
    description = Text(ru="Проверить", en="Check")

    class Input(Schema):
        inn = Line(load_default="", metadata=label(ru="ИНН", en="INN"))


class Wait(Activity):
    code = "diadoc_wait"
    name = Text(ru="Дождаться", en="Wait")
    description = Text(ru="Дождаться", en="Wait")
    waits = True


CATALOG = {activity.code: activity for activity in (CheckRequisites(), Wait())}


@pytest.fixture(autouse=True)
def own_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers.activities, "catalog", lambda: CATALOG)


def services_of(config: Config, database: Database) -> Services:
    return Services(
        config=config,
        database=database,
        known_portals=KnownPortals(database),
        inbox=Inbox(config.inbox_dir, Keyring(config.secret_keys)),
        connections=Connections(config, database),
        blobs=BlobStore(config.blob_url),
    )


@pytest.fixture
def make_app() -> Iterator[Callable[[Services], Flask]]:
    """Makes the application of some services; its thread ends with the test."""
    made: list[Flask] = []

    def make(services: Services) -> Flask:
        app = Flask("handlers")
        handlers.register(app, services)
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["upkeep"].stop()


@pytest.fixture
def services(config: Config, database: Database) -> Services:
    return services_of(config, database)


@pytest.fixture
def app(services: Services, make_app: Callable[[Services], Flask]) -> Flask:
    return make_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def call_form() -> Callable[..., dict[str, str]]:
    """Makes the form of a call of the portal in the registry; a value of None leaves the field out."""

    def make(**changes: Any) -> dict[str, str]:
        form = {
            "workflow_id": "6ab5bcfde8e8b0.39728274",
            "code": "diadoc_check_requisites",
            "document_id[0]": "crm",
            "document_id[1]": "CCrmDocumentDeal",
            "document_id[2]": "DEAL_17",
            "document_type[0]": "crm",
            "document_type[1]": "CCrmDocumentDeal",
            "document_type[2]": "DEAL",
            "event_token": "6ab5bcfde8e8b0.39728274|A1|secret-event-token",
            "properties[inn]": "7707083893",
            "use_subscription": "Y",
            "timeout_duration": "0",
            "ts": "1790295294",
            "auth[access_token]": "secret-access-token",
            "auth[refresh_token]": "secret-refresh-token",
            "auth[member_id]": "0123456789abcdef0123456789abcdef",
            "auth[user_id]": "5",
            "auth[application_token]": "application-token",
        }
        changed = {**form, **changes}
        return {name: value for name, value in changed.items() if value is not None}

    return make


class Door:
    """The application on a real socket, as the sandbox and a browser reach it."""

    def __init__(self, config: Config, database: Database, make_app: Callable[[Services], Flask]) -> None:
        self._server = make_server("127.0.0.1", 0, Flask("nothing yet"), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.config, self.database, self._make_app = replace(config, public_url=self.url), database, make_app
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self.opens_with(self.config)
        self._thread.start()

    def opens_with(self, config: Config) -> None:
        """Serve with these settings from now on."""
        self.config = config
        self.services = services_of(config, self.database)
        self.app = self._make_app(self.services)
        self._server.app = self.app

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def door(config: Config, database: Database, make_app: Callable[[Services], Flask]) -> Iterator[Door]:
    door = Door(config, database, make_app)
    yield door
    door.close()


def wait_until(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.03)
