"""Log lines: one format for ours and the libraries', and no secret in any of them."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

import logs

SECRET = "s3cr3t-Value.42"


@pytest.fixture(autouse=True)
def written_as_json() -> Iterator[None]:
    logs.set_up_logs("json")
    yield
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


NAMES = ["auth", "access_token", "refresh_token", "application_token", "event_token", "AUTH_ID", "REFRESH_ID", "code"]
NAMES += ["password", "client_secret", "Authorization", "token", "metrics_token", "password_sealed", "ddauth_token"]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_under_a_secret_name_is_masked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("something", **{name: SECRET}, inside=[{name: SECRET}])

    (line,) = lines(capsys)
    assert line[name] == logs.MASK
    assert line["inside"] == [{name: logs.MASK}]


@pytest.mark.parametrize(
    "text",
    [
        f"https://oauth.bitrix.info/rest/app.info?auth={SECRET}",
        f"https://portal.example/download?id=7&token={SECRET}&x=1",
        f"/diadoc/callback?code={SECRET}&state={SECRET}",
        f"event_token={SECRET}&auth[access_token]={SECRET}&auth%5Bapplication_token%5D={SECRET}",
        f"AUTH_ID={SECRET}&REFRESH_ID={SECRET}",
        f'{{"access_token": "{SECRET}", "expires_in": 3600}}',
        f"{{'password': '{SECRET}'}}",
        f"Authorization: Bearer {SECRET}",
        f"DiadocAuth ddauth_api_client_id={SECRET},ddauth_token={SECRET}",
        f"Login(login='anna', password='{SECRET}')",
    ],
)
def test_a_secret_inside_a_text_is_masked(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("something", text=text)
    structlog.get_logger().info(text)
    logging.getLogger("a.library").warning("said %s", text)

    assert SECRET not in capsys.readouterr().err


def test_a_traceback_is_masked(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"refresh_token={SECRET}")
    except ValueError:
        structlog.get_logger().exception("broke")
        logging.getLogger("a.library").exception("broke too")

    ours, theirs = lines(capsys)
    assert "ValueError" in ours["exception"]
    assert "ValueError" in theirs["exception"]
    assert SECRET not in ours["exception"] + theirs["exception"]


def test_an_object_is_masked_by_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("something", error=ValueError(f"token={SECRET}"), body=f"token={SECRET}".encode())

    assert SECRET not in capsys.readouterr().err


@pytest.mark.parametrize("code", ["diadoc_send_package", "INN_INVALID", "404"])
def test_codes_of_activities_and_errors_stay_readable(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("call failed", code=code, error_code=code)

    (line,) = lines(capsys)
    assert (line["code"], line["error_code"]) == (code, code)


def test_libraries_and_we_write_the_same_format(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")
    structlog.get_logger().warning("ours", portal_id=7)
    logging.getLogger("a.library").warning("theirs", extra={"portal_id": 7})
    structlog.contextvars.clear_contextvars()

    ours, theirs = lines(capsys)
    assert theirs.pop("logger") == "a.library"
    assert {**ours, "event": "", "timestamp": ""} == {**theirs, "event": "", "timestamp": ""}
    assert ours["level"] == "warning"
    assert ours["request_id"] == "r-1"


def test_a_request_of_a_client_is_not_logged_below_warning(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("urllib3.connectionpool").info("Starting new HTTPS connection")

    assert capsys.readouterr().err == ""


def test_the_console_shows_the_same_facts_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logs("console")

    structlog.get_logger().info("portal installed", portal_id=7, access_token=SECRET)

    shown = capsys.readouterr().err
    assert "portal installed" in shown
    assert "portal_id" in shown
    assert SECRET not in shown


def test_setting_up_twice_does_not_write_twice(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up_logs("json")

    logging.getLogger("a.library").warning("once")

    assert len(lines(capsys)) == 1
