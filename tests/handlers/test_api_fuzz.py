"""Whatever a program sends, /api/v1 answers in its own shape and never breaks, also while the database is away."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import api_tokens
from registry.database import Database
from registry.keyring import Keyring
from registry.tables import Portal
from tests.conftest import SECRET_KEY
from tests.handlers.api_support import CHECK, Program, filled, program
from tests.handlers.conftest import services_of

LISTS = ["packages", "documents", "calls", "reports", "boxes", "activities", "health"]
NAMES = ["limit", "below", "state", "docflow_state", "is_final", "crm_item", "box", "inn", "changed_since", "user"]
NAMES += ["from", "to", "type", "offset", "received_since", "code", "origin", "number", "package_id", ""]

usual = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
values = st.one_of(
    st.text(max_size=30),
    st.integers().map(str),
    st.sampled_from(["sent", "delivered", "true", "2026-11-21", "2026-11-21T10:00:00+03:00", "D_17", "\0", "٣", "1e3"]),
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def operator(client: FlaskClient, database: Database, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(api_tokens, "BURST", 1e6)
    filled(database, portal)
    return program(client, database, portal, "operator")


@given(st.sampled_from(LISTS), st.dictionaries(st.sampled_from(NAMES), values, max_size=4))
@usual
def test_any_query_is_answered_or_refused(operator: Program, name: str, query: dict[str, str]) -> None:
    answer = operator.get(f"/{name}", **query)

    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 200 or answer.json["error"]["fields"]


@given(st.sampled_from(["packages", "documents", "files", "calls"]), st.text(max_size=25))
@usual
def test_any_address_is_found_or_not(operator: Program, name: str, number: str) -> None:
    path = number.replace("?", "").replace("#", "").replace("%", "")

    answer = operator.get(f"/{name}/{path}")

    assert answer.status_code in (200, 308, 404, 405, 410)
    assert answer.status_code in (200, 308) or answer.json["error"]["code"]


@given(
    st.one_of(
        documents,
        st.fixed_dictionaries(
            {"code": st.sampled_from(["diadoc_check_requisites", "diadoc_add_document", "x"]) | documents},
            optional={"inputs": documents, "crm_item": documents | st.just("D_17")},
        ),
        st.fixed_dictionaries(
            {
                "code": st.just("diadoc_add_document"),
                "inputs": st.dictionaries(
                    st.sampled_from(["source", "document_type", "total", "date", "metadata", "crm_item"]), documents
                ),
            }
        ),
    )
)
@usual
def test_any_body_is_taken_or_refused(operator: Program, asked: Any) -> None:
    headers = {**operator.headers(), "Idempotency-Key": "key-of-a-fuzz", "Content-Type": "application/json"}

    answer = operator.client.post("/api/v1/calls", data=json.dumps(asked), headers=headers)

    assert answer.status_code in (202, 400, 409, 422), answer.text
    assert answer.status_code == 202 or answer.json["error"]["code"]


def test_while_the_database_is_away_a_program_is_told_to_come_back(config, portal: Portal, make_app) -> None:
    away = Database("host=127.0.0.1 port=9 connect_timeout=1", Keyring((SECRET_KEY,)))
    client = make_app(services_of(config, away)).test_client()

    answers = [Program(client, "b24edo_any").get("/boxes"), Program(client, "b24edo_any").call(CHECK)]

    assert [answer.status_code for answer in answers] == [503, 503]
    assert {answer.json["error"]["code"] for answer in answers} == {"UNAVAILABLE"}
