"""Having an activity do something by /api/v1: checked at once, remembered once a key, carried out like a workflow's."""

import threading

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from registry.database import Database
from registry.tables import Call, Portal
from tests.handlers.api_support import CHECK, Program, program
from worker.execute import execute
from worker.running import make_running


@pytest.fixture
def operator(client: FlaskClient, database: Database, portal: Portal) -> Program:
    return program(client, database, portal, "operator")


def stored(database: Database) -> list[Call]:
    with database.session() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))


def jobs(database: Database) -> int:
    with database.session() as session:
        return session.scalar(text("select count(*) from procrastinate_jobs where task_name = 'execute'")) or 0


def test_a_call_is_remembered_then_carried_out_and_its_outputs_told(
    operator: Program, database: Database, config, portal: Portal
) -> None:
    taken = operator.call(CHECK)
    before = operator.json(f"/calls/{taken.json['id']}")

    execute(make_running(config, database), taken.json["id"])
    after = operator.json(f"/calls/{taken.json['id']}")

    assert taken.status_code == 202
    assert (before["state"], before["is_over"], before["outputs"]) == ("new", False, {})
    assert (after["state"], after["is_over"], after["origin"]) == ("closed", True, "api")
    assert (after["outputs"]["result"], after["outputs"]["is_valid"]) == ("ok", "Y")
    assert jobs(database) == 1


def test_a_failure_is_told_by_its_code(operator: Program, database: Database, config) -> None:
    asked = {"code": "diadoc_get_status", "inputs": {"use_package": "77"}}
    call_id = operator.call(asked).json["id"]

    execute(make_running(config, database), call_id)

    outputs = operator.json(f"/calls/{call_id}")["outputs"]
    assert (outputs["result"], outputs["error_code"]) == ("error", "PACKAGE_NOT_FOUND")
    assert outputs["operation_id"] == str(call_id)


def test_the_same_key_gives_the_same_call(operator: Program, database: Database) -> None:
    first, second = operator.call(CHECK), operator.call(CHECK)
    other = operator.call(CHECK, key="key-000002")

    assert first.json["id"] == second.json["id"] != other.json["id"]
    assert (len(stored(database)), jobs(database)) == (2, 2)


def test_a_stampede_under_one_key_is_one_call(operator: Program, database: Database, app, portal: Portal) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.append(Program(app.test_client(), operator.token).call(CHECK).status_code)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(answers) <= {202, 503}  # some may have been told to come back
    assert 202 in answers
    assert (len(stored(database)), jobs(database)) == (1, 1)


def test_the_same_key_for_something_else_is_refused(operator: Program, database: Database) -> None:
    first = operator.call(CHECK)

    other_inputs = operator.call({**CHECK, "inputs": {**CHECK["inputs"], "for_kpp": "770801001"}})
    other_item = operator.call({**CHECK, "crm_item": "D_17"})

    assert [one.status_code for one in (first, other_inputs, other_item)] == [202, 409, 409]
    assert other_item.json["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert len(stored(database)) == 1


def test_keys_of_two_tokens_have_nothing_to_do_with_each_other(
    operator: Program, client: FlaskClient, database: Database, portal: Portal
) -> None:
    another = program(client, database, portal, "operator")

    first, second = operator.call(CHECK), another.call(CHECK)

    assert first.json["id"] != second.json["id"]


def test_the_item_is_what_the_call_is_about(operator: Program, database: Database) -> None:
    answer = operator.call({**CHECK, "crm_item": "T80_6"})

    (call,) = stored(database)
    assert answer.json["crm_item"] == "T80_6"
    assert call.workflow_document_id[-1] == "DYNAMIC_128_6"
    assert (call.wants_answer, call.user_id) == (False, 0)


def test_who_had_it_done_is_kept_without_the_token(operator: Program, database: Database) -> None:
    operator.call(CHECK)

    with database.session() as session:
        rows = session.execute(text("select actor, action, subject from audit where action = 'called'")).all()

    assert [tuple(row) for row in rows] == [("api_token:1", "called", "call:1")]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "code"),
        ({"code": "diadoc_conquer_the_world"}, "code"),
        ({"code": 5}, "code"),
        ({**CHECK, "unknown": 1}, "unknown"),
        ({**CHECK, "inputs": []}, "inputs"),
        ({**CHECK, "inputs": {"no_such_input": "1"}}, "no_such_input"),
        ({**CHECK, "inputs": {"for_inn": {"a": 1}}}, "for_inn"),
        ({**CHECK, "inputs": {"for_inn": ["1", ["2"]]}}, "for_inn"),
        ({**CHECK, "inputs": {"for_inn": "77\u000007"}}, "for_inn"),
        ({**CHECK, "inputs": {"for_inn": "\ud800"}}, "for_inn"),
        ({**CHECK, "inputs": {"for_inn": 10**30}}, "for_inn"),
        ({**CHECK, "inputs": {"look_up_in_diadoc": "perhaps"}}, "look_up_in_diadoc"),
        ({"code": "diadoc_wait", "inputs": {"deadline_days": "soon"}}, "deadline_days"),
        ({"code": "diadoc_add_document", "inputs": {"source": "field"}}, "document_type"),
        ({**CHECK, "crm_item": "17"}, "crm_item"),
        ({**CHECK, "crm_item": "D_0"}, "crm_item"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_remembered(
    operator: Program, database: Database, asked, field: str
) -> None:
    answer = operator.call(asked)

    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "INPUT_INVALID"
    assert list(answer.json["error"]["fields"]) == [field]
    assert stored(database) == []


def test_every_field_that_does_not_fit_is_named(operator: Program) -> None:
    answer = operator.call({"code": "diadoc_add_document", "inputs": {"total": "much"}})

    assert sorted(answer.json["error"]["fields"]) == ["document_type", "source", "total"]


@pytest.mark.parametrize("key", [None, "", "short", "a" * 201, "tab\there-and-more"])
def test_a_key_is_needed_and_of_some_length(operator: Program, database: Database, key: str | None) -> None:
    answer = operator.call(CHECK, key=key)

    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == ["Idempotency-Key"]
    assert stored(database) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b"[" * 100_000, b'{"code": ' + b"9" * 5000 + b"}", b"\xff\xfe", b"{}" * 2],
    ids=["empty", "half", "list", "text", "null", "deep", "huge number", "bytes", "two"],
)
def test_what_is_no_object_is_refused_in_the_common_shape(operator: Program, database: Database, body: bytes) -> None:
    headers = {**operator.headers(), "Idempotency-Key": "key-000001", "Content-Type": "application/json"}

    answer = operator.client.post("/api/v1/calls", data=body, headers=headers)

    assert answer.status_code in (400, 422)
    assert answer.json["error"]["code"]
    assert stored(database) == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(operator: Program, database: Database, number: str) -> None:
    body = f'{{"code": "diadoc_check_requisites", "inputs": {{"for_inn": {number}}}}}'
    headers = {**operator.headers(), "Idempotency-Key": "key-000001", "Content-Type": "application/json"}

    answer = operator.client.post("/api/v1/calls", data=body, headers=headers)

    assert answer.status_code == 422
    assert stored(database) == []


def test_a_form_is_not_taken_for_json(operator: Program, database: Database) -> None:
    headers = {**operator.headers(), "Idempotency-Key": "key-000001"}

    answer = operator.client.post("/api/v1/calls", data={"code": "diadoc_wait"}, headers=headers)

    assert answer.status_code in (400, 415, 422)
    assert stored(database) == []


def test_hints_come_in_the_language_that_is_asked_for(operator: Program) -> None:
    asked = {**CHECK, "inputs": {"look_up_in_diadoc": "perhaps"}}

    russian = operator.call(asked, **{"Accept-Language": "ru"}).json["error"]["fields"]["look_up_in_diadoc"]
    english = operator.call(asked).json["error"]["fields"]["look_up_in_diadoc"]

    assert russian != english
    assert any("а" <= sign <= "я" for sign in russian[0].lower())
