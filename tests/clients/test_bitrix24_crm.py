"""Requisites, the timeline, generated documents."""

import pytest
import responses

from clients.bitrix24.crm import NewFile
from errors import NotFoundThere
from tests.clients.bitrix24_support import Kit, sample


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


def test_requisites_come_in_the_portals_order_as_texts(kit):
    kit.answers("crm.requisite.list", sample("crm_requisite_list.json"))

    found = kit.client.crm_requisite_list({"ENTITY_TYPE_ID": 4, "ENTITY_ID": 7})

    assert [(one.id, one.inn, one.kpp) for one in found] == [(12, "7805123400", "078001001"), (5, "966000141485", "")]
    assert (found[0].owner_type_id, found[0].owner_id, found[0].company_name) == (4, 7, "ООО «Лютик»")
    assert found[1].ogrn == "304500116000157"


def test_one_requisite_is_read_or_missing(kit):
    kit.answers("crm.requisite.get", {"result": sample("crm_requisite_list.json")["result"][0]})
    kit.fails("crm.requisite.get", "", "The Requisite with ID '27' is not found")

    assert kit.client.crm_requisite_get(12).id in (5, 12)
    with pytest.raises(NotFoundThere):
        kit.client.crm_requisite_get(27)


def test_the_choice_of_requisites_is_read(kit):
    row = {"ENTITY_TYPE_ID": "2", "ENTITY_ID": "17", "REQUISITE_ID": "12", "MC_REQUISITE_ID": "0"}
    kit.answers("crm.requisite.link.list", {"result": [row], "total": 1})

    links = kit.client.crm_requisite_link_list(entity_type_id=2, entity_id=17)

    assert [(link.requisite_id, link.my_company_requisite_id) for link in links] == [(12, 0)]


@pytest.mark.parametrize(("entity_type_id", "name"), [(2, "deal"), (4, "company"), (1220, "dynamic_1220")])
def test_a_comment_goes_to_the_right_timeline(kit, entity_type_id, name):
    kit.answers("crm.timeline.comment.add", {"result": 999})

    comment_id = kit.client.crm_timeline_comment_add(
        entity_type_id=entity_type_id, entity_id=17, comment="Подписано", files=[NewFile("a.pdf", b"%PDF")]
    )

    assert comment_id == 999
    assert asked(kit)["fields"] == {
        "ENTITY_TYPE": name,
        "ENTITY_ID": 17,
        "COMMENT": "Подписано",
        "FILES": [["a.pdf", "JVBERg=="]],
    }


def test_a_generated_document_is_ready_when_its_pdf_has_an_address(kit):
    ready = sample("generated_document.json")
    waiting = {"result": {"document": {**ready["result"]["document"], "pdfUrlMachine": None, "pdfUrl": None}}}
    kit.answers("crm.documentgenerator.document.get", waiting)
    kit.answers("crm.documentgenerator.document.get", ready)

    first, second = (kit.client.crm_documentgenerator_document_get(31) for _ in range(2))

    assert first.pdf_url_machine == ""
    assert second.pdf_url_machine.startswith("https://example.bitrix24.example/rest/")
    assert (second.id, second.title, second.number, second.entity_id) == (31, "Счёт 5", "5", 17)
    assert not second.is_transformation_error
    assert "made-up" not in repr(second)


def test_a_failed_transformation_is_told_with_its_reason(kit):
    document = {"id": "31", "isTransformationError": True, "transformationErrorMessage": "no <b>service</b>"}
    kit.answers("crm.documentgenerator.document.get", {"result": {"document": document}})

    found = kit.client.crm_documentgenerator_document_get(31)

    assert (found.is_transformation_error, found.transformation_error) == (True, "no service")


def test_the_newest_generated_document_comes_first(kit):
    kit.answers("crm.documentgenerator.document.list", {"result": {"documents": [{"id": "32"}, {"id": "31"}]}})

    found = kit.client.crm_documentgenerator_document_list(entity_type_id=2, entity_id=17)

    assert next(found).id == 32
    assert asked(kit)["filter"] == {"entityTypeId": 2, "entityId": 17}
    assert asked(kit)["order"] == {"id": "DESC"}
