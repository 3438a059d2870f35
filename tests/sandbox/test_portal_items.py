"""crm.item.* and what belongs to items: fields, files, product rows, smart processes, older methods."""

import base64
from typing import Any

import pytest
import requests

from sandbox.portal.driver import FILES, MANAGER
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import Client, client_of

handler, client = portal_fixtures.handler, portal_fixtures.client


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def deal(client: Client, **params: Any) -> dict[str, Any]:
    return client.call("crm.item.get", entityTypeId=2, id=1, **params)["item"]


def test_an_item_has_camel_case_names_and_whole_numbers_for_ids(client):
    found = deal(client)

    assert (found["id"], found["companyId"], found["mycompanyId"], found["contactIds"]) == (1, 2, 1, [1])
    assert (found["stageId"], found["opened"], found["assignedById"]) == ("NEW", "Y", 2)
    assert found["createdTime"].endswith("+03:00")


@pytest.mark.parametrize(
    ("names", "deal_field", "smart_fields"),
    [
        ("camel", "ufCrm_1721244707107", {"ufCrm1DiadocId", "ufCrm1_1639669411830"}),
        ("underscore", "ufCrm_1721244707107", {"ufCrm_1_DIADOC_ID", "ufCrm_1_1639669411830"}),
    ],
)
def test_user_fields_come_in_both_spellings_of_the_wild(client, names, deal_field, smart_fields):
    client.sandbox.settings(uf_names=names)

    smart = client.call("crm.item.get", entityTypeId=1220, id=1)["item"]

    assert deal_field in deal(client)
    assert smart_fields <= set(smart)


def test_original_names_are_given_on_request(client):
    assert "UF_CRM_1721244707107" in deal(client, useOriginalUfNames="Y")
    assert "UF_CRM_1_DIADOC_ID" in client.call("crm.item.fields", entityTypeId=1220, useOriginalUfNames="Y")["fields"]


def test_fields_tell_their_original_names(client):
    fields = client.call("crm.item.fields", entityTypeId=2)["fields"]

    assert fields["ufCrm_1721244707107"]["upperName"] == "UF_CRM_1721244707107"
    assert fields["ufCrmDocuments"]["isMultiple"] is True
    assert fields["ufCrmDocuments"]["type"] == "file"
    assert fields["id"]["isReadOnly"] is True


def test_all_spellings_are_taken_on_writing_and_unknown_names_passed_over(client):
    given = {"UF_CRM_1721244707107": "a", "ufCrmContractNumber": "7", "TITLE": "t", "noSuchField": 1, "id": 99}
    client.call("crm.item.update", entityTypeId=2, id=1, fields=given)

    found = deal(client)
    assert (found["ufCrm_1721244707107"], found["ufCrmContractNumber"], found["title"], found["id"]) == (
        "a",
        "7",
        "t",
        1,
    )


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("crm.item.get", {"entityTypeId": 2, "id": 999}, "NOT_FOUND"),
        ("crm.item.get", {"entityTypeId": 4444, "id": 1}, "NOT_FOUND"),
        ("crm.item.get", {"entityTypeId": 2}, "100"),
        ("crm.item.update", {"entityTypeId": 2, "id": 1}, "100"),
        ("crm.item.list", {"entityTypeId": 2, "filter": {"noSuchField": 1}}, "INVALID_ARG_VALUE"),
        ("crm.item.list", {"entityTypeId": 2, "order": {"noSuchField": "asc"}}, "INVALID_ARG_VALUE"),
        (
            "crm.item.update",
            {"entityTypeId": 2, "id": 1, "fields": {"companyId": "x"}},
            "CRM_FIELD_ERROR_VALUE_NOT_VALID",
        ),
    ],
)
def test_mistakes_are_refused_with_their_code(client, method, params, code):
    assert client.refusal(method, **params)[:2] == (400, code)


def test_access_to_items_is_denied_with_400(client):
    client.sandbox.change_user(MANAGER, has_crm=False)

    answer = client_of(client.sandbox, client.app, MANAGER).refusal("crm.item.get", entityTypeId=2, id=1)

    assert answer[:2] == (400, "ACCESS_DENIED")


def test_required_fields_are_demanded(client):
    client.sandbox.add_field("CRM_DEAL", "UF_CRM_MUST", "string", mandatory="Y")

    assert client.refusal("crm.item.add", entityTypeId=2, fields={"title": "x"})[1] == "CRM_FIELD_ERROR_REQUIRED"
    assert client.call("crm.item.add", entityTypeId=2, fields={"title": "x", "ufCrmMust": "y"})["item"]["id"] == 2


def test_a_date_comes_back_as_midnight(client):
    client.call("crm.item.update", entityTypeId=2, id=1, fields={"ufCrmContractDate": "2026-03-20"})

    assert deal(client)["ufCrmContractDate"] == "2026-03-20T00:00:00+03:00"


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({"=companyId": 7}, []),
        ({"companyId": [2, 7]}, ["Поставка оборудования", "b"]),
        ({"@stageId": ["WON"]}, ["c"]),
        ({"!stageId": "WON"}, ["Поставка оборудования", "b"]),
        ({">opportunity": 50, "<=opportunity": 200}, ["b"]),
        ({"%title": "ОБОРУД"}, ["Поставка оборудования"]),
        ({"0": {"logic": "OR", "0": {"title": "b"}, "1": {"title": "c"}}}, ["b", "c"]),
        ({">createdTime": "2020-01-01T00:00:00+03:00", "title": "c"}, ["c"]),
        ({"UF_CRM_1721244707107": "sent"}, ["c"]),
    ],
)
def test_filters_find_what_they_describe(client, rules, found):
    client.sandbox.create_item(2, {"TITLE": "b", "COMPANY_ID": 2, "OPPORTUNITY": 100})
    client.sandbox.create_item(2, {"TITLE": "c", "STAGE_ID": "WON", "UF_CRM_1721244707107": "sent"})

    rows = client.call("crm.item.list", entityTypeId=2, filter=rules, select=["title"])["items"]

    assert [row["title"] for row in rows] == found
    assert all(set(row) == {"title"} for row in rows)


def test_lists_come_in_pages_of_fifty(client):
    for number in range(60):
        client.sandbox.create_item(1, {"TITLE": f"Лид {number}"})

    first = client.post("crm.item.list", entityTypeId=1, order={"id": "desc"}).json()
    second = client.post("crm.item.list", entityTypeId=1, order={"id": "desc"}, start=50).json()
    uncounted = client.post("crm.item.list", entityTypeId=1, start=-1, filter={">id": 55}).json()

    assert (len(first["result"]["items"]), first["total"], first["next"]) == (50, 60, 50)
    assert (len(second["result"]["items"]), second["total"], "next" in second) == (10, 60, False)
    assert (len(uncounted["result"]["items"]), uncounted["total"], "next" in uncounted) == (5, 0, False)
    assert first["result"]["items"][0]["title"] == "Лид 59"


def test_a_file_is_written_read_by_its_link_and_kept_by_its_number(client):
    fields = {"ufCrmDocuments": [["Акт №1.pdf", encoded(b"one")], ["b.pdf", encoded(b"two")]]}
    first, second = client.call("crm.item.update", entityTypeId=2, id=1, fields=fields)["item"]["ufCrmDocuments"]

    answer = requests.get(first["urlMachine"], timeout=10)
    assert set(first) == {"id", "url", "urlMachine"}
    assert answer.content == b"one"
    assert "filename*=utf-8''%D0%90%D0%BA%D1%82%20%E2%84%961.pdf" in answer.headers["Content-Disposition"]

    kept = {"ufCrmDocuments": [{"id": second["id"]}, ["c.pdf", encoded(b"three")]]}
    client.call("crm.item.update", entityTypeId=2, id=1, fields=kept)
    assert client.sandbox.files(FILES) == [("b.pdf", b"two"), ("c.pdf", b"three")]

    client.call("crm.item.update", entityTypeId=2, id=1, fields={"ufCrmDocuments": []})
    assert client.sandbox.files(FILES) == []


def test_a_single_file_field_is_replaced_and_cleared(client):
    fields = {"ufCrmContractFile": ["a.pdf", encoded(b"a")]}
    assert client.call("crm.item.update", entityTypeId=2, id=1, fields=fields)["item"]["ufCrmContractFile"]["id"]

    client.call("crm.item.update", entityTypeId=2, id=1, fields={"ufCrmContractFile": ""})

    assert deal(client)["ufCrmContractFile"] is None


@pytest.mark.parametrize("value", [["a.pdf", "no base64!"], {"id": 1}])
def test_a_file_that_is_none_is_refused(client, value):
    fields = {"ufCrmContractFile": value}

    assert client.refusal("crm.item.update", entityTypeId=2, id=1, fields=fields)[1] == "INVALID_ARG_VALUE"


def machine_link(client: Client) -> str:
    client.sandbox.put_file(FILES, "a.pdf", b"bytes")
    return deal(client)["ufCrmDocuments"][0]["urlMachine"]


def test_a_link_without_its_token_opens_nothing(client):
    url = machine_link(client)

    assert requests.get(url.partition("&token=")[0], timeout=10).status_code == 403
    assert requests.get(url.replace("auth=", "auth=0"), timeout=10).status_code == 403


def test_a_link_dies_with_its_access_token_and_with_its_own_time(client):
    url = machine_link(client)
    client.sandbox.settings(link_seconds=-1)
    old = deal(client)["ufCrmDocuments"][0]["urlMachine"]

    assert requests.get(old, timeout=10).json()["error"] == "expired_token"
    assert requests.get(url, timeout=10).content == b"bytes"
    client.sandbox.expire_tokens()
    assert requests.get(url, timeout=10).json()["error"] == "expired_token"


def test_protection_answers_a_download_without_a_user_agent_with_a_page(client):
    answer = requests.get(machine_link(client), headers={"User-Agent": ""}, timeout=10)

    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_phone_is_added_and_changed(client):
    add = {"fm": [{"typeId": "PHONE", "valueType": "WORK", "value": "+7 000"}]}
    item = client.call("crm.item.update", entityTypeId=4, id=2, fields=add)["item"]
    change = {"fm": [{"id": item["fm"][0]["id"], "value": "+7 111"}]}
    client.call("crm.item.update", entityTypeId=4, id=2, fields=change)

    assert [row["value"] for row in client.call("crm.item.get", entityTypeId=4, id=2)["item"]["fm"]] == ["+7 111"]
    assert client.call("crm.company.get", id=2)["PHONE"][0]["VALUE"] == "+7 111"


def test_a_child_knows_its_parent(client):
    rows = client.call("crm.item.list", entityTypeId=1220, filter={"parentId2": 1})["items"]

    assert [row["parentId2"] for row in rows] == [1]
    assert rows[0]["stageId"] == "DT1220_30:NEW"


def test_imports_are_limited_and_report_one_by_one(client):
    rows = [{"title": "a"}, {"companyId": "x"}]

    found = client.call("crm.item.batchImport", entityTypeId=2, data=rows)["items"]

    assert found[0]["item"]["id"] == 2
    assert found[1]["error"]["error"] == "CRM_FIELD_ERROR_VALUE_NOT_VALID"
    too_many = client.refusal("crm.item.batchImport", entityTypeId=2, data=[{}] * 21)
    assert too_many[1] == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"


def test_a_deleted_item_is_gone(client):
    assert client.call("crm.item.delete", entityTypeId=2, id=1) == []
    assert client.refusal("crm.item.get", entityTypeId=2, id=1)[1] == "NOT_FOUND"


def test_rows_of_goods_set_the_sum(client):
    rows = [{"productName": "Стол", "price": 120, "quantity": 2, "taxRate": 20}]

    made = client.call("crm.item.productrow.set", ownerType="D", ownerId=1, productRows=rows)["productRows"][0]

    assert (made["priceExclusive"], made["priceBrutto"], made["taxIncluded"]) == (100, 120, "N")
    assert deal(client)["opportunity"] == 240
    listed = client.call("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": 1})["productRows"]
    assert [row["productName"] for row in listed] == ["Стол"]
    client.call("crm.item.productrow.delete", id=made["id"])
    assert deal(client)["opportunity"] == 0


def test_rows_of_goods_need_an_owner(client):
    assert client.refusal("crm.item.productrow.list", filter={"ownerId": 1})[1] == "INVALID_ARG_VALUE"
    refusal = client.refusal("crm.item.productrow.set", ownerType="D", ownerId=999, productRows=[])
    assert refusal[1] == "OWNER_NOT_FOUND"


def test_a_smart_process_is_made_with_fields_of_its_own(client):
    relations = {"parent": [{"entityTypeId": 2, "isChildrenListEnabled": "true"}]}
    fields = {"title": "ЭДО", "isClientEnabled": "Y", "relations": relations}
    made = client.call("crm.type.add", fields=fields)["type"]
    entity = f"CRM_{made['id']}"
    field = {"entityId": entity, "fieldName": f"UF_{entity}_BOX", "userTypeId": "string"}

    added = client.call("userfieldconfig.add", moduleId="crm", field=field)["field"]

    assert made["entityTypeId"] >= 1030
    assert made["relations"]["parent"] == [{"entityTypeId": 2, "isChildrenListEnabled": "Y"}]
    assert isinstance(added["id"], str)
    given = {"title": "x", "parentId2": 1, f"UF_{entity}_BOX": "b"}
    number = client.call("crm.item.add", entityTypeId=made["entityTypeId"], fields=given)["item"]["id"]
    item = client.sandbox.item(made["entityTypeId"], number)
    assert (item[f"UF_{entity}_BOX"], item["PARENT_ID_2"]) == ("b", 1)


@pytest.mark.parametrize("number", [100, 1031, 1220])
def test_numbers_of_smart_processes_are_checked(client, number):
    assert client.refusal("crm.type.add", fields={"title": "x", "entityTypeId": number})[1] == "INVALID_ARG_VALUE"


def test_only_administrators_make_smart_processes(client):
    manager = client_of(client.sandbox, client.app, MANAGER)

    assert manager.refusal("crm.type.add", fields={"title": "x"})[:2] == (400, "ACCESS_DENIED")


@pytest.mark.parametrize(("prefix", "status"), [("long", 400), ("short", 200)])
def test_the_prefix_of_new_deal_fields_is_switchable(client, prefix, status):
    client.sandbox.settings(new_field_prefix=prefix)
    field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_NEW", "userTypeId": "string"}

    assert client.post("userfieldconfig.add", moduleId="crm", field=field).status_code == status


def test_new_fields_are_refused_with_an_empty_code(client):
    field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_DEAL_x", "userTypeId": "string"}

    assert client.refusal("userfieldconfig.add", moduleId="crm", field=field)[:2] == (400, "")


def test_older_methods_print_texts_under_upper_case_names(client):
    found = client.call("crm.deal.get", id=1)

    assert (found["ID"], found["COMPANY_ID"], found["TITLE"]) == ("1", "2", "Поставка оборудования")
    assert client.call("crm.deal.list", select=["ID", "TITLE"]) == [{"ID": "1", "TITLE": "Поставка оборудования"}]
    assert client.refusal("crm.company.get", id=99) == (400, "", "Not found")
