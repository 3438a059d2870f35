"""Smart processes, their fields, universal lists, and items told together in a batch."""

from urllib.parse import parse_qs

import pytest
import responses

from clients.bitrix24 import item_commands
from clients.bitrix24.crm import NewFile
from clients.bitrix24.lists import WhichList
from clients.bitrix24.models import FileRef
from clients.bitrix24.smart_types import NewUserField, added_field, field_to_add
from errors import Conflict, NoAccess, NotFoundThere, SubscriptionEnded
from tests.clients.bitrix24_support import Kit

TYPE = {
    "id": 16,
    "entityTypeId": 1030,
    "title": "Пакеты",
    "isClientEnabled": "Y",
    "isStagesEnabled": "N",
    "relations": {"parent": [{"entityTypeId": 2, "isChildrenListEnabled": "Y"}], "child": []},
}
FIELD = NewUserField(
    entity_id="CRM_16",
    name="UF_CRM_16_EDO_TOTAL",
    type="money",
    labels={"ru": "Сумма", "en": "Total"},
    xml_id="b24-edo:total",
    sort=300,
)
LIST = WhichList(id=41)


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


def test_a_smart_process_is_added_with_its_relations(kit):
    kit.answers("crm.type.add", {"result": {"type": TYPE}})

    made = kit.client.crm_type_add(
        title="Пакеты", flags={"isClientEnabled": True, "isStagesEnabled": False}, parents=[2]
    )

    assert asked(kit) == {
        "fields": {
            "title": "Пакеты",
            "isClientEnabled": "Y",
            "isStagesEnabled": "N",
            "relations": {"parent": [{"entityTypeId": 2, "isChildrenListEnabled": "true"}]},
        }
    }
    assert (made.id, made.entity_type_id, made.parents) == (16, 1030, (2,))
    assert made.flags == {"isClientEnabled"}


def test_relations_that_are_an_empty_list_are_none(kit):
    kit.answers("crm.type.get", {"result": {"type": {**TYPE, "relations": []}}})

    assert kit.client.crm_type_get(16).parents == ()


def test_what_is_not_named_is_left_as_it_is(kit):
    kit.answers("crm.type.update", {"result": {"type": TYPE}})

    kit.client.crm_type_update(type_id=16, flags={"isClientEnabled": True})

    assert asked(kit) == {"id": 16, "fields": {"isClientEnabled": "Y"}}


def test_an_answer_without_a_type_is_no_type(kit):
    kit.answers("crm.type.get", {"result": []})

    with pytest.raises(NotFoundThere):
        kit.client.crm_type_get(16)


@pytest.mark.parametrize(
    ("code", "error"), [("CREATE_DYNAMIC_TYPE_RESTRICTED", SubscriptionEnded), ("ACCESS_DENIED", NoAccess)]
)
def test_plan_and_rights_are_told_apart(kit, code, error):
    kit.fails("crm.type.add", code, "no")

    with pytest.raises(error):
        kit.client.crm_type_add(title="Пакеты", flags={})


def test_a_field_is_described_in_both_languages(kit):
    kit.answers("userfieldconfig.add", {"result": {"field": {"id": "177", "fieldName": "UF_CRM_16_EDO_TOTAL"}}})

    made = kit.client.userfieldconfig_add(FIELD)

    field = asked(kit)["field"]
    assert asked(kit)["moduleId"] == "crm"
    assert (field["entityId"], field["fieldName"], field["userTypeId"]) == ("CRM_16", "UF_CRM_16_EDO_TOTAL", "money")
    assert (field["multiple"], field["mandatory"], field["sort"]) == ("N", "N", 300)
    assert field["editFormLabel"] == field["listColumnLabel"] == {"ru": "Сумма", "en": "Total"}
    assert (made.id, made.name) == (177, "UF_CRM_16_EDO_TOTAL")


def test_fields_of_one_kind_are_listed(kit):
    row = {"id": "177", "entityId": "CRM_16", "fieldName": "UF_CRM_16_F", "userTypeId": "file", "multiple": "Y"}
    kit.answers("userfieldconfig.list", {"result": {"fields": [{**row, "xmlId": None}]}, "total": 1})

    (found,) = kit.client.userfieldconfig_list(entity_id="CRM_16")

    assert asked(kit)["filter"] == {"entityId": "CRM_16"}
    assert (found.name, found.type, found.is_multiple, found.xml_id) == ("UF_CRM_16_F", "file", True, "")


def test_an_empty_code_that_speaks_of_access_is_no_access(kit):
    kit.fails("userfieldconfig.add", "", "Access denied")

    with pytest.raises(NoAccess):
        kit.client.userfieldconfig_add(FIELD)


def test_items_are_told_together(kit):
    answers = {"a": {"item": {"id": 5, "title": "Новый"}}, "b": {"item": {"id": 6}}, "f": {"field": {"id": "9"}}}
    body = {"result": answers, "result_error": [], "result_total": [], "result_next": []}
    kit.answers("batch", {"result": body})
    fields = {
        "title": "$result[b]",
        "UF_F": NewFile("Акт.pdf", b"%PDF"),
        "UF_M": [FileRef(7, "https://hush"), NewFile("b", b"b")],
        "UF_E": [],
    }

    outcomes = kit.client.batch(
        {
            "a": item_commands.item_to_add(entity_type_id=1030, fields=fields),
            "b": item_commands.item_to_update(entity_type_id=1030, item_id=6, fields={"UF_T": ""}),
            "f": field_to_add(FIELD),
        },
        halt=True,
    )

    sent = {name: parse_qs(line.partition("?")[2], keep_blank_values=True) for name, line in asked(kit)["cmd"].items()}
    assert sent["a"]["fields[UF_F][0]"] == ["Акт.pdf"]
    assert sent["a"]["fields[UF_F][1]"] == ["JVBERg=="]
    assert sent["a"]["fields[UF_M][0][id]"] == ["7"]
    assert sent["a"]["fields[UF_M][1][1]"] == ["Yg=="]
    assert sent["a"]["fields[UF_E]"] == [""]
    assert sent["a"]["fields[title]"] != ["$result[b]"]  # what people wrote refers to nothing
    assert sent["b"] == {
        "entityTypeId": ["1030"],
        "id": ["6"],
        "fields[UF_T]": [""],
        "useOriginalUfNames": ["Y"],
    }
    assert item_commands.item_in(outcomes["a"].result, entity_type_id=1030).title == "Новый"
    assert added_field(outcomes["f"].result).id == 9


def test_a_list_is_added_with_its_rights(kit):
    kit.answers("lists.add", {"result": 41})

    assert kit.client.lists_add(code="own", name="Список", rights={"U1": "X"}) == 41
    assert asked(kit) == {
        "IBLOCK_TYPE_ID": "lists",
        "IBLOCK_CODE": "own",
        "FIELDS": {"NAME": "Список", "BIZPROC": "Y"},
        "RIGHTS": {"U1": "X"},
    }


@pytest.mark.parametrize(
    ("method", "code", "error"),
    [
        ("lists.add", "ERROR_IBLOCK_ALREADY_EXISTS", Conflict),
        ("lists.add", "ACCESS_DENIED", NoAccess),
        ("lists.element.add", "ERROR_ELEMENT_ALREADY_EXISTS", Conflict),
        ("lists.element.add", "ERROR_IBLOCK_NOT_FOUND", NotFoundThere),
    ],
)
def test_what_a_list_refuses_is_told_apart(kit, method, code, error):
    kit.fails(method, code, "no")
    call = {
        "lists.add": lambda: kit.client.lists_add(code="own", name="Список", rights={}),
        "lists.element.add": lambda: kit.client.lists_element_add(LIST, code="a", fields={"NAME": "a"}),
    }

    with pytest.raises(error):
        call[method]()


def test_lists_and_their_fields_are_read(kit):
    kit.answers("lists.get", {"result": [{"ID": "41", "IBLOCK_TYPE_ID": "lists", "CODE": None, "NAME": "Список"}]})
    own = {"FIELD_ID": "PROPERTY_951", "CODE": "EDO_TOTAL", "TYPE": "S:Money", "NAME": "Сумма", "MULTIPLE": "N"}
    kit.answers("lists.field.get", {"result": {"NAME": {"FIELD_ID": "NAME", "TYPE": "NAME"}, "PROPERTY_951": own}})

    (found,) = kit.client.lists_get()
    fields = {one.name: one for one in kit.client.lists_field_get(LIST)}

    assert (found.id, found.code, found.name) == (41, "", "Список")
    assert (fields["PROPERTY_951"].code, fields["PROPERTY_951"].type) == ("EDO_TOTAL", "S:Money")
    assert set(fields) == {"NAME", "PROPERTY_951"}


def test_a_field_is_added_to_a_list(kit):
    kit.answers("lists.field.add", {"result": "PROPERTY_952"})

    assert kit.client.lists_field_add(LIST, code="EDO_DATE", name="Дата", type="S:Date", sort=200) == "PROPERTY_952"
    assert asked(kit)["FIELDS"]["TYPE"] == "S:Date"
    assert asked(kit)["IBLOCK_ID"] == 41


def test_elements_are_read_with_values_of_every_shape(kit):
    element = {
        "ID": "701",
        "CODE": "own-1",
        "NAME": "Акт",
        "PROPERTY_1": {"1001": "1", "1002": "2"},
        "PROPERTY_2": {"1003": {"TEXT": "много строк", "TYPE": "TEXT"}},
        "PROPERTY_3": [],
        "PROPERTY_4": None,
    }
    kit.answers("lists.element.get", {"result": [element], "total": 1})

    (found,) = kit.client.lists_element_get(LIST, {"=CODE": ["own-1"]})

    assert (found.id, found.code, found.name) == (701, "own-1", "Акт")
    assert found.values["PROPERTY_1"] == ("1", "2")
    assert found.values["PROPERTY_2"] == ("много строк",)
    assert found.values["PROPERTY_3"] == ()
    assert asked(kit)["FILTER"] == {"=CODE": ["own-1"]}


def test_an_element_is_added_and_overwritten_with_files(kit):
    kit.answers("lists.element.add", {"result": 701})
    kit.answers("lists.element.update", {"result": True})
    fields = {"NAME": "Акт", "PROPERTY_5": NewFile("Акт.pdf", b"%PDF")}

    assert kit.client.lists_element_add(LIST, code="own-1", fields=fields) == 701
    kit.client.lists_element_update(LIST, element_id=701, fields=fields)

    assert asked(kit) == {
        "IBLOCK_TYPE_ID": "lists",
        "IBLOCK_ID": 41,
        "ELEMENT_ID": 701,
        "FIELDS": {"NAME": "Акт", "PROPERTY_5": ["Акт.pdf", "JVBERg=="]},
    }


def test_addresses_of_files_are_given_as_they_are(kit):
    kit.answers("lists.element.get.file.url", {"result": ["/company/lists/41/file/0/701/PROPERTY_5/9/"]})

    found = kit.client.lists_element_get_file_url(LIST, element_id=701, field_id=5)

    assert found == ("/company/lists/41/file/0/701/PROPERTY_5/9/",)
