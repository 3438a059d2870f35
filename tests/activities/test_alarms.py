"""Administrators hear of what only they can mend, once for each time."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text

from activities.alarms import raise_alarms
from activities.context import Context
from errors import Unavailable
from registry.settings import change_settings
from registry.tables import Box
from registry.telling import Telling, portals_to_remind
from sandbox.portal.driver import ADMIN, SIGNER

MAKE = """
    insert into call (portal_id, origin, idempotency_key, code, state, deadline_at, event_token_sealed, workflow_id,
                      workflow_document_id, properties, user_id, wants_answer, attempts)
    values (:portal, 'workflow', :key, 'diadoc_wait', 'undeliverable', now(), '', 'w', '[]', '{}', 1, true, 1)
    returning id
"""
END = """
    insert into answer (call_id, portal_id, values, log_message, state, state_text, attempts, ended_at)
    values (:call, :portal, '{}', '', 'undeliverable', 'gone', 1, now() - make_interval(days => :age))
"""


@pytest.fixture
def told(portal_sandbox) -> Callable[[], list[tuple[int, str]]]:
    return lambda: [(one["user_id"], one["message"]) for one in portal_sandbox.notifications()]


@pytest.fixture
def fail(context: Context) -> Callable[..., int]:
    """fail(): a call whose answer never reached the portal; its number."""

    def fail(age: int = 0) -> int:
        with context.registry.database.session() as session:
            known = {"portal": context.portal.id, "key": uuid4().hex}
            call_id = session.scalar(text(MAKE), known)
            session.execute(text(END), {"call": call_id, "portal": context.portal.id, "age": age})
        assert call_id is not None
        return call_id

    return fail


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("subscription_ended", "Подписка на API Диадока закончилась"),
        ("auth_lost", "Войдите в Диадок заново"),
        ("no_access", "нет прав на этот ящик"),
    ],
)
def test_a_closed_box_is_told_of_with_what_to_do(context, box: Box, told, status, said):
    context.registry.boxes.mark(box.id, status, "closed")

    raise_alarms(context)

    ((user_id, message),) = told()
    assert user_id == ADMIN  # who installed us
    assert message.startswith(f"[B]Ящик «{box.name}» (ИНН {box.inn}) остановлен[/B]")
    assert said in message


@pytest.mark.parametrize("status", ["connected", "paused", "removed"])
def test_what_people_did_themselves_is_no_alarm(context, box: Box, told, status):
    context.registry.boxes.mark(box.id, status)

    raise_alarms(context)

    assert told() == []


def test_a_state_is_told_once_and_again_when_it_came_back(context, box: Box, again, told, portal_sandbox):
    for _ in range(2):
        context.registry.boxes.mark(box.id, "auth_lost")
        raise_alarms(again(context))
        raise_alarms(again(context))
        facts = {"inn": box.inn, "kpp": box.kpp, "name": box.name}
        context.registry.boxes.connect(account_id=box.account_id, box_id=box.box_id, **facts)

    assert len(portal_sandbox.requests("batch")) == 2
    assert len(told()) == 1  # the newest


def test_chosen_administrators_are_told(context, box: Box, told):
    change_settings(context.registry.database, context.portal.id, user_id=1, administrators=(SIGNER, ADMIN))
    context.registry.boxes.mark(box.id, "no_access")

    raise_alarms(context)

    assert {user_id for user_id, _ in told()} == {SIGNER, ADMIN}


def test_undeliverable_answers_are_told_of_together_and_once(context, again, told, fail, portal_sandbox):
    first, second = fail(), fail()
    raise_alarms(context)
    ((_, message),) = told()

    raise_alarms(again(context))
    before = len(portal_sandbox.requests("batch"))
    third = fail()
    raise_alarms(again(context))

    assert f"Операции: {first}, {second}" in message
    assert before == 1
    assert f"Операции: {third}" in told()[0][1]


def test_many_are_not_all_numbered(context, told, fail):
    for _ in range(13):
        fail()

    raise_alarms(context)

    assert "и ещё 3" in told()[0][1]


def test_what_failed_long_ago_is_not_told(context, told, fail):
    fail(age=8)

    raise_alarms(context)

    assert told() == []


def test_an_alarm_that_could_not_be_given_is_given_later(context, box: Box, again, told, portal_sandbox):
    context.registry.boxes.mark(box.id, "auth_lost")
    portal_sandbox.fault("batch", "lost_request")
    with pytest.raises(Unavailable):
        raise_alarms(context)

    raise_alarms(again(context))

    assert len(told()) == 1


def test_a_portal_is_looked_at_when_something_is_broken_or_waits(context, box: Box, fail):
    def looked_at() -> list[int]:
        with context.registry.database.session() as session:
            return portals_to_remind(session)

    before = looked_at()
    context.registry.boxes.mark(box.id, "auth_lost")
    with_closed_box = looked_at()
    context.registry.boxes.mark(box.id, "connected")
    fail()
    with_failure = looked_at()
    raise_alarms(context)

    assert (before, with_closed_box, with_failure, looked_at()) == ([], [context.portal.id], [context.portal.id], [])
    assert Telling(context.registry.database, context.portal.id).untold_failures() == []
