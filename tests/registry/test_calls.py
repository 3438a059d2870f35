from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from registry.answers import Answers
from registry.calls import Calls, Journal
from registry.database import Database
from registry.tables import Call, Portal
from worker.enqueue import NewCall, remember


def new_call(portal: Portal, token: str = "workflow|A1|token") -> NewCall:
    now = datetime.now(UTC)
    return NewCall(
        portal_id=portal.id,
        code="diadoc_check_requisites",
        event_token=token,
        workflow_id="w1",
        workflow_document_id=["crm", "CCrmDocumentDeal", "DEAL_17"],
        properties={"for_inn": "7707083893"},
        user_id=1,
        wants_answer=True,
        received_at=now,
        deadline_at=now + timedelta(hours=1),
        step_limit_at=None,
    )


@pytest.fixture
def call(database: Database, portal: Portal) -> Call:
    call_id = remember(database, new_call(portal))
    assert call_id is not None
    found = Calls(database).get(call_id)
    assert found is not None
    return found


def jobs(database: Database) -> list[tuple[str, int]]:
    with database.session() as session:
        rows = session.execute(text("select task_name, priority from procrastinate_jobs order by id"))
        return [(row[0], row[1]) for row in rows]


def test_a_call_and_its_job_are_remembered_together(database: Database, portal: Portal) -> None:
    call_id = remember(database, new_call(portal))

    assert call_id is not None
    assert jobs(database) == [("execute", 0)]


def test_a_repeated_call_changes_nothing_and_makes_no_job(database: Database, portal: Portal, call: Call) -> None:
    repeated = remember(database, new_call(portal))

    assert repeated is None
    assert len(jobs(database)) == 1


def test_later_calls_of_a_busy_portal_have_lower_priority(database: Database, portal: Portal) -> None:
    for number in range(3):
        remember(database, new_call(portal, f"w|A|{number}"))

    assert [priority for _, priority in jobs(database)] == [0, -1, -2]


def test_the_event_token_is_not_stored_in_clear_text(database: Database, call: Call) -> None:
    with database.session() as session:
        row = session.execute(text("select call::text from call")).scalar_one()

    assert "workflow|A1|token" not in row
    assert Calls(database).event_token(call) == "workflow|A1|token"


def test_only_one_answer_is_ever_decided(database: Database, call: Call) -> None:
    calls = Calls(database)
    calls.begin(call.id)

    with database.session() as session:
        first = calls.claim_answer(session, call, values={"result": "ok"}, log_message="")
    with database.session() as session:
        second = calls.claim_answer(session, call, values={"result": "timeout"}, log_message="")

    answer = Answers(database).get(call.id)
    assert (first, second) == (True, False)
    assert answer is not None
    assert answer.values == {"result": "ok"}


def test_only_one_process_holds_a_call(database: Database, call: Call) -> None:
    calls = Calls(database)

    with calls.exclusively(call.id) as mine, calls.exclusively(call.id) as other:
        assert mine is not None
        assert other is None


def test_a_step_with_a_result_stands_in_the_journal(database: Database, call: Call) -> None:
    with database.autocommit() as connection:
        journal = Journal(connection, call.id)
        before = journal.intend("post_message")
        journal.done("post_message", {"message_id": "m1"})
        again = journal.intend("post_message")

    assert before is None
    assert again is not None
    assert again.result == {"value": {"message_id": "m1"}}
    assert again.attempts == 1


def test_an_answer_is_delivered_by_one_process_at_a_time(database: Database, call: Call) -> None:
    calls, answers = Calls(database), Answers(database)
    with database.session() as session:
        calls.claim_answer(session, call, values={}, log_message="")

    first, second = answers.claim(call.id), answers.claim(call.id)

    assert first is not None
    assert first.attempts == 1
    assert second is None


def test_a_call_without_a_job_is_found(database: Database, call: Call) -> None:
    calls = Calls(database)
    assert calls.forgotten(older_than=timedelta(0)) == []

    with database.session() as session:
        session.execute(text("delete from procrastinate_jobs"))

    assert calls.forgotten(older_than=timedelta(0)) == [call.id]
    assert calls.forgotten(older_than=timedelta(minutes=1)) == []
