"""What programs read at /api/v1, and that it is what the OpenAPI document promises."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from activities import catalog
from handlers.api.shapes import (
    ActivitySchema,
    BoxSchema,
    HealthSchema,
    WholeCallSchema,
    WholeDocumentSchema,
    WholePackageSchema,
)
from registry.boxes import Boxes
from registry.database import Database
from registry.tables import Portal
from tests.handlers.api_support import Program, filled, keep_file, program, put_paper
from tests.registry.reckoning import World


@pytest.fixture
def reader(client: FlaskClient, database: Database, portal: Portal) -> Program:
    return program(client, database, portal, "reader")


@pytest.fixture
def world(database: Database, portal: Portal) -> World:
    return filled(database, portal)


def ids(reader: Program, name: str, **query: object) -> list[int]:
    return [row["id"] for row in reader.json(f"/{name}", **query)[name]]


def test_packages_are_listed_by_what_is_asked_for(reader: Program, world: World) -> None:
    unsent, delivered, signed = world.packages

    assert ids(reader, "packages") == [signed, delivered, unsent]
    assert ids(reader, "packages", state="open") == [unsent]
    assert ids(reader, "packages", inn="7707083893") == [delivered, unsent]
    assert ids(reader, "packages", crm_item="D_2") == [delivered]
    assert ids(reader, "packages", box=world.boxes[0]) == [signed, delivered]
    assert ids(reader, "packages", changed_since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []


def test_documents_are_listed_by_what_is_asked_for(reader: Program, world: World) -> None:
    unsent, delivered, signed = world.documents

    assert ids(reader, "documents", document_type="Invoice") == [signed, unsent]
    assert ids(reader, "documents", docflow_state="delivered") == [delivered]
    assert ids(reader, "documents", is_final="true") == [signed]
    assert ids(reader, "documents", is_final="false") == [delivered, unsent]
    assert ids(reader, "documents", package_id=world.packages[1]) == [delivered]
    assert ids(reader, "documents", inn="500100732259", box=world.boxes[0]) == [signed]


@pytest.mark.parametrize("name", ["packages", "documents"])
def test_lists_come_in_pages_that_neither_skip_nor_repeat(reader: Program, world: World, name: str) -> None:
    first = reader.json(f"/{name}", limit=2)
    second = reader.json(f"/{name}", limit=2, below=first["next"])

    assert [len(first[name]), len(second[name])] == [2, 1]
    assert [row["id"] for row in first[name] + second[name]] == ids(reader, name)
    assert second["next"] is None


def test_a_package_comes_with_its_documents(reader: Program, world: World) -> None:
    told = reader.json(f"/packages/{world.packages[1]}")

    assert [row["id"] for row in told["documents"]] == [world.documents[1]]
    assert told["counteragent"] == {"inn": "7707083893", "name": "Лютик"}
    assert told["documents"][0]["requisites"]["total"] == "1220.50"
    assert WholePackageSchema().validate(told) == {}


def test_a_document_comes_with_its_history_and_files(
    reader: Program, world: World, services, database: Database, portal: Portal
) -> None:
    file_id = keep_file(services, database, portal, world.documents[1], b"signed", "Договор.pdf")

    told = reader.json(f"/documents/{world.documents[1]}")

    assert [row["docflow_state"] for row in told["history"]] == ["sent", "delivered"]
    assert [(row["id"], row["file_name"], row["file_size"]) for row in told["files"]] == [(file_id, "Договор.pdf", 6)]
    assert WholeDocumentSchema().validate(told) == {}


def test_kept_files_and_papers_are_downloaded_as_they_are(
    reader: Program, world: World, services, database: Database, portal: Portal
) -> None:
    content = bytes(range(256)) * 20_000  # several pieces
    file_id = keep_file(services, database, portal, world.documents[1], content, "Счёт «№ 1»\r\nX: y.pdf")
    put_paper(services, database, portal, world.documents[0], b"%PDF a paper")

    kept, paper = reader.get(f"/files/{file_id}"), reader.get(f"/documents/{world.documents[0]}/file")

    assert kept.data == content
    assert kept.headers["Content-Length"] == str(len(content))
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert kept.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert kept.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%D0%A1")
    assert "X" not in kept.headers
    assert paper.data == b"%PDF a paper"


def test_a_file_whose_bytes_are_gone_is_said_so(reader: Program, world: World) -> None:
    answer = reader.get(f"/documents/{world.documents[0]}/file")

    assert (answer.status_code, answer.json["error"]["code"]) == (410, "FILE_GONE")


def test_calls_are_told_with_their_outputs_and_without_secrets(reader: Program, world: World) -> None:
    (listed,) = reader.json("/calls", code="diadoc_send_package")["calls"]

    told = reader.json(f"/calls/{listed['id']}")

    assert (told["origin"], told["state"], told["is_over"]) == ("page", "answered", True)
    assert told["outputs"]["error_code"] == "INN_INVALID"
    assert WholeCallSchema().validate(told) == {}
    assert not {"event_token_sealed", "idempotency_key", "portal_id"} & set(told)
    assert reader.json("/calls", origin="workflow")["calls"] == []


def test_boxes_and_health_are_told(reader: Program, world: World, database: Database, portal: Portal) -> None:
    Boxes(database, portal.id).mark(world.boxes[0], "subscription_ended", "нет подписки")

    boxes, health = reader.json("/boxes"), reader.json("/health")

    assert [(box["id"], box["status"]) for box in boxes] == [
        (world.boxes[0], "subscription_ended"),
        (world.boxes[1], "connected"),
    ]
    assert BoxSchema(many=True).validate(boxes) == {}
    assert (health["is_healthy"], health["problems"]) == (False, ["box_subscription_ended"])
    assert HealthSchema().validate(health) == {}


def test_a_portal_in_order_is_healthy(reader: Program) -> None:
    health = reader.json("/health")

    assert (health["is_healthy"], health["problems"], health["status"]) == (True, [], "installed")


def test_every_activity_is_described(reader: Program) -> None:
    told = reader.json("/activities")

    assert [one["code"] for one in told] == list(catalog())
    send = next(one for one in told if one["code"] == "diadoc_send_package")
    assert {field["name"] for field in send["inputs"]} == set(catalog()["diadoc_send_package"].inputs.fields)
    assert send["name"]["ru"] == "Диадок: отправить пакет"
    assert ActivitySchema(many=True).validate(told) == {}


def test_the_document_describes_every_route_and_needs_no_token(client: FlaskClient, app) -> None:
    answer = client.get("/api/v1/openapi.json")

    told = answer.json
    routes = {
        rule.rule.replace("<int(max=9223372036854775807):number>", "{number}")
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("openapi.json")
    }
    assert told["openapi"] == "3.1.0"
    assert set(told["paths"]) == routes
    assert told["security"] == [{"token": []}]
    assert told["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert told["paths"]["/api/v1/calls"]["post"]["parameters"][0]["name"] == "Idempotency-Key"
    for path in told["paths"].values():
        for verb, operation in path.items():
            if verb in ("get", "post"):
                assert operation["summary"]


def test_every_reference_of_the_document_leads_somewhere(client: FlaskClient) -> None:
    told = client.get("/api/v1/openapi.json").json
    found = json.dumps(told)
    names = {part.split('"')[0] for part in found.split('"#/components/')[1:]}

    for name in names:
        kind, _, key = name.partition("/")
        assert key in told["components"][kind]


@pytest.mark.parametrize("verb", ["put", "delete", "patch"])
def test_nothing_is_changed_by_other_verbs(reader: Program, world: World, verb: str) -> None:
    answer = getattr(reader.client, verb)(f"/api/v1/packages/{world.packages[0]}", headers=reader.headers())

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json["error"]["code"] == "METHOD_NOT_ALLOWED"
