"""Universal lists are made, filled and guarded as the vendor describes."""

import pytest

from sandbox.portal.driver import MANAGER, STRANGER
from tests.sandbox.portal_handler import client_of

NEW = {"IBLOCK_TYPE_ID": "lists", "IBLOCK_CODE": "edo"}
PDF = ["a.pdf", "cGRm"]


@pytest.fixture
def made(client) -> dict:
    """What names a new list in calls."""
    number = client.call("lists.add", **NEW, FIELDS={"NAME": "Реестр", "BIZPROC": "Y"})
    return {"IBLOCK_TYPE_ID": "lists", "IBLOCK_ID": number}


def field(client, made, kind: str, code: str, **more) -> str:
    fields = {"NAME": code, "TYPE": kind, "CODE": code, **more}
    return client.call("lists.field.add", **made, FIELDS=fields)


def element(client, made, code: str = "e1", **fields) -> int:
    return client.call("lists.element.add", **made, ELEMENT_CODE=code, FIELDS={"NAME": code, **fields})


def read(client, made, **more) -> list[dict]:
    return client.call("lists.element.get", **made, **more)


def test_a_new_list_is_found_by_its_code(client, made):
    found = client.call("lists.get", IBLOCK_TYPE_ID="lists", IBLOCK_CODE="edo")

    assert [(row["ID"], row["NAME"], row["BIZPROC"]) for row in found] == [(str(made["IBLOCK_ID"]), "Реестр", "Y")]
    assert client.call("lists.get.iblock.type.id", IBLOCK_ID=made["IBLOCK_ID"]) == "lists"


def test_a_code_is_taken_once(client, made):
    assert client.refusal("lists.add", **NEW, FIELDS={"NAME": "x"})[:2] == (400, "ERROR_IBLOCK_ALREADY_EXISTS")


@pytest.mark.parametrize("missing", ["IBLOCK_TYPE_ID", "IBLOCK_CODE", "FIELDS"])
def test_a_list_needs_all_of_its_parameters(client, missing):
    given = {**NEW, "FIELDS": {"NAME": "x"}}
    del given[missing]

    assert client.refusal("lists.add", **given)[1] == "ERROR_REQUIRED_PARAMETERS_MISSING"


def test_only_administrators_make_lists(client, portal_sandbox):
    manager = client_of(portal_sandbox, client.app, MANAGER)

    assert manager.refusal("lists.add", **NEW, FIELDS={"NAME": "x"})[:2] == (400, "ACCESS_DENIED")


def test_a_list_belongs_to_its_maker_until_rights_are_given(client, made, portal_sandbox):
    manager = client_of(portal_sandbox, client.app, MANAGER)

    assert manager.refusal("lists.element.get", **made)[1] == "ACCESS_DENIED"
    client.call("lists.update", **made, FIELDS={"NAME": "Реестр"}, RIGHTS={f"U{MANAGER}": "R"})
    assert read(manager, made) == []
    fields = {"NAME": "x"}
    assert manager.refusal("lists.element.add", **made, ELEMENT_CODE="x", FIELDS=fields)[1] == "ACCESS_DENIED"
    assert client_of(portal_sandbox, client.app, STRANGER).refusal("lists.element.get", **made)[1] == "ACCESS_DENIED"


def test_a_deleted_list_is_not_found(client, made):
    client.call("lists.delete", **made)

    assert client.refusal("lists.field.get", **made)[1] == "ERROR_IBLOCK_NOT_FOUND"


def test_fields_get_numbers_and_are_described(client, made):
    name = field(client, made, "S", "INN", IS_REQUIRED="Y", SORT=20)

    described = client.call("lists.field.get", **made)[name]
    one = client.call("lists.field.get", **made, FIELD_ID=name)
    assert name == f"PROPERTY_{described['ID']}"
    assert (described["CODE"], described["TYPE"], described["IS_REQUIRED"], described["SORT"]) == ("INN", "S", "Y", 20)
    assert list(one) == ["S"]


def test_a_field_of_the_system_is_named_as_its_type(client, made):
    assert client.call("lists.field.add", **made, FIELDS={"NAME": "Сортировка", "TYPE": "SORT"}) == "SORT"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"NAME": "a", "TYPE": "S"}, "Please fill the code fields"),
        ({"NAME": "a", "TYPE": "S", "CODE": "INN"}, "Property already exists"),
        ({"NAME": "a", "TYPE": "X", "CODE": "a"}, "Incorrect lists specified for 'X' property"),
        (
            {"NAME": "a", "TYPE": "S", "CODE": "a", "SETTINGS": {"ADD_READ_ONLY_FIELD": "Y"}},
            "The default value of the field 'a' is required",
        ),
    ],
)
def test_a_wrong_field_is_refused(client, made, fields, text):
    field(client, made, "S", "INN")

    assert client.refusal("lists.field.add", **made, FIELDS=fields) == (400, "ERROR_SAVE_FIELD", text)


def test_a_field_keeps_its_type(client, made):
    name = field(client, made, "S", "INN")

    assert client.call("lists.field.update", **made, FIELD_ID=name, FIELDS={"NAME": "ИНН", "TYPE": "S"}) is True
    refused = client.refusal("lists.field.update", **made, FIELD_ID=name, FIELDS={"NAME": "ИНН", "TYPE": "N"})
    assert refused[1] == "ERROR_UPDATE_FIELD"
    assert client.call("lists.field.get", **made)[name]["NAME"] == "ИНН"


def test_a_deleted_field_takes_its_values_with_it(client, made):
    name = field(client, made, "S", "INN")
    element(client, made, **{name: "9660001014"})

    client.call("lists.field.delete", **made, FIELD_ID=name)

    assert name not in client.call("lists.field.get", **made)
    assert name not in read(client, made)[0]


def test_values_are_read_under_their_own_numbers(client, made):
    text, number = field(client, made, "S", "INN"), field(client, made, "N", "SUM")
    element(client, made, **{text: "0966", number: "12.5"})

    row = read(client, made, ELEMENT_CODE="e1")[0]

    assert (list(row[text].values()), list(row[number].values())) == (["0966"], ["12.5"])


def test_a_code_of_an_element_is_unique_in_its_list(client, made):
    element(client, made)

    refused = client.refusal("lists.element.add", **made, ELEMENT_CODE="e1", FIELDS={"NAME": "x"})
    assert refused[1] == "ERROR_ELEMENT_ALREADY_EXISTS"


def test_an_update_clears_what_it_leaves_out_but_not_the_files(client, made):
    text, paper = field(client, made, "S", "INN"), field(client, made, "F", "PAPER")
    number = element(client, made, **{text: "0966", paper: PDF})

    client.call("lists.element.update", **made, ELEMENT_ID=number, FIELDS={"NAME": "новое"})

    row = read(client, made)[0]
    assert row["NAME"] == "новое"
    assert text not in row
    assert len(row[paper]) == 1


def test_a_file_goes_when_its_value_is_named(client, made):
    paper = field(client, made, "F", "PAPER", MULTIPLE="Y")
    number = element(client, made, **{paper: [PDF, PDF]})
    first, second = read(client, made)[0][paper]

    fields = {"NAME": "e1", f"{paper}_DEL": {first: "Y"}}
    client.call("lists.element.update", **made, ELEMENT_ID=number, FIELDS=fields)

    assert list(read(client, made)[0][paper]) == [second]


@pytest.mark.parametrize(("kind", "value"), [("N", "много"), ("S:Date", "вчера"), ("L", "7"), ("F", 30577)])
def test_a_wrong_value_is_refused(client, made, kind, value):
    name = field(client, made, kind, "X", LIST_TEXT_VALUES="да\nнет")

    fields = {"NAME": "e", name: value}
    assert (
        client.refusal("lists.element.add", **made, ELEMENT_CODE="e", FIELDS=fields)[1] == "ERROR_ELEMENT_FIELD_VALUE"
    )


def test_a_required_field_must_have_a_value(client, made):
    field(client, made, "S", "INN", IS_REQUIRED="Y")

    assert client.refusal("lists.element.add", **made, ELEMENT_CODE="e", FIELDS={"NAME": "e"})[1] == "ERROR_ADD_ELEMENT"


def test_a_list_field_offers_its_values(client, made):
    name = field(client, made, "L", "STATE", LIST={"n1": {"VALUE": "Новый"}}, LIST_TEXT_VALUES="Отправлен")

    offered = client.call("lists.field.get", **made)[name]["DISPLAY_VALUES_FORM"]
    assert list(offered.values()) == ["Новый", "Отправлен"]
    assert element(client, made, **{name: next(iter(offered))}) > 0


def test_sections_are_folders_with_codes(client, made):
    number = client.call("lists.section.add", **made, SECTION_CODE="s", FIELDS={"NAME": "2026"})
    client.call("lists.section.update", **made, SECTION_ID=number, FIELDS={"NAME": "2027"})

    assert client.call("lists.section.get", **made, SELECT=["ID", "NAME"]) == [{"ID": str(number), "NAME": "2027"}]
    client.call("lists.section.delete", **made, SECTION_CODE="s")
    assert client.call("lists.section.get", **made) == []
    assert client.refusal("lists.section.delete", **made, SECTION_ID=number)[1] == "ERROR_SECTION_NOT_FOUND"


def test_a_person_sees_a_list_as_a_grid(client, made, new_page):
    name, paper = field(client, made, "S", "INN"), field(client, made, "F", "PAPER")
    element(client, made, **{name: "0966", paper: PDF})
    page = new_page(client.sandbox.first_url)

    page.goto(f"/company/lists/{made['IBLOCK_ID']}/view/0/")

    assert page.locator(f'td[data-field="{name}"]').inner_text() == "0966"
    assert page.get_by_role("link", name="a.pdf").is_visible()
