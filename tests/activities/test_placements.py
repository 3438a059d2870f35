"""Our tab and button in the cards: bound where they are wanted, nowhere else, and only once."""

from dataclasses import replace

import pytest

from activities import placements
from activities.crm_ids import DEAL, SMART_INVOICE
from clients.bitrix24.models import PlacementBinding
from errors import NoAccess, RequestRejected

URL = "https://app.example"
HANDLER = f"{URL}/bitrix24/pages/deal-tab"


class Spots:
    """The placements of a portal, as `placement.*` keeps them. lacking: codes that this portal does not have."""

    def __init__(self) -> None:
        self.bound: list[PlacementBinding] = []
        self.titles: dict[str, dict[str, str]] = {}
        self.lacking: set[str] = set()
        self.denied = False

    def placement_get(self) -> tuple[PlacementBinding, ...]:
        return tuple(self.bound)

    def placement_bind(self, *, placement: str, handler: str, titles: dict[str, str]) -> None:
        if self.denied:
            raise NoAccess(system="Битрикс24", vendor_code="insufficient_scope")
        if placement in self.lacking:
            raise RequestRejected(system="Битрикс24", vendor_code="ERROR_PLACEMENT_NOT_FOUND")
        self.bound.append(PlacementBinding(placement=placement, handler=handler, title=titles["ru"]))
        self.titles[placement] = titles

    def placement_unbind(self, *, placement: str) -> int:
        before = len(self.bound)
        self.bound = [one for one in self.bound if one.placement != placement]
        return before - len(self.bound)

    def codes(self) -> list[str]:
        return sorted(one.placement for one in self.bound)


@pytest.fixture
def spots() -> Spots:
    return Spots()


def register(spots: Spots, *type_ids: int, url: str = URL):
    return placements.register(spots, public_url=url, type_ids=type_ids)  # type: ignore[arg-type]


def states(spots: Spots, *type_ids: int) -> dict[str, str]:
    listed = placements.registrations(spots, public_url=URL, type_ids=type_ids)  # type: ignore[arg-type]
    return {one.code: one.state for one in listed}


def test_deals_have_a_tab_and_a_button_in_both_languages(spots):
    done = register(spots)

    assert spots.codes() == ["CRM_DEAL_DETAIL_TAB", "CRM_DEAL_DETAIL_TOOLBAR"]
    assert spots.titles["CRM_DEAL_DETAIL_TAB"] == {"ru": "ЭДО", "en": "EDI"}
    assert spots.titles["CRM_DEAL_DETAIL_TOOLBAR"]["ru"] == "Сформировать пакет Диадок"
    assert {one.handler for one in spots.bound} == {HANDLER}
    assert {one.state for one in done} == {"registered"}


def test_registering_again_changes_nothing(spots):
    register(spots, 128)
    before = list(spots.bound)

    register(spots, 128)

    assert spots.bound == before


def test_chosen_types_are_shown_and_types_chosen_no_more_are_not(spots):
    register(spots, 128, SMART_INVOICE, DEAL)
    assert "CRM_DYNAMIC_128_DETAIL_TAB" in spots.codes()
    assert "CRM_SMART_INVOICE_DETAIL_TOOLBAR" in spots.codes()

    register(spots, SMART_INVOICE)

    assert "CRM_DYNAMIC_128_DETAIL_TAB" not in spots.codes()
    assert len(spots.codes()) == 4


def test_another_address_of_ours_is_outdated_and_bound_anew(spots):
    register(spots, url="https://old.example")
    assert set(states(spots).values()) == {"outdated"}

    register(spots)

    assert {one.handler for one in spots.bound} == {HANDLER}
    assert len(spots.bound) == 2


def test_what_is_not_there_is_missing(spots):
    assert set(states(spots, 128).values()) == {"missing"}


def test_a_spot_that_the_portal_lacks_leaves_the_others(spots):
    spots.lacking = {"CRM_DYNAMIC_128_DETAIL_TAB", "CRM_DYNAMIC_128_DETAIL_TOOLBAR"}

    done = register(spots, 128)

    assert {one.code for one in done if one.state == "missing"} == spots.lacking
    assert len(spots.bound) == 2


def test_a_portal_that_lets_us_show_nothing_says_so(spots):
    spots.denied = True

    with pytest.raises(NoAccess):
        register(spots)


def test_unregistering_takes_ours_and_leaves_other_pages(spots):
    register(spots, 128)
    other = PlacementBinding(placement="LEFT_MENU", handler=URL, title="Меню")
    spots.bound.append(other)

    gone = placements.unregister(spots)  # type: ignore[arg-type]

    assert spots.bound == [other]
    assert len(gone) == 4


def test_two_bindings_of_one_spot_become_one(spots):
    register(spots)
    spots.bound += [replace(one, handler=f"{URL}/old") for one in spots.bound]

    register(spots)

    assert len(spots.bound) == 2
