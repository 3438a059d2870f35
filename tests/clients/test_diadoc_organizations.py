"""Organizations, document types, counteragents: what is asked, and what comes of the answer."""

import json

import pytest
import responses

from clients.diadoc import conflicts
from clients.diadoc.models import NotReady
from errors import Conflict, NotFoundThere
from tests.clients.diadoc_support import API, OUR_BOX, OUR_BOX_GUID, THEIR_BOX, THEIR_BOX_GUID, client, sample


@pytest.fixture
def remote():
    with responses.RequestsMock() as mock:
        yield mock


def asked(remote) -> tuple[dict, dict]:
    """Parameters and JSON of the last request."""
    request = remote.calls[-1].request
    return request.params, json.loads(request.body) if request.body else {}


def test_our_organizations_are_listed_without_registering_anybody(remote):
    remote.get(f"{API}/GetMyOrganizations", json=sample("my_organizations"))

    (ours,) = client().get_my_organizations()

    assert ours.box_id == OUR_BOX
    assert asked(remote)[0] == {"autoRegister": "false"}


def test_an_organization_is_asked_by_what_is_known_only(remote):
    remote.get(f"{API}/GetOrganization", json=sample("my_organizations")["Organizations"][0])

    organization = client().get_organization(box_id=OUR_BOX)

    assert organization.inn == "7700000016"
    assert asked(remote)[0] == {"boxId": OUR_BOX_GUID}


def test_an_entrepreneur_is_looked_for_without_kpp(remote):
    remote.get(f"{API}/GetOrganizationsByInnKpp", json=sample("organizations_by_inn_kpp"))

    found = client().get_organizations_by_inn_kpp(inn="7700000023")

    assert len(found) == 2
    assert asked(remote)[0] == {"inn": "7700000023"}


def test_a_box_its_features_and_its_user_are_read(remote):
    box = {"BoxIdGuid": THEIR_BOX_GUID, "Title": "Сосна", "Organization": {"Inn": "7700000023"}}
    remote.get(f"{API}/GetBox", json=box)
    remote.get(f"{API}/GetOrganizationFeatures", json=sample("organization_features"))
    remote.get(f"{API}/GetMyEmployee", json=sample("employee"))

    diadoc = client()

    assert diadoc.get_box(box_id=THEIR_BOX).organization.inn == "7700000023"
    assert diadoc.get_organization_features(box_id=OUR_BOX).can_lock_packets
    assert diadoc.get_my_employee(box_id=OUR_BOX).user_id == "9a8b7c6d-5e4f-4031-8223-344556677889"


@pytest.mark.parametrize("status", [404, 405, 410])
def test_document_types_fall_back_to_the_older_method(remote, status):
    remote.get(f"{API}/V3/GetDocumentTypes", status=status, body="no such method")
    remote.get(f"{API}/V2/GetDocumentTypes", json=sample("document_types"))

    types = client().get_document_types(box_id=OUR_BOX)

    assert [kind.type_named_id for kind in types] == ["ProformaInvoice", "UniversalTransferDocument"]
    assert [kind.universal_messages_since for kind in types] == ["", "01.02.2027"]


def test_counteragents_are_read_page_by_page(remote):
    remote.get(f"{API}/V3/GetCounteragents", json=sample("counteragents"))

    page = client().get_counteragents(box_id=OUR_BOX, after_index_key="a+b/c=", status="IsMyCounteragent")

    assert page.total_count == 1
    assert asked(remote)[0] == {
        "myBoxId": OUR_BOX_GUID,
        "counteragentStatus": "IsMyCounteragent",
        "afterIndexKey": "a+b/c=",
        "pageSize": "100",
    }


def test_no_relation_with_a_counteragent_is_said(remote):
    remote.get(f"{API}/V3/GetCounteragent", status=404, body="not found")

    with pytest.raises(NotFoundThere):
        client().get_counteragent(box_id=OUR_BOX, counteragent_box_id=THEIR_BOX)


def test_an_invitation_is_a_task_with_a_result(remote):
    remote.post(f"{API}/V3/AcquireCounteragent", json={"TaskId": "t-1"})
    remote.get(f"{API}/V2/AcquireCounteragentResult", status=204, headers={"Retry-After": "30"})
    remote.get(f"{API}/V2/AcquireCounteragentResult", json={"BoxId": THEIR_BOX_GUID})
    diadoc = client()

    task_id = diadoc.acquire_counteragent(box_id=OUR_BOX, counteragent_box_id=THEIR_BOX, message="Давайте")
    body = asked(remote)[1]
    first = diadoc.acquire_counteragent_result(task_id=task_id)
    second = diadoc.acquire_counteragent_result(task_id=task_id)

    assert body == {"BoxId": THEIR_BOX_GUID, "MessageToCounteragent": "Давайте"}
    assert first == NotReady(30)
    assert second.box_id == THEIR_BOX


def test_an_invitation_into_roaming_may_need_a_request_first(remote):
    remote.post(f"{API}/V3/AcquireCounteragent", status=409, body="Нужна заявка")

    with pytest.raises(Conflict) as caught:
        client().acquire_counteragent(box_id=OUR_BOX, counteragent_box_id=THEIR_BOX)

    assert conflicts.roaming_request_needed(caught.value)
