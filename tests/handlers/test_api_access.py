"""Who is served at /api/v1: a living token, so often and no more, of one portal; and what strangers are told."""

import threading
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from handlers.api import access
from registry import api_tokens
from registry.api_tokens import ApiTokens
from registry.database import Database
from registry.portals import Installation, Portals
from registry.tables import Portal
from tests.handlers.api_support import CHECK, Program, filled, keep_file, program
from tests.registry.reckoning import World


@pytest.fixture
def reader(client: FlaskClient, database: Database, portal: Portal) -> Program:
    return program(client, database, portal, "reader")


@pytest.fixture
def stranger(client: FlaskClient, database: Database) -> Program:
    """A program of another portal, which may do everything there."""
    installation = Installation(
        member_id="f" * 32,
        client_endpoint="https://another.bitrix24.ru/rest/",
        server_endpoint="https://oauth.bitrix.info/rest/",
        application_token="another",
        user_id=1,
        access_token="a",
        refresh_token="r",
        expires_at=None,
    )
    return program(client, database, Portals(database).install(installation), "operator")


PATHS = ["/packages", "/documents", "/calls", "/reports", "/boxes", "/activities", "/health"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer b24edo_unknown", "Basic YTpi", "b24edo_x"])
def test_without_a_living_token_nothing_is_told(client: FlaskClient, portal: Portal, path: str, authorization) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = client.get(f"/api/v1{path}", headers=headers)

    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "TOKEN_INVALID"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_is_refused_at_once(reader: Program, database: Database, portal: Portal) -> None:
    before = reader.get("/boxes").status_code
    tokens = ApiTokens(database, portal.id)

    tokens.revoke(tokens.list()[0].id)

    assert (before, reader.get("/boxes").status_code) == (200, 401)


def test_a_reader_may_not_have_anything_done(reader: Program) -> None:
    answer = reader.call(CHECK)

    assert answer.status_code == 403
    assert answer.json["error"]["code"] == "OPERATOR_NEEDED"


def test_what_belongs_to_another_portal_does_not_exist(
    reader: Program, stranger: Program, services, database: Database, portal: Portal
) -> None:
    world = filled(database, portal)
    file_id = keep_file(services, database, portal, world.documents[0], b"signed", "a.pdf")
    call_id = reader.json("/calls")["calls"][0]["id"]
    paths = [
        f"/packages/{world.packages[0]}",
        f"/documents/{world.documents[0]}",
        f"/documents/{world.documents[0]}/file",
        f"/files/{file_id}",
        f"/calls/{call_id}",
    ]

    statuses = [stranger.get(path).status_code for path in paths]
    lists = [stranger.json(f"/{name}")[name] for name in ("packages", "documents", "calls")]
    report = stranger.json("/reports")

    assert statuses == [404] * 5
    assert lists == [[], [], []]
    assert stranger.json("/boxes") == []
    assert (report["stages"], report["people"], report["stuck"]) == ([], [], [])
    assert stranger.json("/health")["host"] == "another.bitrix24.ru"


def test_who_asks_too_often_is_told_when_to_come_back(reader: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "RATE", 0.1)
    monkeypatch.setattr(api_tokens, "BURST", 2.0)

    statuses = [reader.get("/boxes").status_code for _ in range(2)]
    refused = reader.get("/boxes")

    assert statuses == [200, 200]
    assert refused.status_code == 429
    assert refused.json["error"]["code"] == "TOO_MANY_REQUESTS"
    assert 1 <= int(refused.headers["Retry-After"]) <= 10


def test_programs_never_take_all_threads_from_calls(
    reader: Program, services, monkeypatch: pytest.MonkeyPatch, make_app, database: Database
) -> None:
    app = make_app(replace(services, config=replace(services.config, web_threads=4)))
    entered, leave = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        entered.set()
        assert leave.wait(10)

    monkeypatch.setattr(access, "take_turn", slow)
    first = threading.Thread(target=lambda: app.test_client().get("/api/v1/boxes", headers=reader.headers()))
    first.start()
    assert entered.wait(10)

    second = app.test_client().get("/api/v1/boxes", headers=reader.headers())
    leave.set()
    first.join()
    third = app.test_client().get("/api/v1/boxes", headers=reader.headers())

    assert (second.status_code, second.json["error"]["code"]) == (503, "BUSY")
    assert int(second.headers["Retry-After"]) > 0
    assert third.status_code == 200


def test_a_place_comes_back_however_a_request_ends(
    reader: Program, services, make_app, database: Database, portal: Portal
) -> None:
    world: World = filled(database, portal)
    file_id = keep_file(services, database, portal, world.documents[0], b"signed", "a.pdf")
    app = make_app(replace(services, config=replace(services.config, web_threads=1)))
    one_place = Program(app.test_client(), reader.token)
    paths = ["/boxes", "/packages/999999", "/packages?limit=0", "/nothing", f"/files/{file_id}", "/boxes"]

    statuses = []
    for path in paths:
        with one_place.get(path) as answer:
            statuses.append(answer.status_code)

    assert statuses == [200, 404, 422, 404, 200, 200]


def test_no_other_site_may_read_answers_in_a_browser(reader: Program) -> None:
    asked = {**reader.headers(), "Origin": "https://evil.example"}

    answer = reader.client.get("/api/v1/boxes", headers=asked)
    preflight = reader.client.options("/api/v1/boxes", headers={**asked, "Access-Control-Request-Method": "GET"})

    for one in (answer, preflight):
        assert not [name for name in dict(one.headers) if name.lower().startswith("access-control")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_errors_come_in_the_language_that_is_asked_for(reader: Program) -> None:
    russian = reader.client.get("/api/v1/packages/9", headers={**reader.headers(), "Accept-Language": "ru"})
    english = reader.get("/packages/9")

    assert "Не найдено" in russian.json["error"]["text"]
    assert "Not found" in english.json["error"]["text"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/packages/abc", 404),
        ("/packages/99999999999999999999", 404),
        ("/packages/9223372036854775807", 404),
        ("/packages?below=99999999999999999999", 422),
        ("/packages?below=-1", 422),
        ("/packages?limit=201", 422),
        ("/packages?state=lost", 422),
        ("/packages?no_such_filter=1", 422),
        ("/packages?inn=%00", 422),
        ("/documents?changed_since=yesterday", 422),
        ("/documents?changed_since=2026-11-01T00:00:00", 422),
        ("/calls?user=x", 422),
        ("/reports?from=2026-02-30", 422),
        ("/reports?from=2026-02-01&to=2026-01-01", 422),
        ("/reports?from=0001-01-01", 422),
        ("/reports?state=lost", 422),
    ],
)
def test_what_cannot_be_asked_is_refused_in_the_common_shape(reader: Program, path: str, status: int) -> None:
    answer = reader.get(path)

    assert answer.status_code == status
    assert {"code", "text"} <= set(answer.json["error"])
    assert ("fields" in answer.json["error"]) == (status == 422)
