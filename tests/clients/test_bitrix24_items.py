"""CRM items, their fields and files."""

import base64
import io
import tracemalloc
from decimal import Decimal

import pytest
import responses

from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import FileRef
from errors import NotFoundThere, RequestRejected
from tests.clients.bitrix24_support import Kit, sample


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


def test_an_item_is_read_by_the_original_names_of_its_fields(kit):
    kit.answers("crm.item.get", sample("crm_item.json"))

    item = kit.client.crm_item_get(entity_type_id=2, item_id=17)

    assert asked(kit) == {"entityTypeId": 2, "id": 17, "useOriginalUfNames": "Y"}
    assert (item.id, item.entity_type_id, item.title, item.stage_id) == (17, 2, "Поставка", "C9:NEW")
    assert (item.company_id, item.contact_id, item.contact_ids, item.my_company_id) == (7, 0, (3, 4), 1)
    assert (item.opportunity, item.currency) == (Decimal("120000.10"), "RUB")
    assert item.fields["UF_CRM_1721244707107"] == "draft"


def test_files_of_an_item_are_found_and_their_addresses_hidden(kit):
    kit.answers("crm.item.get", sample("crm_item.json"))

    item = kit.client.crm_item_get(entity_type_id=2, item_id=17)

    assert [file.id for file in item.files("UF_CRM_DOCUMENTS")] == [30577, 30578]
    assert item.files("UF_CRM_CONTRACT_FILE")[0].url_machine.startswith("https://example.bitrix24.example/rest/")
    assert item.files("UF_CRM_EMPTY_FILE") == ()
    assert item.files("UF_CRM_EMPTY_FILES") == ()
    assert item.files("title") == ()
    with pytest.raises(KeyError):
        item.files("UF_CRM_UNKNOWN")
    assert "made-up" not in repr(item)
    assert "made-up" not in repr(item.files("UF_CRM_DOCUMENTS"))


@pytest.mark.parametrize("result", [[], {"item": None}, {"item": []}, None])
def test_an_answer_without_an_item_is_no_item(kit, result):
    kit.answers("crm.item.get", {"result": result})

    with pytest.raises(NotFoundThere):
        kit.client.crm_item_get(entity_type_id=2, item_id=17)


def test_files_are_written_beside_those_that_stay(kit):
    kit.answers("crm.item.update", sample("crm_item.json"))
    fields = {
        "UF_CRM_CONTRACT_FILE": NewFile("Акт.pdf", b"%PDF"),
        "UF_CRM_DOCUMENTS": [FileRef(30577, "https://hush"), NewFile("b.pdf", b"b")],
        "UF_CRM_SUM": "100.50|RUB",
        "UF_CRM_EMPTY_FILES": [],
    }

    kit.client.crm_item_update(entity_type_id=2, item_id=17, fields=fields)

    assert asked(kit) == {
        "entityTypeId": 2,
        "id": 17,
        "useOriginalUfNames": "Y",
        "fields": {
            "UF_CRM_CONTRACT_FILE": ["Акт.pdf", "JVBERg=="],
            "UF_CRM_DOCUMENTS": [{"id": 30577}, ["b.pdf", "Yg=="]],
            "UF_CRM_SUM": "100.50|RUB",
            "UF_CRM_EMPTY_FILES": [],
        },
    }


def test_a_file_too_large_for_a_field_is_refused_before_it_is_sent(kit, monkeypatch):
    monkeypatch.setattr("clients.bitrix24.crm.FIELD_FILE_BYTES", 3)

    with pytest.raises(RequestRejected, match="over 3 bytes"):
        kit.client.crm_item_update(entity_type_id=2, item_id=17, fields={"UF_CRM_F": NewFile("a.pdf", b"%PDF")})

    assert len(responses.calls) == 0


def test_a_large_file_is_sent_with_flat_memory_and_again_after_a_stale_token(kit):
    content = bytes(range(256)) * (20 * 4096) + b"!!"
    kit.fails("crm.item.update", "expired_token", status=401)
    kit.answers("crm.item.update", sample("crm_item.json"))
    kit.refreshes()
    file = io.BytesIO(content)

    tracemalloc.start()
    kit.client.crm_item_update(
        entity_type_id=2, item_id=17, fields={"UF_CRM_F": [NewFile("a.zip", file), NewFile("b.txt", b"b")]}
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    first, second = kit.sent()["fields"]["UF_CRM_F"]
    assert base64.b64decode(first[1]) == content
    assert second == ["b.txt", "Yg=="]
    body = responses.calls[-1].request
    assert body.headers["Content-Length"] == str(len(b"".join(body.body)))
    assert peak < 4 * 1024 * 1024


def test_items_are_listed(kit):
    kit.answers("crm.item.list", {"result": {"items": [sample("crm_item.json")["result"]["item"]]}})

    items = list(kit.client.crm_item_list(entity_type_id=2, filter={"=companyId": 7}, select=["title"]))

    assert [item.id for item in items] == [17]
    assert asked(kit)["select"] == ["title", "id"]
    assert asked(kit)["useOriginalUfNames"] == "Y"


def test_an_item_is_added(kit):
    kit.answers("crm.item.add", sample("crm_item.json"))

    item = kit.client.crm_item_add(entity_type_id=2, fields={"title": "Поставка", "xmlId": "ours-1"})

    assert item.id == 17
    assert asked(kit)["fields"] == {"title": "Поставка", "xmlId": "ours-1"}


def test_fields_tell_their_types(kit):
    described = {
        "title": {"type": "string", "isRequired": False, "isReadOnly": False, "isMultiple": False, "title": "Название"},
        "UF_CRM_DOCUMENTS": {"type": "file", "isMultiple": True, "isDynamic": True, "title": "Документы"},
        "id": {"type": "integer", "isReadOnly": True, "title": "ID"},
    }
    kit.answers("crm.item.fields", {"result": {"fields": described}})

    fields = kit.client.crm_item_fields(entity_type_id=2)

    assert (fields["UF_CRM_DOCUMENTS"].type, fields["UF_CRM_DOCUMENTS"].is_multiple) == ("file", True)
    assert fields["UF_CRM_DOCUMENTS"].is_custom
    assert not fields["title"].is_custom
    assert fields["id"].is_read_only


def test_smart_processes_keep_their_two_ids_apart(kit):
    kit.answers("crm.type.list", {"result": {"types": [{"id": 16, "entityTypeId": 1220, "title": "Поставки"}]}})

    found = kit.client.crm_type_list()

    assert [(one.id, one.entity_type_id, one.title) for one in found] == [(16, 1220, "Поставки")]
