"""Stuck documents on the application's page."""

import re
from datetime import UTC, datetime, timedelta

from activities.states import DocflowState
from registry.tables import Portal
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit
from tests.registry.reckoning import Paper, Step, store


def stored(door: Door, portal: Portal, count: int) -> None:
    """Papers that were sent, each an hour earlier than the one before; the first ten days ago."""
    began = datetime.now(UTC) - timedelta(days=10)
    facts = {"needs_reply": True, "box": 0, "inn": "9660003036", "document_type": "Invoice", "deleted_hours": None}
    money = {"total": "1220.00", "currency": "RUB"}
    sent = (Step(state=DocflowState.DELIVERED, resolution="", hours=1),)
    papers = [Paper(created_at=began + timedelta(hours=n), steps=sent, **facts, **money) for n in range(count)]
    store(door.database, portal, papers, [])


def test_stuck_documents_say_who_has_to_act_since_when_and_about_what_money(
    door: Door, ours: Portal, visitor: Visit, portal: Portal
) -> None:
    stored(door, ours, 1)

    answer = visitor.ask("app/stuck")

    for shown in ("Лютик", "9660003036", "контрагент", "1\u00a0220,00\u00a0₽", 'data-open-path="/crm/deal/details/1/"'):
        assert shown in answer.text
    assert '<span class="tag bad">10.0</span>' in answer.text or '<span class="tag bad">9.9</span>' in answer.text


def test_many_stuck_documents_are_read_page_by_page(door: Door, ours: Portal, visitor: Visit) -> None:
    stored(door, ours, 60)

    first, second = visitor.ask("app/stuck/list"), visitor.ask("app/stuck/list?offset=50")

    items = [re.findall(r"details/(\d+)/", one.text) for one in (first, second)]
    assert [len(one) for one in items] == [50, 10]
    assert sorted(map(int, items[0] + items[1])) == list(range(1, 61))
    assert "offset=50" in first.text
    assert "offset=0" in second.text


def test_another_portals_documents_are_not_stuck_here(door: Door, visitor: Visit, portal: Portal) -> None:
    stored(door, portal, 1)

    assert "Лютик" not in visitor.ask("app/stuck").text
