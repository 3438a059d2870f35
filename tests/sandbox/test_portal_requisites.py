"""crm.requisite.*: texts for numbers, links to items, refusals with empty codes."""

import pytest

from sandbox.portal.driver import COUNTERAGENT, ENTREPRENEUR_INN, TWO_REQUISITES
from tests.sandbox import portal_fixtures

handler, client = portal_fixtures.handler, portal_fixtures.client


def test_requisites_of_a_company_are_texts_and_nulls(client):
    [found] = client.call("crm.requisite.list", filter={"ENTITY_TYPE_ID": 4, "ENTITY_ID": COUNTERAGENT})

    assert (found["ID"], found["ENTITY_ID"], found["RQ_INN"], found["RQ_OGRN"]) == ("2", "2", "9660003036", None)


def test_a_counteragent_is_found_by_its_inn(client):
    rows = client.call("crm.requisite.list", filter={"=RQ_INN": ENTREPRENEUR_INN}, select=["ENTITY_TYPE_ID", "RQ_KPP"])

    assert rows == [{"ENTITY_TYPE_ID": "3", "RQ_KPP": None}]


def test_a_company_may_have_two_requisites_that_differ(client):
    rows = client.call(
        "crm.requisite.list", filter={"ENTITY_TYPE_ID": 4, "ENTITY_ID": TWO_REQUISITES}, order={"RQ_KPP": "DESC"}
    )

    assert [row["RQ_KPP"] for row in rows] == ["781245001", "780501001"]


def test_a_requisite_is_added_changed_and_deleted(client):
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 2, "PRESET_ID": 1, "NAME": "Второй", "RQ_INN": "1", "NO_SUCH": "x"}

    number = client.call("crm.requisite.add", fields=fields)
    assert isinstance(number, int)
    assert client.call("crm.requisite.update", id=number, fields={"RQ_KPP": "2"}) is True
    found = client.call("crm.requisite.get", id=number)
    assert (found["RQ_INN"], found["RQ_KPP"], "NO_SUCH" in found) == ("1", "2", False)
    assert client.call("crm.requisite.delete", id=number) is True
    assert client.refusal("crm.requisite.get", id=number) == (
        400,
        "",
        f"The Requisite with ID '{number}' is not found",
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"ENTITY_TYPE_ID": 2}, "ENTITY_TYPE_ID is not defined or invalid."),
        ({"ENTITY_ID": 99}, "ENTITY_ID is not defined or invalid."),
        ({"PRESET_ID": 99}, "PRESET_ID is not defined or invalid."),
        ({"NAME": ""}, "NAME is not defined or invalid."),
    ],
)
def test_an_incomplete_requisite_is_refused(client, change, text):
    fields = {"ENTITY_TYPE_ID": 4, "ENTITY_ID": 2, "PRESET_ID": 1, "NAME": "x", **change}

    assert client.refusal("crm.requisite.add", fields=fields) == (400, "", text)


def test_russian_presets_are_recognised_by_their_codes(client):
    presets = client.call("crm.requisite.preset.list")

    assert [preset["XML_ID"] for preset in presets] == [
        "#CRM_REQUISITE_PRESET_DEF_RU_COMPANY#",
        "#CRM_REQUISITE_PRESET_DEF_RU_INDIVIDUAL#",
        "#CRM_REQUISITE_PRESET_DEF_RU_PERSON#",
    ]
    fields = client.call("crm.requisite.preset.field.list", preset={"ID": 1})
    assert "RQ_KPP" in [field["FIELD_NAME"] for field in fields]


def test_a_requisite_is_chosen_in_a_deal(client):
    link = {"ENTITY_TYPE_ID": 2, "ENTITY_ID": 1}
    assert client.call("crm.requisite.link.list", filter=link) == []
    assert client.refusal("crm.requisite.link.get", entityTypeId=2, entityId=1)[2] == "Not found"

    assert client.call("crm.requisite.link.register", fields={**link, "REQUISITE_ID": 2, "MC_REQUISITE_ID": 1}) is True

    [found] = client.call("crm.requisite.link.list", filter=link)
    assert (found["REQUISITE_ID"], found["MC_REQUISITE_ID"], found["BANK_DETAIL_ID"]) == ("2", "1", "0")


@pytest.mark.parametrize("choice", [{"REQUISITE_ID": 3}, {"MC_REQUISITE_ID": 2}, {"REQUISITE_ID": 99}])
def test_requisites_of_strangers_cannot_be_chosen(client, choice):
    fields = {"ENTITY_TYPE_ID": 2, "ENTITY_ID": 1, **choice}

    assert client.refusal("crm.requisite.link.register", fields=fields)[:2] == (400, 0)


def test_bank_details_belong_to_a_requisite(client):
    number = client.call("crm.requisite.bankdetail.add", fields={"ENTITY_ID": 2, "NAME": "Счёт", "RQ_BIK": "044525225"})

    rows = client.call("crm.requisite.bankdetail.list", filter={"ENTITY_ID": 2}, select=["ID", "RQ_BIK"])

    assert {"ID": str(number), "RQ_BIK": "044525225"} in rows


def test_an_address_is_added_once_changed_and_deleted(client):
    fields = {"TYPE_ID": 1, "ENTITY_TYPE_ID": 8, "ENTITY_ID": 2, "CITY": "Екатеринбург"}

    assert client.call("crm.address.add", fields=fields) is True
    assert client.refusal("crm.address.add", fields=fields)[0] == 400
    assert client.call("crm.address.update", fields={**fields, "CITY": "Пермь"}) is True
    assert client.call("crm.address.list", filter={"ENTITY_ID": 2})[0]["CITY"] == "Пермь"
    assert client.call("crm.address.delete", fields=fields) is True
    assert client.call("crm.address.list") == []


def test_the_driver_writes_requisites(client):
    client.sandbox.set_requisite("7701123405", "770101001", "ООО «Другое»")
    client.sandbox.set_requisite("966000141485", contact_id=1)

    assert client.sandbox.requisites()[0]["RQ_INN"] == "7701123405"
    assert client.call("crm.item.get", entityTypeId=4, id=2)["item"]["title"] == "ООО «Другое»"
