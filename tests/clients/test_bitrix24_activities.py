"""Entries of an own look and to-dos in a timeline, as the vendor writes them."""

from datetime import UTC, datetime

import pytest
import responses

from clients.bitrix24.timeline import TODO
from errors import NoAccess, NotFoundThere, RequestRejected, Unavailable
from tests.clients.bitrix24_support import Kit, sample

ADD, UPDATE = "crm.activity.configurable.add", "crm.activity.configurable.update"
LAYOUT = {"icon": {"code": "info"}, "header": {"title": "x"}}


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def add(kit: Kit) -> int:
    fields = {"completed": "N", "originatorId": "b24-edo", "originId": "package:7"}
    return kit.client.crm_activity_configurable_add(entity_type_id=2, entity_id=17, fields=fields, layout=LAYOUT)


def test_an_entry_is_made_for_an_item(kit):
    kit.answers(ADD, {"result": {"activity": {"id": 901}}})

    assert add(kit) == 901
    sent = kit.sent()
    assert (sent["ownerTypeId"], sent["ownerId"], sent["layout"]) == (2, 17, LAYOUT)
    assert sent["fields"]["originId"] == "package:7"


def test_an_entry_in_doubt_is_not_made_again_by_itself(kit):
    kit.answers(ADD, b"", status=502)

    with pytest.raises(Unavailable):
        add(kit)

    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("OWNER_NOT_FOUND", NotFoundThere),
        ("ERROR_WRONG_CONTEXT", NoAccess),
        ("ERROR_METHOD_NOT_FOUND", NoAccess),
        ("FIELD_IS_REDUNDANT", RequestRejected),
    ],
)
def test_what_is_in_the_way_of_an_entry_has_its_kind(kit, code, kind):
    kit.fails(ADD, code, "no")

    with pytest.raises(kind):
        add(kit)


def test_an_update_may_be_repeated(kit):
    kit.answers(UPDATE, b"", status=502)
    kit.answers(UPDATE, {"result": {"activity": {"id": 901}}})

    kit.client.crm_activity_configurable_update(901, fields={"completed": "Y"}, layout=LAYOUT)

    assert (kit.sent()["id"], kit.sent()["fields"]) == (901, {"completed": "Y"})


def test_a_deleted_entry_is_not_there(kit):
    kit.fails(UPDATE, "NOT_FOUND", "Not found.")

    with pytest.raises(NotFoundThere):
        kit.client.crm_activity_configurable_update(901, fields={}, layout=LAYOUT)


def test_a_to_do_is_made_with_its_time(kit):
    kit.answers("crm.activity.todo.add", {"result": {"id": 902}})

    number = kit.client.crm_activity_todo_add(
        entity_type_id=2, entity_id=17, deadline=datetime(2026, 11, 24, 15, tzinfo=UTC), title="x", responsible_id=5
    )

    assert number == 902
    sent = {name: value for name, value in kit.sent().items() if name != "auth"}
    assert sent == {
        "ownerTypeId": 2,
        "ownerId": 17,
        "deadline": "2026-11-24T15:00:00+00:00",
        "title": "x",
        "responsibleId": 5,
    }


def test_activities_are_found_with_their_marks(kit):
    kit.answers("crm.activity.list", sample("crm_activity_list.json"))

    entry, todo = kit.client.crm_activity_list({"OWNER_TYPE_ID": 2, "OWNER_ID": 17})

    assert (entry.id, entry.originator_id, entry.origin_id, entry.is_completed) == (901, "b24-edo", "package:7", False)
    assert (todo.subject, todo.originator_id, todo.is_completed, todo.responsible_id) == ("Позвонить", "", True, 505)
    assert "ORIGIN_ID" in kit.sent()["select"]


def test_a_to_do_is_completed(kit):
    kit.answers("crm.activity.update", {"result": True})

    kit.client.crm_activity_update(902, {"COMPLETED": "Y"})

    assert (kit.sent()["id"], kit.sent()["fields"]) == (902, {"COMPLETED": "Y"})


def test_a_to_do_that_a_person_deleted_is_not_there(kit):
    kit.fails("crm.activity.update", "", "Activity is not found")

    with pytest.raises(NotFoundThere):
        kit.client.crm_activity_update(902, {"COMPLETED": "Y"})


def test_to_dos_are_told_from_entries_by_their_provider(kit):
    kit.answers("crm.activity.list", {"result": [], "total": 0})

    assert list(kit.client.crm_activity_list({"PROVIDER_ID": TODO})) == []
    assert kit.sent()["filter"]["PROVIDER_ID"] == "CRM_TODO"
