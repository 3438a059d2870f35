"""Registries as smart processes: made once, adopted, mended, and left as people have changed them."""

import json
from contextlib import suppress

import pytest

from activities import registries
from activities.context import Context
from activities.registries.fields import FIELDS, TITLES
from errors import NotConfigured, Unavailable
from registry.changes import Changes
from registry.crm_registries import DOCUMENTS, PACKAGES, PREPARING_LOCK, CrmRegistries
from sandbox.portal.driver import DEAL_TYPE
from tests.activities.registries.conftest import Shown


def types_of(context: Context) -> list[str]:
    return [one.title for one in context.bitrix24.crm_type_list() if one.title in {text.ru for text in TITLES.values()}]


def test_both_registries_are_made_with_all_their_fields(lonely_context: Context, shown: Shown) -> None:
    prepared = registries.prepare(lonely_context)

    assert prepared.trouble == ""
    assert [prepared.registries[kind].title for kind in (DOCUMENTS, PACKAGES)] == [
        "Реестр документов ЭДО",
        "Пакеты ЭДО",
    ]
    for kind, fields in FIELDS.items():
        assert prepared.registries[kind].is_new
        assert len(prepared.registries[kind].fields_made) == len(fields)
        assert set(shown.row(kind).fields) == {one.name for one in fields} | {"_parents"}


def test_items_are_bound_to_deals_companies_and_packages(
    lonely_context: Context, shown: Shown, prepared: registries.Prepared
) -> None:
    documents, packages = shown.row(DOCUMENTS), shown.row(PACKAGES)

    made = lonely_context.bitrix24.crm_type_get(documents.type_id)

    assert "isClientEnabled" in made.flags
    assert "isStagesEnabled" not in made.flags
    assert set(made.parents) == {DEAL_TYPE, packages.entity_type_id}
    assert documents.fields["_parents"] == sorted([DEAL_TYPE, packages.entity_type_id])


def test_fields_are_called_in_both_languages_and_typed_for_what_they_hold(
    prepared: registries.Prepared, shown: Shown
) -> None:
    total, signed, number = shown.field("total"), shown.field("signed_files"), shown.field("number")

    assert total["userTypeId"] == "money"
    assert (signed["userTypeId"], signed["multiple"]) == ("file", "Y")
    assert number["editFormLabel"] == {"ru": "Номер документа", "en": "Document number"}
    assert (number["showInList"], number["xmlId"]) == ("Y", "b24-edo:number")


def test_preparing_again_changes_nothing(
    lonely_context: Context, prepared: registries.Prepared, shown: Shown, asked
) -> None:
    before = [shown.fields(kind) for kind in FIELDS]
    asked()

    again = registries.prepare(lonely_context)

    assert not again.has_changed
    assert not {"crm.type.add", "crm.type.update", "batch"} & set(asked())
    assert [shown.fields(kind) for kind in FIELDS] == before


def test_a_field_that_a_person_deleted_is_made_again(
    lonely_context: Context, prepared: registries.Prepared, shown: Shown
) -> None:
    lonely_context.bitrix24.call("userfieldconfig.delete", {"moduleId": "crm", "id": shown.field("grounds")["id"]})

    again = registries.prepare(lonely_context)

    assert again.registries[DOCUMENTS].fields_made == ("Основание",)
    assert shown.field("grounds")["userTypeId"] == "string"
    assert again.trouble == ""


def test_names_that_people_gave_stay(lonely_context: Context, prepared: registries.Prepared, shown: Shown) -> None:
    client, row = lonely_context.bitrix24, shown.row()
    client.call("crm.type.update", {"id": row.type_id, "fields": {"title": "Наши бумаги"}})
    label = {"editFormLabel": {"ru": "Номер бумаги"}}
    client.call("userfieldconfig.update", {"moduleId": "crm", "id": shown.field("number")["id"], "field": label})

    again = registries.prepare(lonely_context)

    assert again.registries[DOCUMENTS].title == "Наши бумаги"
    assert not again.has_changed
    assert shown.field("number")["editFormLabel"] == {"ru": "Номер бумаги"}


def test_a_field_of_another_type_is_reported_and_left_alone(
    lonely_context: Context, prepared: registries.Prepared, shown: Shown
) -> None:
    client, name = lonely_context.bitrix24, shown.field("vat")["fieldName"]
    client.call("userfieldconfig.delete", {"moduleId": "crm", "id": shown.field("vat")["id"]})
    field = {"entityId": f"CRM_{shown.row().type_id}", "fieldName": name, "userTypeId": "string"}
    client.call("userfieldconfig.add", {"moduleId": "crm", "field": field})

    again = registries.prepare(lonely_context)

    assert "Сумма НДС" in again.trouble
    assert again.trouble == shown.row().trouble
    assert "vat" not in shown.row().fields


def test_registries_that_were_forgotten_here_are_adopted(
    lonely_context: Context, prepared: registries.Prepared, shown: Shown, database
) -> None:
    before = {kind: shown.row(kind).type_id for kind in FIELDS}
    with database.session() as session:
        session.connection().exec_driver_sql("delete from crm_registry")

    again = registries.prepare(lonely_context)

    assert {kind: shown.row(kind).type_id for kind in FIELDS} == before
    assert not any(one.is_new for one in again.registries.values())
    assert len(types_of(lonely_context)) == 2


def test_a_smart_process_of_the_same_name_without_our_fields_is_anothers(lonely_context: Context) -> None:
    lonely_context.bitrix24.crm_type_add(title="Реестр документов ЭДО", flags={})

    prepared = registries.prepare(lonely_context)

    assert prepared.registries[DOCUMENTS].is_new
    assert len(types_of(lonely_context)) == 3


@pytest.mark.parametrize("method", ["crm.type.add", "batch"])
def test_a_lost_answer_makes_no_second_registry(lonely_context: Context, portal_sandbox, method: str) -> None:
    portal_sandbox.fault(method, "lost_reply")
    with suppress(Unavailable):
        registries.prepare(lonely_context)

    prepared = registries.prepare(lonely_context)

    assert prepared.trouble == ""
    assert sorted(types_of(lonely_context)) == ["Пакеты ЭДО", "Реестр документов ЭДО"]


def test_a_deleted_registry_is_made_anew(lonely_context: Context, prepared: registries.Prepared, shown: Shown) -> None:
    before = shown.row().type_id
    lonely_context.bitrix24.call("crm.type.delete", {"id": before})

    again = registries.prepare(lonely_context)

    assert again.registries[DOCUMENTS].is_new
    assert not again.registries[PACKAGES].is_new
    assert shown.row().type_id != before


def test_a_plan_without_smart_processes_is_told_with_what_to_do(lonely_context: Context, portal_sandbox) -> None:
    refusal = {"error": "CREATE_DYNAMIC_TYPE_RESTRICTED", "error_description": "Restricted"}
    portal_sandbox.fault("crm.type.add", "status", status=400, body=json.dumps(refusal))

    with pytest.raises(NotConfigured) as failure:
        registries.prepare(lonely_context)

    assert "универсальные списки" in failure.value.text("ru")
    assert "universal lists" in failure.value.text("en")


def test_missing_rights_are_told_with_what_to_do(lonely_context: Context, portal_sandbox) -> None:
    portal_sandbox.change_user(1, is_admin=False)

    with pytest.raises(NotConfigured) as failure:
        registries.prepare(lonely_context)

    assert "администратором CRM" in failure.value.text("ru")


def test_two_do_not_prepare_at_once(lonely_context: Context, database) -> None:
    elsewhere = CrmRegistries(database, lonely_context.portal.id)

    with elsewhere.exclusively(PREPARING_LOCK, lonely_context.portal.id), pytest.raises(Unavailable):
        registries.prepare(lonely_context)


def test_packages_that_are_there_already_are_to_be_shown(lonely_context: Context, database) -> None:
    package = lonely_context.registry.packages.open_or_create(crm_item="D_1", name="")
    changes = Changes(database)
    change = changes.get(package.id)
    assert change is not None
    changes.shown(package.id, version=change.version)

    registries.prepare(lonely_context)

    assert changes.get(package.id) is not None


def test_changes_of_items_are_heard_of(lonely_context: Context, prepared: registries.Prepared) -> None:
    bound = {one.event for one in lonely_context.bitrix24.event_get()}

    assert {"ONCRMDYNAMICITEMUPDATE", "ONCRMDYNAMICITEMDELETE"} <= bound


def test_progress_is_told_step_by_step(lonely_context: Context) -> None:
    told: list[tuple[int, int, str]] = []

    registries.prepare(lonely_context, progress=lambda done, total, what: told.append((done, total, what.ru)))

    assert [done for done, _, _ in told] == [0, 1, 2]
    assert {total for _, total, _ in told} == {3}
    assert told[0][2] == "Пакеты ЭДО"
