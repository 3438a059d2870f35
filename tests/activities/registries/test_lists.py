"""Registries as universal lists, for portals whose plan has no smart processes."""

import io
from typing import Any

import pytest

from activities import registries
from activities.context import Context
from activities.diadoc_add_document import DiadocAddDocument
from activities.registries.fields import FIELDS
from activities.registries.lists import CODES
from clients.bitrix24.lists import WhichList
from errors import InputInvalid, NotConfigured, Unavailable
from registry.crm_registries import DOCUMENTS, PACKAGES
from tests.activities.registries.conftest import Shown


@pytest.fixture
def listed(lonely_context: Context) -> registries.Prepared:
    return registries.prepare(lonely_context, "list")


@pytest.fixture
def added(add, invoice: bytes, listed: registries.Prepared) -> dict[str, Any]:
    return add()


def keep(context: Context, document_id: int, kind: str, content: bytes, name: str) -> None:
    blob = context.blobs.put(context.portal.id, io.BytesIO(content))
    context.registry.packages.keep_file(document_id, kind=kind, file_name=name, blob=blob)


def write(shown: Shown, item_id: int, **values: str) -> None:
    """What a person changes in an element; the form of the portal sends everything."""
    client, row = shown.context.bitrix24, shown.row()
    which = WhichList(id=row.iblock_id)
    (element,) = client.lists_element_get(which, {"=ID": item_id})
    fields = {name: texts[0] for name, texts in element.values.items() if texts and name != row.fields["file"]}
    changed = {row.fields[name]: value for name, value in values.items()}
    client.lists_element_update(which, element_id=item_id, fields={"NAME": element.name, **fields, **changed})


def test_both_lists_are_made_with_all_their_fields(listed: registries.Prepared, shown: Shown) -> None:
    assert listed.trouble == ""
    for kind, fields in FIELDS.items():
        assert listed.registries[kind].is_new
        assert {one.name for one in fields} | {"company"} == set(shown.row(kind).fields)
        assert listed.registries[kind].link == f"/services/lists/{shown.row(kind).iblock_id}/view/0/"


def test_preparing_again_changes_nothing(lonely_context: Context, listed: registries.Prepared, asked) -> None:
    asked()

    again = registries.prepare(lonely_context, "list")

    assert not again.has_changed
    assert not {"lists.add", "lists.field.add"} & set(asked())


def test_a_field_that_a_person_deleted_is_made_again(
    lonely_context: Context, listed: registries.Prepared, shown: Shown
) -> None:
    row = shown.row()
    params = {**WhichList(id=row.iblock_id).params(), "FIELD_ID": row.fields["grounds"]}
    lonely_context.bitrix24.call("lists.field.delete", params)

    again = registries.prepare(lonely_context, "list")

    assert again.registries[DOCUMENTS].fields_made == ("Основание",)
    assert shown.row().fields["grounds"] != row.fields["grounds"]


def test_a_list_that_a_person_made_is_adopted(lonely_context: Context, shown: Shown, portal_sandbox) -> None:
    client = lonely_context.bitrix24
    numbers = {kind: client.lists_add(code=f"own_{kind}", name="Наш список", rights={}) for kind in FIELDS}
    portal_sandbox.forget_requests()

    prepared = registries.prepare(lonely_context, "list", list_ids=numbers)

    assert {kind: one.iblock_id for kind, one in prepared.registries.items()} == numbers
    assert portal_sandbox.requests("lists.add") == []
    assert prepared.registries[DOCUMENTS].title == "Наш список"


def test_where_no_list_may_be_made_a_person_is_asked_to(lonely_context: Context, portal_sandbox) -> None:
    portal_sandbox.change_user(1, is_admin=False)

    with pytest.raises(NotConfigured) as failure:
        registries.prepare(lonely_context, "list")

    assert "создайте на портале список" in failure.value.text("ru")


def test_a_list_that_is_not_there_is_named(lonely_context: Context) -> None:
    with pytest.raises(NotConfigured, match="list 998"):
        registries.prepare(lonely_context, "list", list_ids={DOCUMENTS: 999, PACKAGES: 998})


def test_a_lost_answer_makes_no_second_list(lonely_context: Context, portal_sandbox) -> None:
    portal_sandbox.fault("lists.add", "lost_reply")
    with pytest.raises(Unavailable):
        registries.prepare(lonely_context, "list")

    registries.prepare(lonely_context, "list")

    codes = [one.code for one in lonely_context.bitrix24.lists_get()]
    assert sorted(code for code in codes if code in CODES.values()) == sorted(CODES.values())


def test_a_paper_and_its_package_have_an_element_each(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])

    item, package = shown.one(), shown.package()
    assert item.title == "Счёт на оплату № 17 от 20.11.2026"
    assert (item.values["total"], item.values["date"]) == ("1220.00|RUB", "2026-11-20")
    assert item.values["crm_item"] == "D_1"
    assert item.company_id == 2
    assert len(item.files["file"]) == 1
    assert package.values["status_code"] == "new"


def test_showing_again_asks_the_portal_nothing(lonely_context: Context, added, asked) -> None:
    registries.show(lonely_context, added["package_id"])
    asked()

    registries.show(lonely_context, added["package_id"])

    assert asked() == []


def test_a_change_loses_nothing_else_of_the_element(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])
    write(shown, shown.one().id, valid_till="31.12.2027")
    keep(lonely_context, added["document_id"], "archive", b"PK zip", "архив.zip")
    lonely_context.registry.packages.keep_state(added["document_id"], {"docflow_state": "delivered"})

    registries.show(lonely_context, added["package_id"])

    item = shown.one()
    assert item.values["state_code"] == "delivered"
    assert (item.values["grounds"], item.values["valid_till"]) == ("Договор № 5", "2027-12-31")
    assert (len(item.files["file"]), len(item.files["signed_files"])) == (1, 1)


def test_several_signed_files_are_one_zip(lonely_context: Context, added, shown: Shown, portal_sandbox) -> None:
    keep(lonely_context, added["document_id"], "archive", b"PK zip", "архив.zip")
    keep(lonely_context, added["document_id"], "print_form", b"%PDF", "форма.pdf")

    registries.show(lonely_context, added["package_id"])

    assert len(shown.one().files["signed_files"]) == 1


def test_a_lost_answer_makes_no_second_element(lonely_context: Context, added, shown: Shown, portal_sandbox) -> None:
    portal_sandbox.fault("lists.element.add", "lost_reply", skip=1)
    with pytest.raises(Unavailable):
        registries.show(lonely_context, added["package_id"])

    registries.show(lonely_context, added["package_id"])

    assert (len(shown.items()), len(shown.items(PACKAGES))) == (1, 1)


def test_an_element_that_a_person_deleted_is_not_made_again(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])
    params = {**WhichList(id=shown.row().iblock_id).params(), "ELEMENT_ID": shown.one().id}
    lonely_context.bitrix24.call("lists.element.delete", params)
    lonely_context.registry.packages.keep_state(added["document_id"], {"docflow_state": "delivered"})

    registries.show(lonely_context, added["package_id"])

    assert shown.items() == []


def test_a_corrected_requisite_is_found_by_the_nightly_look(lonely_context: Context, added, shown: Shown) -> None:
    registries.show(lonely_context, added["package_id"])
    assert registries.look_through(lonely_context, "2026-01-01T00:00:00+00:00") == set()
    write(shown, shown.one().id, number="18")

    found = registries.look_through(lonely_context, "2026-01-01T00:00:00+00:00")
    registries.take_in(lonely_context, added["package_id"])

    assert found == {added["package_id"]}
    assert lonely_context.registry.packages.document(added["document_id"]).number == "18"


def test_a_list_gives_no_files_to_us(lonely_context: Context, added, shown: Shown, run, again) -> None:
    which = WhichList(id=shown.row().iblock_id)
    file = ["чужой.pdf", "JVBERg=="]
    fields = {"NAME": "Чужой", shown.row().fields["file"]: file}
    item_id = lonely_context.bitrix24.lists_element_add(which, code="own-1", fields=fields)

    with pytest.raises(InputInvalid, match="gives no files"):
        run(
            DiadocAddDocument(),
            on=again(lonely_context),
            source="registry",
            registry_item_id=str(item_id),
            document_type="Nonformalized",
        )


def test_registries_move_from_smart_processes_to_lists(lonely_context: Context, add, invoice, shown: Shown) -> None:
    registries.prepare(lonely_context)
    added = add()
    registries.show(lonely_context, added["package_id"])

    registries.prepare(lonely_context, "list")
    registries.show(lonely_context, added["package_id"])

    assert shown.row().backend == "list"
    assert shown.one().values["number"] == "17"
