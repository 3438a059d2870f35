"""The journal of calls: found by what people know, read page by page, shown without secrets, run again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from registry.tables import Call, Portal
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import NONCE, Visit, jobs
from worker.enqueue import NewCall, remember


@pytest.fixture
def call_id(door: Door, ours: Portal) -> int:
    return remembered(door, ours)


def remembered(door: Door, portal: Portal, **changes: Any) -> int:
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "portal_id": portal.id,
        "code": "diadoc_check_requisites",
        "event_token": f"w|A|{now.timestamp()}",
        "workflow_id": "6ab5bcfde8e8b0.39728274",
        "workflow_document_id": ["crm", "CCrmDocumentDeal", "DEAL_17"],
        "properties": {"for_inn": "9660001014", "file": "https://p.example/rest/download.json?auth=secret-in-a-link"},
        "user_id": 1,
        "wants_answer": True,
        "received_at": now,
        "deadline_at": now + timedelta(hours=1),
        "step_limit_at": None,
        **changes,
    }
    made = remember(door.database, NewCall(**values))
    assert made is not None
    return made


def found(answer: Any) -> list[int]:
    return [int(number) for number in re.findall(r"pages/app/journal/(\d+)\"", answer.text)]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("number={id}", True),
        ("number=999999", False),
        ("code=diadoc_check_requisites", True),
        ("code=diadoc_wait", False),
        ("item=D_17", True),
        ("item=DEAL_17", True),
        ("item=D_1", False),
        ("state=new", True),
        ("state=answered", False),
        ("error_code=UNAVAILABLE", True),
        ("error_code=unavailable", True),
        ("error_code=KPP_REQUIRED", False),
        ("since={today}&until={today}", True),
        ("until={yesterday}", False),
        ("since={tomorrow}", False),
    ],
)
def test_calls_are_found_by_what_people_know_of_them(
    query: str, is_found: bool, door: Door, visitor: Visit, call_id: int
) -> None:
    with door.database.session() as session:
        session.get_one(Call, call_id).last_error = {"code": "UNAVAILABLE", "text": "away"}
    now = datetime.now(UTC) + timedelta(hours=3)  # Moscow
    days = {"today": now, "yesterday": now - timedelta(days=1), "tomorrow": now + timedelta(days=1)}
    asked = query.format(id=call_id, **{name: f"{day:%Y-%m-%d}" for name, day in days.items()})

    answer = visitor.ask(f"app/journal/list?{asked}")

    assert found(answer) == ([call_id] if is_found else [])


@pytest.mark.parametrize("query", ["number=x", "item=deal", "since=yesterday", "until=2026-13-40", "number=-1"])
def test_a_search_that_cannot_be_is_told(query: str, visitor: Visit) -> None:
    assert visitor.ask(f"app/journal/list?{query}").status_code == 422


def test_a_long_journal_is_read_page_by_page(door: Door, ours: Portal, visitor: Visit) -> None:
    numbers = [remembered(door, ours, event_token=f"w|A|{number}") for number in range(30)]

    first = visitor.ask("app/journal/list")
    (before,) = re.findall(r'name="before" value="(\d+)"', first.text)
    second = visitor.ask(f"app/journal/list?before={before}")

    assert found(first) + found(second) == numbers[::-1]
    assert 'name="before"' not in second.text


def test_another_portals_calls_are_as_absent_as_none(door: Door, visitor: Visit, portal: Portal) -> None:
    theirs = remembered(door, portal)

    assert found(visitor.ask("app/journal/list")) == []
    assert visitor.ask(f"app/journal/{theirs}").status_code == 404
    assert visitor.ask(f"app/journal/{theirs}/replay", {"nonce": "n" * 20}).status_code == 404
    assert jobs(door) == []


def test_a_call_is_shown_without_tokens(door: Door, visitor: Visit, call_id: int) -> None:
    answer = visitor.ask(f"app/journal/{call_id}")

    assert "9660001014" in answer.text
    assert "https://p.example/rest/download.json" in answer.text
    assert "secret-in-a-link" not in answer.text
    assert "w|A|" not in answer.text


def test_a_replay_is_a_job_that_says_who_asked(door: Door, ours: Portal, visitor: Visit, call_id: int) -> None:
    (nonce,) = NONCE.findall(visitor.ask(f"app/journal/{call_id}").text)

    answer = visitor.ask(f"app/journal/{call_id}/replay", {"nonce": nonce})

    assert "поставлен в очередь" in answer.text
    ((task, args),) = jobs(door)
    assert task == "replay"
    assert args == {"portal_id": ours.id, "call_id": call_id, "user_id": 1, "key": nonce}
