"""A paper out of the document registry: its file, the requisites that nobody named, and the item that shows it."""

from collections.abc import Callable
from typing import Any

import pytest

from activities import registries
from activities.context import Context
from activities.crm_ids import DEAL, CrmItem
from activities.diadoc_add_document import DiadocAddDocument
from activities.diadoc_remove_document import DiadocRemoveDocument
from errors import Duplicate, FileNotFound, InputInvalid, NotConfigured
from tests.activities.registries.conftest import Shown

PAPER = b"%PDF-1.4 made by a person"


@pytest.fixture
def made(prepared: registries.Prepared, shown: Shown, portal_sandbox) -> int:
    """An item that a person made by hand, bound to the deal: its number."""
    row = shown.row()
    values = {
        "number": "77",
        "date": "2026-11-18",
        "total": "1220|RUB",
        "vat": "220|RUB",
        "type": "Счёт на оплату",
        "grounds": "Договор № 9",
        "valid_till": "2027-01-31",
    }
    fields = {row.fields[name]: value for name, value in values.items()}
    item_id: int = portal_sandbox.create_item(row.entity_type_id, {"title": "Наш счёт", "parentId2": 1, **fields})
    portal_sandbox.put_file(row.fields["file"], "счёт.pdf", PAPER, row.entity_type_id, item_id)
    return item_id


@pytest.fixture
def take(run, again, lonely_context: Context) -> Callable[..., dict[str, Any]]:
    """take(5): add the paper of an item, each time as a call of its own; its outputs."""

    def take(item: object, **inputs: Any) -> dict[str, Any]:
        wanted = {"source": "registry", "registry_item_id": str(item), "document_type": "ProformaInvoice", **inputs}
        return run(DiadocAddDocument(), on=again(lonely_context), **wanted)

    return take


def test_file_and_requisites_come_from_the_item(take, made: int, lonely_context: Context) -> None:
    added = take(made)

    document = lonely_context.registry.packages.document(added["document_id"])
    with lonely_context.blobs.open(document.blob) as file:
        assert file.read() == PAPER
    assert (document.number, document.date, document.file_name) == ("77", "18.11.2026", "счёт.pdf")
    assert document.metadata_["TotalSum"] == "1220.00"
    assert document.requisites["grounds"] == "Договор № 9"
    assert document.origin == f"registry:{made}"


def test_what_the_designer_named_wins(take, made: int, lonely_context: Context) -> None:
    added = take(made, number="78", total="2440,00", vat="440,00")

    document = lonely_context.registry.packages.document(added["document_id"])
    assert (document.number, document.requisites["total"], document.date) == ("78", "2440.00", "18.11.2026")


def test_the_item_becomes_that_of_the_paper(take, made: int, lonely_context: Context, shown: Shown) -> None:
    added = take(made)

    registries.show(lonely_context, added["package_id"])

    item = shown.one()
    assert item.id == made
    assert item.values["document_id"] == str(added["document_id"])
    assert item.values["valid_till"] == "2027-01-31"
    assert shown.files(made, "file") == [("счёт.pdf", PAPER)]
    assert not registries.take_in(lonely_context, added["package_id"])


@pytest.mark.parametrize("code", ["{item}", "T{type:x}_{item}", "DYNAMIC_{type}_{item}"])
def test_an_item_is_named_by_number_or_code(take, made: int, shown: Shown, code: str) -> None:
    added = take(code.format(item=made, type=shown.row().entity_type_id))

    assert added["file_name"] == "счёт.pdf"


@pytest.mark.parametrize("code", ["", "D_1", "седьмой", "T500_1"])
def test_what_is_no_item_of_the_registry_is_refused(take, made: int, code: str) -> None:
    with pytest.raises(InputInvalid, match="Registry item"):
        take(code)


def test_an_item_that_is_not_there_is_named(take, made: int) -> None:
    with pytest.raises(FileNotFound, match="item 999"):
        take(999)


def test_an_item_without_a_file_is_told_of(take, prepared, shown: Shown, portal_sandbox) -> None:
    empty = portal_sandbox.create_item(shown.row().entity_type_id, {"title": "Пусто"})

    with pytest.raises(FileNotFound, match="has no file"):
        take(empty)


def test_an_unreadable_requisite_is_named_with_its_value(take, made: int, shown: Shown) -> None:
    shown.change(made, total="много|RUB")

    with pytest.raises(InputInvalid, match=r"много\|RUB"):
        take(made)


def test_without_a_registry_the_settings_page_is_named(take) -> None:
    with pytest.raises(NotConfigured) as failure:
        take(1)

    assert "странице настроек" in failure.value.text("ru")
    assert "settings page" in failure.value.text("en")


def test_a_repeated_call_takes_the_same_file_once(run, lonely_context: Context, made: int, shown: Shown) -> None:
    wanted = {"source": "registry", "registry_item_id": str(made), "document_type": "ProformaInvoice"}
    first = run(DiadocAddDocument(), on=lonely_context, **wanted)
    shown.change(made, number="changed meanwhile")

    second = run(DiadocAddDocument(), on=lonely_context, **wanted)

    assert second == first
    assert len(lonely_context.registry.packages.documents(first["package_id"])) == 1


def test_a_paper_that_was_taken_out_may_be_taken_again(
    take, run, again, made: int, lonely_context: Context, shown: Shown
) -> None:
    first = take(made)
    registries.show(lonely_context, first["package_id"])
    run(DiadocRemoveDocument(), on=again(lonely_context), use_document=str(first["document_id"]))
    registries.show(lonely_context, first["package_id"])

    second = take(made)
    registries.show(lonely_context, second["package_id"])

    assert shown.one().id == made
    assert shown.one().values["document_id"] == str(second["document_id"])
    assert shown.one().values["sending_status"] == "Не отправлен"


def test_a_living_paper_keeps_its_item(take, made: int, lonely_context: Context, shown: Shown) -> None:
    first = take(made)
    second = take(made, package_name="second", number="78")

    for added in (first, second):
        registries.show(lonely_context, added["package_id"])

    shown_by = {item.values["number"]: item.id for item in shown.items()}
    assert shown_by["77"] == made
    assert shown_by["78"] != made


def test_the_same_paper_is_not_sent_twice(take, made: int, lonely_context: Context, database) -> None:
    take(made)
    with database.session() as session:
        session.connection().exec_driver_sql("update package set state = 'sent'")

    with pytest.raises(Duplicate):
        take(made)


def test_the_items_of_a_deal_tell_which_are_ours(
    take, made: int, lonely_context: Context, shown: Shown, portal_sandbox
) -> None:
    added = take(made)
    registries.show(lonely_context, added["package_id"])
    row = shown.row()
    portal_sandbox.create_item(
        row.entity_type_id, {"title": "Ещё", "parentId2": 1, row.fields["type"]: "акт", row.fields["number"]: "5"}
    )
    portal_sandbox.create_item(row.entity_type_id, {"title": "Чужой сделки"})

    ours, theirs = registries.items_of(lonely_context, CrmItem(DEAL, 1))

    assert (ours.id, ours.document_id, ours.package_id) == (made, added["document_id"], added["package_id"])
    assert (ours.document_type, ours.requisites["total"]) == ("ProformaInvoice", "1220.00|RUB")
    assert len(ours.files) == 1
    assert (theirs.document_type, theirs.document_id, theirs.requisites) == (
        "AcceptanceCertificate",
        0,
        {"number": "5"},
    )
    assert theirs.link == f"/crm/type/{row.entity_type_id}/details/{theirs.id}/"


def test_an_item_of_ours_has_an_address(take, made: int, lonely_context: Context, shown: Shown) -> None:
    added = take(made)

    assert registries.item_link(lonely_context, "documents", added["document_id"]).endswith(f"/details/{made}/")
    assert registries.item_link(lonely_context, "documents", 999) == ""


def test_a_portal_without_registries_has_no_items(lonely_context: Context) -> None:
    assert registries.items_of(lonely_context, CrmItem(DEAL, 1)) == []
