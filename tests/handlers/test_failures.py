"""Whatever goes wrong becomes a proper answer: the right status, the reader's language, no secret, no traceback."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import logs
from activities.values import Text
from config import Config
from errors import (
    AppError,
    DiadocAuthLost,
    InputInvalid,
    NoAccess,
    PortalAuthLost,
    RateLimited,
    RequestRejected,
    SubscriptionEnded,
    Unavailable,
)
from handlers import Services
from registry.database import Database
from registry.keyring import Keyring
from tests.conftest import SECRET_KEY
from tests.handlers.conftest import services_of


def break_with(app: Flask, error: Exception) -> FlaskClient:
    def fail() -> Any:
        raise error

    app.add_url_rule("/broken", "broken", fail)
    return app.test_client()


SYSTEM = {"system": "Диадок", "method": "X", "detail": "why"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputInvalid(field="a", value="b", hint="c"), 400),
        (Unavailable(**SYSTEM), 503),
        (RateLimited(**SYSTEM), 503),
        (NoAccess(**SYSTEM), 403),
        (PortalAuthLost(**SYSTEM), 403),
        (DiadocAuthLost(**SYSTEM), 403),
        (SubscriptionEnded(**SYSTEM), 502),
        (RequestRejected(**SYSTEM), 502),
    ],
)
def test_a_foreseen_error_has_its_status_and_code(error: AppError, status: int, app: Flask) -> None:
    answer = break_with(app, error).get("/broken", headers={"Accept": "application/json"})

    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["error"]["code"] == error.code


@pytest.mark.parametrize(("language", "text"), [("ru", "Поле «Имя»"), ("en", 'Field "Name"'), ("de", 'Field "Name"')])
def test_an_error_speaks_the_language_that_was_asked_for(language: str, text: str, app: Flask) -> None:
    error = InputInvalid(field=Text(ru="Имя", en="Name"), value="b", hint="")

    answer = break_with(app, error).get("/broken", headers={"Accept-Language": language, "Accept": "text/html"})

    assert answer.mimetype == "text/html"
    assert text in answer.text or text.replace('"', "&#34;") in answer.text


def test_a_fault_of_ours_tells_a_number_and_nothing_else(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logs("json")

    answer = break_with(app, ZeroDivisionError("token=secret-thing")).get("/broken")

    assert answer.status_code == 500
    assert answer.json is not None
    number = answer.json["error"]["number"]
    assert "ZeroDivision" not in answer.text
    assert "secret-thing" not in answer.text
    written = capsys.readouterr().err
    assert number in written
    assert "ZeroDivisionError" in written
    assert "secret-thing" not in written


def test_a_page_without_a_database_asks_to_come_back(config: Config, make_app: Callable[[Services], Flask]) -> None:
    nobody = Database("host=/nowhere user=x dbname=x", Keyring((SECRET_KEY,)))
    client = make_app(services_of(config, nobody)).test_client()

    answer = client.post("/bitrix24/pages/app?LANG=ru", data={"member_id": "1" * 32, "AUTH_ID": "a"})

    assert answer.status_code == 503
    assert "База данных временно недоступна" in answer.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/bitrix24/events", 405)])
def test_what_is_not_there_is_told_in_the_same_form(method: str, path: str, status: int, client: FlaskClient) -> None:
    answer = client.open(path, method=method)

    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json["error"]) == {"code", "text"}


def test_every_answer_has_a_number_to_ask_about(client: FlaskClient) -> None:
    numbers = {client.get(path).headers["X-Request-Id"] for path in ("/healthz", "/nowhere", "/bitrix24/pages/app")}

    assert len(numbers) == 3
    assert all(len(number) == 16 for number in numbers)
