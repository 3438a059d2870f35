import pytest

from activities.counteragents import Recipient, find_counteragent, resolve
from clients.diadoc.ids import normal_box_id
from errors import (
    AmbiguousBox,
    CounteragentNotFound,
    InnInvalid,
    InputInvalid,
    KppForbidden,
    KppRequired,
)
from sandbox.diadoc import seed


def test_the_deal_resolves_to_our_box_and_its_clients(context, box):
    ours, requisites, counteragent = resolve(context, Recipient())

    assert ours.id == box.id
    assert (requisites.inn, requisites.kpp, requisites.name) == (seed.LYUTIK.inn, seed.LYUTIK.kpp, "ООО «Лютик»")
    assert counteragent.box_id == normal_box_id(seed.LYUTIK.box)
    assert (counteragent.status, counteragent.obstacle) == ("ours", None)


def test_a_box_that_a_person_chose_wins_over_inn_and_kpp(context):
    chosen = seed.GEMINI[1]

    _, requisites, counteragent = resolve(context, Recipient(for_inn=seed.LYUTIK.inn, to_box=chosen.box.upper()))

    assert counteragent.box_id == normal_box_id(chosen.box)
    assert (requisites.inn, requisites.kpp) == (chosen.inn, chosen.kpp)


def test_the_roaming_twin_can_still_be_chosen_by_a_person(context):
    _, _, counteragent = resolve(context, Recipient(to_box=seed.LYUTIK_TWIN.box))

    assert counteragent.is_roaming
    assert counteragent.obstacle.code == "NOT_PARTNER"


def test_nobody_is_guessed_between_equal_boxes(context, box):
    with pytest.raises(AmbiguousBox) as caught:
        find_counteragent(context, box, seed.GEMINI[0].inn, seed.GEMINI[0].kpp)

    assert all(normal_box_id(one.box) in caught.value.text("ru") for one in seed.GEMINI)


def test_without_a_kpp_the_head_office_and_its_branch_have_to_be_chosen_between(context, box):
    with pytest.raises(AmbiguousBox) as caught:
        find_counteragent(context, box, seed.LYUTIK.inn, "")

    assert len(caught.value.facts["boxes"]) == 2


@pytest.mark.parametrize("to_box", ["ящик", seed.ROMASHKA.box])
def test_a_box_that_cannot_be_a_recipient_is_a_wrong_input(context, to_box):
    with pytest.raises(InputInvalid):
        resolve(context, Recipient(to_box=to_box))


def test_an_unknown_box_is_nobodys(context):
    with pytest.raises(CounteragentNotFound) as caught:
        resolve(context, Recipient(to_box="00000000-0000-0000-0000-0000000000ff"))

    assert "0000000000ff" in str(caught.value)


@pytest.mark.parametrize(
    ("inn", "kpp", "error"),
    [
        ("9660003037", "966001001", InnInvalid),
        ("9660003036", "", KppRequired),
        (seed.ENTREPRENEUR.inn, "966001001", KppForbidden),
        ("9660003036", "96600100", InputInvalid),
        ("", "966001001", InnInvalid),
        ("500100732259", "", CounteragentNotFound),
    ],
)
def test_wrong_requisites_stop_before_anybody_is_found(context, inn, kpp, error):
    with pytest.raises(error):
        resolve(context, Recipient(for_inn=inn, for_kpp=kpp))


def test_a_liquidated_organization_is_found_and_closed(context, box):
    counteragent = find_counteragent(context, box, seed.LIQUIDATED.inn, seed.LIQUIDATED.kpp)

    assert counteragent.obstacle.code == "COUNTERPARTY_CLOSED"


def test_what_a_package_keeps_of_a_counteragent_is_plain(context, box):
    facts = find_counteragent(context, box, seed.LYUTIK.inn, seed.LYUTIK.kpp).facts()

    assert facts["name"] == seed.LYUTIK.name
    assert all(isinstance(value, (str, bool)) for value in facts.values())
