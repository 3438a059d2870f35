import pytest

from activities.crm import Card
from activities.crm_ids import DEAL, CrmItem
from activities.our_boxes import our_box, usable_box
from errors import BoxNotChosen, DiadocAuthLost, NoAccess, SubscriptionEnded
from registry.settings import change_settings
from sandbox.diadoc import seed
from sandbox.portal.driver import COMPANY_TYPE, DEAL_TYPE, OWN_COMPANY, TWO_REQUISITES


@pytest.fixture
def boxes(connect):
    """Both our boxes, ROMASHKA and LOGISTICS."""
    return connect(seed.ROMASHKA), connect(seed.LOGISTICS)


@pytest.fixture
def card(lonely_context):
    return Card(lonely_context, CrmItem(DEAL, 1))


@pytest.mark.parametrize(
    "named",
    [
        seed.LOGISTICS.box,
        f"{seed.LOGISTICS.box.replace('-', '').upper()}@diadoc.ru",
        seed.LOGISTICS.inn,
        f"{seed.LOGISTICS.inn}/{seed.LOGISTICS.kpp}",
        f" ИНН {seed.LOGISTICS.inn} / {seed.LOGISTICS.kpp}",
    ],
)
def test_a_box_is_named_by_its_id_or_its_requisites(lonely_context, boxes, named):
    assert our_box(lonely_context, named, None).inn == seed.LOGISTICS.inn


@pytest.mark.parametrize("named", [seed.LYUTIK.box, seed.LYUTIK.inn, f"{seed.ROMASHKA.inn}/966099001", "ромашка", "/"])
def test_what_names_no_box_of_ours_is_refused(lonely_context, boxes, named):
    with pytest.raises(BoxNotChosen) as caught:
        our_box(lonely_context, named, None)

    assert named in caught.value.text("ru") or "«/»" in str(caught.value.facts["reason"].ru)


def test_an_items_own_company_decides_between_boxes(lonely_context, boxes, card):
    assert our_box(lonely_context, "", card).inn == seed.ROMASHKA.inn


def test_own_requisites_chosen_in_the_item_win_over_its_own_company(lonely_context, boxes, card, portal_sandbox):
    portal_sandbox.change_item({"IS_MY_COMPANY": "Y"}, COMPANY_TYPE, TWO_REQUISITES)
    chosen = portal_sandbox.set_requisite(seed.LOGISTICS.inn, seed.LOGISTICS.kpp, company_id=TWO_REQUISITES)
    portal_sandbox.change_item({"MYCOMPANY_ID": TWO_REQUISITES})
    portal_sandbox.link_requisites(my_requisite_id=chosen)

    assert our_box(lonely_context, "", card).inn == seed.LOGISTICS.inn


def test_the_only_box_does_not_stand_in_for_another_company_of_ours(lonely_context, box, card, portal_sandbox):
    portal_sandbox.set_requisite("7805123400", "780501001", company_id=OWN_COMPANY)

    with pytest.raises(BoxNotChosen) as caught:
        our_box(lonely_context, "", card)

    assert "7805123400/780501001" in caught.value.facts["reason"].ru


def test_a_branch_of_ours_is_not_its_head_office(lonely_context, box, card, portal_sandbox):
    portal_sandbox.set_requisite(seed.ROMASHKA.inn, "966043001", company_id=OWN_COMPANY)

    with pytest.raises(BoxNotChosen):
        our_box(lonely_context, "", card)


def test_without_an_own_company_the_only_box_acts(lonely_context, box, portal_sandbox):
    deal = portal_sandbox.create_item(DEAL_TYPE, {"TITLE": "Без своей компании"})
    portal_sandbox.change_item({"MYCOMPANY_ID": 0}, DEAL_TYPE, deal)

    assert our_box(lonely_context, "", Card(lonely_context, CrmItem(DEAL, deal))).id == box.id


def test_without_an_own_company_several_boxes_have_to_be_chosen_between(lonely_context, boxes):
    with pytest.raises(BoxNotChosen):
        our_box(lonely_context, "", None)


def test_the_box_that_an_administrator_chose_stands_in_where_nothing_names_ours(lonely_context, boxes):
    default = boxes[1]
    choose(lonely_context, default.id)

    assert our_box(lonely_context, "", None).id == default.id


def test_the_default_never_stands_in_for_what_is_named(lonely_context, boxes, card, portal_sandbox):
    choose(lonely_context, boxes[1].id)
    assert our_box(lonely_context, "", card).inn == seed.ROMASHKA.inn
    portal_sandbox.set_requisite("7805123400", "780501001", company_id=OWN_COMPANY)

    for named, item in (("", Card(lonely_context, CrmItem(DEAL, 1))), (seed.LYUTIK.inn, None)):
        with pytest.raises(BoxNotChosen):
            our_box(lonely_context, named, item)


def test_a_default_that_is_no_box_of_ours_any_more_is_none(lonely_context, boxes):
    choose(lonely_context, 4711)

    with pytest.raises(BoxNotChosen):
        our_box(lonely_context, "", None)


def test_a_paused_box_is_not_used(lonely_context, box):
    assert lonely_context.registry.boxes.pause(box.id)

    with pytest.raises(BoxNotChosen) as caught:
        usable_box(lonely_context, "", None)

    assert "приостановлен" in caught.value.text("ru")
    assert lonely_context.registry.boxes.resume(box.id)
    assert usable_box(lonely_context, "", None).id == box.id


def choose(context, box_pk: int) -> None:
    change_settings(context.registry.database, context.portal.id, user_id=1, default_box_pk=box_pk)


def test_another_portals_box_is_as_absent_as_none(lonely_context, box, again, portal):
    from registry.portal_registry import PortalRegistry

    theirs = again(lonely_context, portal=portal, registry=PortalRegistry(lonely_context.registry.database, portal.id))

    with pytest.raises(BoxNotChosen):
        our_box(theirs, seed.ROMASHKA.box, None)


@pytest.mark.parametrize(
    ("status", "error"),
    [("auth_lost", DiadocAuthLost), ("subscription_ended", SubscriptionEnded), ("no_access", NoAccess)],
)
def test_a_box_known_to_be_closed_says_why(lonely_context, box, status, error):
    lonely_context.registry.boxes.mark(box.id, status, "причина")

    with pytest.raises(error) as caught:
        usable_box(lonely_context, "", None)

    assert "причина" in caught.value.text("ru")
