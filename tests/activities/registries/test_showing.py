"""Items follow our registry: once each, only what changed, file with state, never again after a person deleted one."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from activities import registries
from activities.context import Context
from activities.diadoc_remove_document import DiadocRemoveDocument
from errors import AppError, NotConfigured, Unavailable
from registry.blobs import Blob
from registry.crm_registries import DOCUMENTS, PACKAGES
from sandbox.portal.driver import CONTRACT_FILE, COUNTERAGENT
from tests.activities.registries.conftest import Shown

LARGE = b"%PDF" + b"%" * 400_000


@pytest.fixture
def added(add: Callable[..., dict[str, Any]], invoice: bytes, prepared: registries.Prepared) -> dict[str, Any]:
    """An invoice in an open package of a portal with registries; not shown yet."""
    return add()


def keep(context: Context, document_id: int, kind: str, content: bytes, name: str) -> None:
    blob: Blob = context.blobs.put(context.portal.id, io.BytesIO(content))
    context.registry.packages.keep_file(document_id, kind=kind, file_name=name, blob=blob)


def test_a_paper_and_its_package_have_an_item_each(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])

    item, package = shown.one(), shown.package()
    assert item.title == "Счёт на оплату № 17 от 20.11.2026"
    assert item.values["type_code"] == "ProformaInvoice"
    assert (item.values["total"], item.values["vat"]) == ("1220.00|RUB", "220.00|RUB")
    assert (item.values["date"], item.values["grounds"]) == ("2026-11-20", "Договор № 5")
    assert (item.values["sending_status"], item.values["state_code"]) == ("Не отправлен", "not_sent")
    assert item.values["document_id"] == str(added["document_id"])
    assert (package.values["status"], package.values["status_code"]) == ("Новый", "new")
    assert package.values["documents"] == item.title
    assert package.values["documents_count"] == "1"
    assert item.mark == f"b24-edo:document:{added['document_id']}"


def test_items_are_bound_to_the_deal_its_company_and_the_package(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])

    item = shown.raw(shown.one().id)
    assert item["PARENT_ID_2"] == 1
    assert item["COMPANY_ID"] == COUNTERAGENT
    assert item[f"PARENT_ID_{shown.row(PACKAGES).entity_type_id}"] == shown.package().id


def test_the_file_of_a_paper_is_in_its_item(lonely_context: Context, added, shown: Shown, invoice: bytes) -> None:
    registries.show(lonely_context, added["package_id"])

    assert shown.files(shown.one().id, "file") == [("Счёт № 17.pdf", invoice)]


def test_a_large_file_is_there_as_soon_as_the_item(
    lonely_context: Context, add, prepared, portal_sandbox, shown: Shown
) -> None:
    portal_sandbox.put_file(CONTRACT_FILE, "Большой.pdf", LARGE)
    added = add()

    registries.show(lonely_context, added["package_id"])

    assert shown.files(shown.one().id, "file") == [("Большой.pdf", LARGE)]


def test_showing_again_asks_the_portal_nothing(lonely_context: Context, added, asked) -> None:
    registries.show(lonely_context, added["package_id"])
    asked()

    registries.show(lonely_context, added["package_id"])

    assert asked() == []


def test_only_what_changed_is_written_and_in_one_request(lonely_context: Context, added, shown: Shown, asked) -> None:
    registries.show(lonely_context, added["package_id"])
    shown.change(shown.one().id, grounds="Написал человек")
    lonely_context.registry.packages.keep_state(added["document_id"], {"docflow_state": "delivered"})
    asked()

    registries.show(lonely_context, added["package_id"])

    assert asked() == ["batch"]
    assert shown.one().values["state_code"] == "delivered"
    assert shown.one().values["grounds"] == "Написал человек"


def test_many_papers_travel_in_one_batch(lonely_context: Context, add, invoice, prepared, shown: Shown, asked) -> None:
    package_id = 0
    for number in range(12):
        package_id = add(number=str(number))["package_id"]
    asked()

    registries.show(lonely_context, package_id)

    assert asked().count("batch") == 2  # the package's item first, then everything else
    assert len(shown.items()) == 12


@pytest.mark.parametrize("skip", [0, 1])
def test_a_lost_answer_makes_no_second_item(
    lonely_context: Context, added, shown: Shown, portal_sandbox, skip: int
) -> None:
    portal_sandbox.fault("batch", "lost_reply", skip=skip)
    with pytest.raises(Unavailable):
        registries.show(lonely_context, added["package_id"])

    registries.show(lonely_context, added["package_id"])

    assert (len(shown.items()), len(shown.items(PACKAGES))) == (1, 1)
    assert shown.one().values["number"] == "17"
    assert shown.package().values["status_code"] == "new"


def test_an_item_that_a_person_deleted_is_not_made_again(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    registries.show(lonely_context, added["package_id"])
    portal_sandbox.delete_item(shown.row().entity_type_id, shown.one().id)
    lonely_context.registry.packages.keep_state(added["document_id"], {"docflow_state": "delivered"})

    registries.show(lonely_context, added["package_id"])
    registries.show(lonely_context, added["package_id"])

    assert shown.items() == []
    assert shown.package().values["documents_count"] == "1"


def test_a_registry_that_a_person_deleted_is_told_of(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    registries.show(lonely_context, added["package_id"])
    row = shown.row()
    portal_sandbox.delete_item(row.entity_type_id, shown.one().id)
    lonely_context.bitrix24.call("crm.type.delete", {"id": row.type_id})
    lonely_context.registry.packages.keep_state(added["document_id"], {"docflow_state": "delivered"})

    with pytest.raises(NotConfigured):
        registries.show(lonely_context, added["package_id"])

    assert "подготовьте его снова" in shown.row().trouble
    assert lonely_context.registry.mirror(DOCUMENTS).get(added["document_id"]).gone_at is None


def test_items_of_a_registry_that_was_made_anew_are_made_anew(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    registries.show(lonely_context, added["package_id"])
    row = shown.row()
    portal_sandbox.delete_item(row.entity_type_id, shown.one().id)
    lonely_context.bitrix24.call("crm.type.delete", {"id": row.type_id})

    registries.prepare(lonely_context)
    registries.show(lonely_context, added["package_id"])

    assert shown.one().values["number"] == "17"


def test_a_paper_that_was_taken_out_says_so(lonely_context: Context, added, shown: Shown, run, again) -> None:
    registries.show(lonely_context, added["package_id"])
    run(DiadocRemoveDocument(), on=again(lonely_context), use_document=str(added["document_id"]))

    registries.show(lonely_context, added["package_id"])

    assert shown.one().values["sending_status"] == "Убран из пакета"
    assert shown.one().values["number"] == "17"
    assert shown.package().values["documents_count"] == "0"


def test_kept_files_join_those_that_people_put_there(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    registries.show(lonely_context, added["package_id"])
    row, item = shown.row(), shown.one()
    portal_sandbox.put_file(row.fields["signed_files"], "скан.pdf", b"scan", row.entity_type_id, item.id)
    keep(lonely_context, added["document_id"], "print_form", b"%PDF form", "печатная форма.pdf")
    registries.show(lonely_context, added["package_id"])
    keep(lonely_context, added["document_id"], "archive", b"PK zip", "архив.zip")

    registries.show(lonely_context, added["package_id"])

    names = [name for name, _ in shown.files(item.id, "signed_files")]
    assert names == ["скан.pdf", "печатная форма.pdf", "архив.zip"]


@pytest.mark.parametrize("is_new", [True, False], ids=["of a new item", "of an item that was there"])
def test_a_lost_answer_puts_no_file_there_twice(
    lonely_context: Context, added, shown: Shown, portal_sandbox, is_new: bool
) -> None:
    if not is_new:
        registries.show(lonely_context, added["package_id"])
    keep(lonely_context, added["document_id"], "print_form", b"%PDF form", "печатная форма.pdf")
    portal_sandbox.fault("batch", "lost_reply", skip=int(is_new))
    with pytest.raises(Unavailable):
        registries.show(lonely_context, added["package_id"])

    registries.show(lonely_context, added["package_id"])
    keep(lonely_context, added["document_id"], "archive", b"PK zip", "архив.zip")
    registries.show(lonely_context, added["package_id"])

    names = [name for name, _ in shown.files(shown.one().id, "signed_files")]
    assert names == ["печатная форма.pdf", "архив.zip"]


def test_a_younger_file_takes_the_place_of_the_older_one(lonely_context: Context, added, shown: Shown) -> None:
    keep(lonely_context, added["document_id"], "archive", b"PK one", "архив.zip")
    registries.show(lonely_context, added["package_id"])
    keep(lonely_context, added["document_id"], "archive", b"PK two", "архив.zip")

    registries.show(lonely_context, added["package_id"])

    assert shown.files(shown.one().id, "signed_files") == [("архив.zip", b"PK two")]


def test_what_the_check_found_is_the_status_of_the_package(lonely_context: Context, added, shown: Shown) -> None:
    packages = lonely_context.registry.packages
    statuses = []
    for error in ("", "Нет ИНН"):
        packages.mark_checked(added["package_id"], error=error)
        registries.show(lonely_context, added["package_id"])
        values = shown.package().values
        statuses.append((values["status_code"], values["error"]))

    assert statuses == [("checked", ""), ("returned", "Нет ИНН")]


def test_a_package_on_a_smart_process_is_found_by_its_code(
    lonely_context: Context, add, invoice, prepared, again, shown: Shown
) -> None:
    added = add(crm_item="D_1")
    with lonely_context.registry.database.session() as session:
        session.connection().exec_driver_sql("update package set crm_item = 'T4c4_1'")
        session.connection().exec_driver_sql("update document set crm_item = 'T4c4_1'")

    registries.show(lonely_context, added["package_id"])

    assert shown.one().values["crm_item"] == "T4c4_1"


def test_a_portal_without_registries_is_asked_nothing(lonely_context: Context, add, invoice, asked) -> None:
    added = add()
    asked()

    registries.show(lonely_context, added["package_id"])

    assert asked() == []


def test_what_the_portal_refuses_does_not_keep_the_rest_from_being_shown(
    lonely_context: Context, added, shown: Shown, portal_sandbox
) -> None:
    portal_sandbox.add_field(f"CRM_{shown.row().type_id}", "UF_CRM_1_OWN", "string", mandatory="Y")

    with pytest.raises(AppError):
        registries.show(lonely_context, added["package_id"])

    assert shown.package().values["status_code"] == "new"
    assert shown.row().trouble
