"""What people write into items comes back into our registry, until the package is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from activities import papers, registries
from activities.context import Context
from activities.diadoc_check_package import DiadocCheckPackage
from activities.registries import taking
from errors import Unavailable
from registry.changes import Changes
from registry.crm_registries import DOCUMENTS, PACKAGES
from sandbox.portal.driver import COUNTERAGENT_INN, COUNTERAGENT_KPP
from tests.activities.registries.conftest import Shown


@pytest.fixture
def added(
    lonely_context: Context, add: Callable[..., dict[str, Any]], invoice: bytes, prepared: registries.Prepared
) -> dict[str, Any]:
    """An invoice in an open package, shown."""
    added = add()
    registries.show(lonely_context, added["package_id"])
    return added


@pytest.fixture
def requisites(lonely_context: Context, added) -> Callable[[], Any]:
    """Of the invoice, as our registry knows them now."""

    def requisites() -> Any:
        document = lonely_context.registry.packages.document(added["document_id"])
        return papers.from_json(document.requisites)

    return requisites


def take_and_show(context: Context, package_id: int) -> bool:
    changed = registries.take_in(context, package_id)
    registries.show(context, package_id)
    return changed


def freeze(context: Context, package_id: int) -> None:
    context.registry.packages.freeze(package_id, sending={}, needs_reply={})


def test_nothing_is_taken_where_people_changed_nothing(lonely_context: Context, added) -> None:
    assert not registries.take_in(lonely_context, added["package_id"])


def test_a_corrected_requisite_comes_into_the_paper(lonely_context: Context, added, shown: Shown, requisites) -> None:
    shown.change(shown.one().id, number="17/1", total="2440.00|RUB", date="2026-11-19", grounds="Договор № 6")

    assert take_and_show(lonely_context, added["package_id"])

    known, document = requisites(), lonely_context.registry.packages.document(added["document_id"])
    assert (known.number, str(known.total), known.grounds) == ("17/1", "2440.00", "Договор № 6")
    assert (document.number, document.date) == ("17/1", "19.11.2026")
    assert document.metadata_["TotalSum"] == "2440.00"
    assert shown.one().values["number"] == "17/1"
    assert shown.one().title == "Счёт на оплату № 17-1 от 19.11.2026"
    assert not registries.take_in(lonely_context, added["package_id"])


def test_a_sum_in_another_currency_changes_the_currency(
    lonely_context: Context, added, shown: Shown, requisites
) -> None:
    shown.change(shown.one().id, total="100.00|USD", vat="10.00|USD")

    take_and_show(lonely_context, added["package_id"])

    assert requisites().currency == "USD"
    assert shown.one().values["currency"] == "USD"


def test_an_unreadable_value_stays_with_the_reason_beside_it(
    lonely_context: Context, added, shown: Shown, requisites
) -> None:
    shown.change(shown.one().id, total="много|RUB", number="18")

    take_and_show(lonely_context, added["package_id"])

    item = shown.one()
    assert (str(requisites().total), requisites().number) == ("1220.00", "18")
    assert item.values["total"] == "много|RUB"
    assert item.values["problem"].startswith("Сумма «много|RUB»: Нужна сумма")


def test_the_reason_goes_when_the_value_is_corrected(lonely_context: Context, added, shown: Shown, requisites) -> None:
    shown.change(shown.one().id, total="много|RUB")
    take_and_show(lonely_context, added["package_id"])
    shown.change(shown.one().id, total="500.00|RUB", vat="50.00|RUB")

    take_and_show(lonely_context, added["package_id"])

    assert str(requisites().total) == "500.00"
    assert shown.one().values["problem"] == ""


def test_a_requisite_that_the_type_needs_cannot_be_emptied(
    lonely_context: Context, added, shown: Shown, requisites
) -> None:
    shown.change(shown.one().id, number="")

    take_and_show(lonely_context, added["package_id"])

    assert requisites().number == "17"
    assert "не заполнены реквизиты" in shown.one().values["problem"]


def test_a_paper_cannot_become_another_one_of_its_package(
    lonely_context: Context, added, add, shown: Shown, requisites
) -> None:
    add(number="18")
    registries.show(lonely_context, added["package_id"])
    first = next(item for item in shown.items() if item.values["number"] == "17")
    shown.change(first.id, number="18")

    take_and_show(lonely_context, added["package_id"])

    assert requisites().number == "17"
    assert "уже есть такой документ" in shown.raw(first.id)[shown.row().fields["problem"]]


def test_after_the_freezing_the_item_is_written_over(lonely_context: Context, added, shown: Shown, requisites) -> None:
    freeze(lonely_context, added["package_id"])
    registries.show(lonely_context, added["package_id"])
    shown.change(shown.one().id, number="99")

    assert take_and_show(lonely_context, added["package_id"])

    assert requisites().number == "17"
    assert shown.one().values["number"] == "17"


def test_what_could_not_be_taken_is_written_over_at_the_freezing(lonely_context: Context, added, shown: Shown) -> None:
    shown.change(shown.one().id, total="много|RUB")
    take_and_show(lonely_context, added["package_id"])
    freeze(lonely_context, added["package_id"])

    registries.show(lonely_context, added["package_id"])

    assert shown.one().values["total"] == "1220.00|RUB"
    assert shown.one().values["problem"] == ""


def test_what_is_ours_is_written_over(lonely_context: Context, added, shown: Shown) -> None:
    shown.change(shown.one().id, state_code="delivered", package_id=999)
    shown.change(shown.package().id, kind=PACKAGES, status_code="sent")

    assert take_and_show(lonely_context, added["package_id"])

    assert (shown.one().values["state_code"], shown.one().values["package_id"]) == ("not_sent", "1")
    assert shown.package().values["status_code"] == "new"


def test_what_people_alone_know_stays_theirs(lonely_context: Context, added, shown: Shown) -> None:
    shown.change(shown.one().id, valid_till="2027-12-31")

    assert not take_and_show(lonely_context, added["package_id"])

    assert shown.one().values["valid_till"] == "2027-12-31"


def test_a_deleted_item_is_noticed_and_not_made_again(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    portal_sandbox.delete_item(shown.row().entity_type_id, shown.one().id)

    take_and_show(lonely_context, added["package_id"])

    assert lonely_context.registry.mirror(DOCUMENTS).get(added["document_id"]).gone_at is not None
    assert shown.items() == []


def test_a_check_sees_what_people_changed_a_moment_ago(
    context: Context, run, again, added, shown: Shown, requisites
) -> None:
    shown.change(shown.one().id, number="17-A")
    whom = {"for_inn": COUNTERAGENT_INN, "for_kpp": COUNTERAGENT_KPP}

    run(DiadocCheckPackage(), on=again(context), use_package=str(added["package_id"]), **whom)

    assert requisites().number == "17-A"
    package = context.registry.packages.get(added["package_id"])
    assert package.checked_at is not None or package.last_error


def test_a_nightly_look_finds_what_no_event_told(lonely_context: Context, added, shown: Shown) -> None:
    assert registries.look_through(lonely_context, "2000-01-01T00:00:00+00:00") == set()
    shown.change(shown.one().id, number="18")

    assert registries.look_through(lonely_context, "2000-01-01T00:00:00+00:00") == {added["package_id"]}


def test_nobody_takes_while_the_package_is_being_shown(
    lonely_context: Context, added, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "LOCK_SECONDS", 0.0)

    with Changes(database).exclusively(added["package_id"]), pytest.raises(Unavailable):
        registries.take_in(lonely_context, added["package_id"])
