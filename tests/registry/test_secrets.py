"""Nothing that a log line or a traceback may show holds a secret."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config import ConfigError, read_config
from registry.database import Database
from registry.portals import Installation
from registry.tables import Portal
from tests.registry.test_calls import new_call


def test_settings_do_not_show_their_secrets() -> None:
    key = Fernet.generate_key().decode()
    secrets = {
        "SECRET_KEYS": key,
        "BITRIX24_CLIENT_SECRET": "sesame-1",
        "DIADOC_CLIENT_SECRET": "sesame-2",
        "DIADOC_DEVELOPER_KEY": "sesame-3",
        "METRICS_TOKEN": "sesame-4",
        "DATABASE_URL": "postgresql://somebody:sesame-5@127.0.0.1/base",
    }

    shown = repr(read_config({"PUBLIC_URL": "http://127.0.0.1:1", "BITRIX24_CLIENT_ID": "local.app", **secrets}))

    assert "local.app" in shown
    assert key not in shown
    assert "sesame" not in shown


def test_an_installation_does_not_show_its_tokens() -> None:
    installation = Installation(
        member_id="m",
        client_endpoint="http://127.0.0.1/rest/",
        server_endpoint="http://127.0.0.1/rest/",
        application_token="sesame-1",
        user_id=1,
        access_token="sesame-2",
        refresh_token="sesame-3",
        expires_at=None,
    )

    assert "sesame" not in repr(installation)


def test_an_exchange_must_fit_into_a_polite_stop() -> None:
    settings = {
        "PUBLIC_URL": "http://127.0.0.1:1",
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "BITRIX24_CLIENT_ID": "a",
        "BITRIX24_CLIENT_SECRET": "b",
    }

    with pytest.raises(ConfigError, match="HTTP_TIMEOUT_SECONDS"):
        read_config({**settings, "HTTP_TIMEOUT_SECONDS": "25"})
    assert read_config({**settings, "HTTP_TIMEOUT_SECONDS": "24"}).http_timeout_seconds == 24


def test_an_error_of_the_database_does_not_show_the_values(database: Database) -> None:
    with pytest.raises(DBAPIError) as refused, database.session() as session:
        session.execute(text("select 1 from nothing where word = :word"), {"word": "sesame"})

    assert "nothing" in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_a_new_call_does_not_show_its_event_token(portal: Portal) -> None:
    assert "sesame" not in repr(new_call(portal, "sesame"))
