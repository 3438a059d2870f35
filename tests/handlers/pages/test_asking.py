"""What a person does on a page is remembered like a workflow's call, once, and only its own people see it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from activities.crm_ids import DEAL, CrmItem, from_document_id
from handlers.pages.asking import Asked, ask, document_id_of, new_nonce, outcome
from handlers.pages.visiting import Visitor
from handlers.refusals import Malformed, NotAllowed, NotThere
from handlers.services import Services
from registry.calls import Calls
from registry.settings import Settings
from registry.tables import Answer, Call, Portal

ITEM = CrmItem(DEAL, 17)


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    return Visitor(
        portal=portal,
        user_id=5,
        is_admin=False,
        may_administer=False,
        may_send=True,
        language="ru",
        placement="CRM_DEAL_DETAIL_TAB",
        item=ITEM,
        settings=Settings(),
    )


@pytest.fixture
def asked(services: Services, visitor: Visitor) -> Callable[..., int]:
    def asks(nonce: str = "", who: Visitor = visitor) -> int:
        return ask(services, who, "diadoc_check_package", {"use_package": "7"}, nonce or new_nonce())

    return asks


def answer(services: Services, call_id: int, **values: str) -> None:
    calls = Calls(services.database)
    call = calls.begin(call_id)
    assert call is not None
    with services.database.session() as session:
        calls.claim_answer(session, call, values=values, log_message="")


def test_a_call_of_a_page_is_remembered_with_its_item_and_its_person(asked, services: Services) -> None:
    call = Calls(services.database).get(asked())

    assert call is not None
    assert (call.origin, call.user_id, call.wants_answer, call.state) == ("page", 5, False, "new")
    assert from_document_id(call.workflow_document_id) == ITEM
    assert call.properties["use_package"] == "7"
    assert 3500 < (call.deadline_at - call.received_at).total_seconds() < 3700


def test_a_form_that_is_sent_twice_is_one_call_and_one_job(asked, services: Services) -> None:
    nonce = new_nonce()

    assert asked(nonce) == asked(nonce)

    with services.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 1


def test_the_same_nonce_of_two_people_is_two_calls(asked, visitor: Visitor) -> None:
    nonce = new_nonce()

    assert asked(nonce) != asked(nonce, replace(visitor, user_id=6))


def test_who_may_not_send_asks_for_nothing(asked, visitor: Visitor, services: Services) -> None:
    with pytest.raises(NotAllowed):
        asked(who=replace(visitor, may_send=False))

    with services.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0


@pytest.mark.parametrize("nonce", ["short", "x" * 65, "spaces are no part of one", "кириллица-кириллица"])
def test_a_nonce_that_is_not_ours_is_refused(nonce: str, asked) -> None:
    with pytest.raises(Malformed):
        asked(nonce)


def test_the_outcome_is_told_when_the_call_has_ended(asked, services: Services, visitor: Visitor) -> None:
    call_id = asked()
    before = outcome(services, visitor, call_id)

    answer(services, call_id, result="error", error_code="KPP_REQUIRED", error_text="Нужен КПП")

    assert (before.is_over, before.outputs) == (False, {})
    after = outcome(services, visitor, call_id)
    expected = Asked(
        call_id=call_id,
        code="diadoc_check_package",
        state="closed",
        is_over=True,
        outputs={"result": "error", "error_code": "KPP_REQUIRED", "error_text": "Нужен КПП"},
        error_code="KPP_REQUIRED",
        error_text="Нужен КПП",
    )
    assert after == expected


def test_people_of_the_same_item_see_the_call_and_others_do_not(asked, services: Services, visitor: Visitor) -> None:
    call_id = asked()

    assert outcome(services, replace(visitor, user_id=6), call_id).call_id == call_id
    for stranger in (
        replace(visitor, user_id=6, item=CrmItem(DEAL, 18)),
        replace(visitor, user_id=6, item=None),
    ):
        with pytest.raises(NotThere):
            outcome(services, stranger, call_id)


def test_a_call_of_a_workflow_is_no_business_of_pages(asked, services: Services, visitor: Visitor) -> None:
    call_id = asked()
    with services.database.session() as session:
        session.get_one(Call, call_id).origin = "workflow"

    with pytest.raises(NotThere):
        outcome(services, visitor, call_id)


def test_another_portals_call_is_as_absent_as_none(asked, services: Services, visitor: Visitor) -> None:
    call_id = asked()
    other = Portal(id=visitor.portal.id + 1)

    for wanted in (call_id, call_id + 1):
        with pytest.raises(NotThere):
            outcome(services, replace(visitor, portal=other), wanted)


@pytest.mark.parametrize(
    "item", [CrmItem(1, 5), CrmItem(2, 5), CrmItem(7, 5), CrmItem(31, 5), CrmItem(128, 5)], ids=str
)
def test_an_item_is_named_as_workflows_name_it(item: CrmItem) -> None:
    triple = document_id_of(item)

    assert from_document_id(triple) == item
    assert triple[0] == "crm"


def test_an_answer_is_kept_for_the_page_without_being_delivered(asked, services: Services) -> None:
    call_id = asked()

    answer(services, call_id, result="ok")

    with services.database.session() as session:
        assert session.get_one(Answer, call_id).state == "closed"
