"""Each remote method: what is asked, and what comes of the answer."""

import base64
import io
import json
from datetime import UTC, datetime

import pytest
import responses

from clients.diadoc import conflicts
from clients.diadoc.answers import StillInProgress
from clients.diadoc.models import DocumentId, DocumentProtocol, MessagePatchToPost, MessageToPost, NotReady
from clients.diadoc.states import Direction, MessageType
from clients.diadoc.ticks import to_ticks
from errors import Conflict, NotFoundThere, ServiceError, Unavailable
from tests.clients.diadoc_support import (
    ACT,
    ADDRESS,
    API,
    MESSAGE,
    OUR_BOX,
    OUR_BOX_GUID,
    THEIR_BOX,
    THEIR_BOX_GUID,
    client,
    sample,
)

PDF = b"%PDF-1.7 a print form"


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


def test_a_message_is_posted_under_its_operation_id(remote):
    remote.post(f"{API}/V3/PostMessage", json=sample("message"))
    message = MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=())

    posted = client().post_message(message, operation_id="op-1")

    params, body = asked(remote)
    assert posted.message_id == MESSAGE
    assert params == {"operationId": "op-1"}
    assert body["ToBoxId"] == THEIR_BOX_GUID


def test_a_message_still_being_saved_is_not_posted_and_not_lost(remote):
    remote.post(f"{API}/V3/PostMessage", status=204, headers={"Retry-After": "10"})
    message = MessageToPost(from_box_id=OUR_BOX, to_box_id=THEIR_BOX, documents=())

    with pytest.raises(StillInProgress) as caught:
        client().post_message(message, operation_id="op-1")

    assert caught.value.retry_after == 10
    assert caught.value.temporary


def test_a_success_without_an_id_is_asked_again_later(remote):
    remote.post(f"{API}/V3/PostMessage", json={})

    with pytest.raises(Unavailable):
        client().post_message(MessageToPost(from_box_id=OUR_BOX, documents=()), operation_id="op-1")


def test_a_patch_a_draft_and_a_deletion_are_sent(remote):
    remote.post(f"{API}/V4/PostMessagePatch", json={"MessageId": MESSAGE, "PatchId": "P1"})
    remote.post(f"{API}/SendDraft", json=sample("message"))
    remote.post(f"{API}/RecycleDraft")
    remote.post(f"{API}/Delete")
    diadoc = client()

    patch = diadoc.post_message_patch(MessagePatchToPost(box_id=OUR_BOX, message_id=MESSAGE), operation_id="op-2")
    letter = diadoc.send_draft(box_id=OUR_BOX, draft_id="d", to_box_id=THEIR_BOX, operation_id="op-3")
    diadoc.recycle_draft(box_id=OUR_BOX, draft_id="d")
    diadoc.delete(box_id=OUR_BOX, message_id=MESSAGE)

    _, sent, recycled, deleted = (call.request for call in remote.calls)
    assert (patch.patch_id, letter.message_id) == ("p1", MESSAGE)
    assert sent.params == {"operationId": "op-3"}
    assert json.loads(sent.body) == {"BoxId": OUR_BOX_GUID, "DraftId": "d", "ToBoxId": THEIR_BOX_GUID}
    assert recycled.params == {"boxId": OUR_BOX_GUID, "draftId": "d"}
    assert deleted.params == {"boxId": OUR_BOX_GUID, "messageId": MESSAGE}


def test_a_document_is_read_without_its_content(remote):
    remote.get(f"{API}/V3/GetDocument", json=sample("document_signed"))

    document = client().get_document(**ADDRESS)

    assert document.entity_id == ACT
    assert asked(remote)[0] == {
        "boxId": OUR_BOX_GUID,
        "messageId": MESSAGE,
        "entityId": ACT,
        "injectEntityContent": "false",
    }


def test_documents_are_found_by_message_and_by_our_id(remote):
    found = {"TotalCount": 1, "Documents": [sample("document_waiting")]}
    remote.get(f"{API}/GetDocumentsByMessageId", json=found)
    remote.get(f"{API}/GetDocumentsByCustomId", json={"TotalCount": 0, "Documents": []})
    diadoc = client()

    by_message = diadoc.get_documents_by_message_id(box_id=OUR_BOX, message_id=MESSAGE)
    by_our_id = diadoc.get_documents_by_custom_id(box_id=OUR_BOX, custom_document_id="b24-1-a")

    assert [document.entity_id for document in by_message] == [ACT]
    assert by_our_id == ()
    assert asked(remote)[0] == {"boxId": OUR_BOX_GUID, "customDocumentId": "b24-1-a"}


def test_a_message_is_read_with_the_signatures_that_were_given(remote):
    remote.get(f"{API}/V6/GetMessage", json=sample("message"))

    message = client().get_message(box_id=OUR_BOX, message_id=MESSAGE)

    assert len(message.documents) == 2
    assert asked(remote)[0] == {"boxId": OUR_BOX_GUID, "messageId": MESSAGE, "originalSignature": "true"}


def test_docflows_are_read_by_the_hundred(remote):
    remote.post(f"{API}/V4/GetDocflows", json=sample("docflows_signed"))
    wanted = [DocumentId(message_id=MESSAGE, entity_id=str(number)) for number in range(250)]

    found = client().get_docflows(box_id=OUR_BOX, document_ids=wanted)

    sizes = [len(json.loads(call.request.body)["Requests"]) for call in remote.calls]
    assert sizes == [100, 100, 50]
    assert len(found) == 3
    assert json.loads(remote.calls[0].request.body)["Requests"][0] == {
        "DocumentId": {"MessageId": MESSAGE, "EntityId": "0"},
        "InjectEntityContent": False,
    }


def test_no_docflows_are_not_asked_for():
    assert client().get_docflows(box_id=OUR_BOX, document_ids=[]) == ()


def test_an_empty_page_of_a_packet_is_not_its_end(remote):
    url = f"{API}/V4/GetDocflowsByPacketId"
    last = {"Documents": [{"Document": sample("docflows_signed")["Documents"][0], "IndexKey": "eA=="}]}
    remote.post(url, json={"Documents": [], "NextPageIndexKey": "a+b="})
    remote.post(url, json=last)

    found = client().get_docflows_by_packet_id(box_id=OUR_BOX, packet_id="p-1")

    assert [docflow.entity_id for docflow in found] == [ACT]
    assert asked(remote)[1]["AfterIndexKey"] == "a+b="
    assert "AfterIndexKey" not in json.loads(remote.calls[0].request.body)


def test_a_packet_without_end_is_left(remote):
    remote.post(f"{API}/V4/GetDocflowsByPacketId", json={"NextPageIndexKey": "again"})

    with pytest.raises(ServiceError, match="no end"):
        client().get_docflows_by_packet_id(box_id=OUR_BOX, packet_id="p-1")


def test_the_feed_goes_on_after_a_key_of_any_characters(remote):
    remote.get(f"{API}/V8/GetNewEvents", json=sample("events"))

    page = client().get_new_events(
        box_id=OUR_BOX,
        after_index_key="AAE+Bw/=1",
        message_types=(MessageType.LETTER, MessageType.DRAFT),
        directions=(Direction.OUTBOUND,),
        since=datetime(2026, 11, 1, tzinfo=UTC),
    )

    assert page.last_index_key == "AAE+Bw/=4"
    assert "afterIndexKey=AAE%2BBw%2F%3D1" in remote.calls[0].request.url
    assert asked(remote)[0] == {
        "boxId": OUR_BOX_GUID,
        "afterIndexKey": "AAE+Bw/=1",
        "messageType": "Letter,Draft",
        "documentDirection": "Outbound",
        "timestampFromTicks": str(to_ticks(datetime(2026, 11, 1, tzinfo=UTC))),
        "limit": "100",
    }


def test_the_end_of_the_feed_has_no_key(remote):
    remote.get(f"{API}/V8/GetNewEvents", json=sample("events_empty"))

    page = client().get_new_events(box_id=OUR_BOX, after_index_key="k")

    assert page.events == ()
    assert page.last_index_key == ""


def test_an_event_without_a_key_stops_the_reader_instead_of_resetting_it(remote):
    remote.get(f"{API}/V8/GetNewEvents", json={"Events": [{"EventId": "e", "Patch": {"MessageId": MESSAGE}}]})

    with pytest.raises(ServiceError, match="key"):
        client().get_new_events(box_id=OUR_BOX)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "5"}])
def test_an_empty_box_has_no_last_event(remote, headers):
    remote.get(f"{API}/V2/GetLastEvent", status=204, headers=headers)

    assert client().get_last_event(box_id=OUR_BOX) is None


def test_the_last_event_and_one_event_are_read(remote):
    event = sample("events")["Events"][1]
    remote.get(f"{API}/V2/GetLastEvent", json=event)
    remote.get(f"{API}/V3/GetEvent", json=event)
    diadoc = client()

    last = diadoc.get_last_event(box_id=OUR_BOX)
    again = diadoc.get_event(box_id=OUR_BOX, event_id=last.event_id)

    assert last.index_key == "AAE+Bw/=2"
    assert again == last


def test_an_original_is_streamed_into_a_file(remote):
    remote.get(
        f"{API}/V4/GetEntityContent",
        body=b"<html> may be an original",
        headers={"Content-Disposition": "attachment; filename*=UTF-8''..%2F%D0%90%D0%BA%D1%82.html"},
    )
    to = io.BytesIO(b"before")
    to.seek(6)

    download = client().get_entity_content(**ADDRESS, to=to)

    assert to.getvalue() == b"before<html> may be an original"
    assert (download.size, download.file_name) == (25, "Акт.html")


def test_a_page_of_a_proxy_is_not_saved_as_an_original(remote, monkeypatch):
    monkeypatch.setattr("clients.diadoc.transport.PATIENCE_SECONDS", 0)
    remote.get(f"{API}/V4/GetEntityContent", body=b"<html>please log in</html>", content_type="text/html")
    to = io.BytesIO()

    with pytest.raises(Unavailable, match="proxy"):
        client().get_entity_content(**ADDRESS, to=to)

    assert to.getvalue() == b""


def test_a_body_over_the_limit_leaves_nothing_behind(remote):
    remote.get(f"{API}/V4/GetEntityContent", body=b"x" * 1000)
    to = io.BytesIO()

    with pytest.raises(ServiceError, match="999"):
        client().get_entity_content(**ADDRESS, to=to, limit_bytes=999)

    assert to.getvalue() == b""


@pytest.mark.parametrize(
    "pending",
    [
        {"status": 204, "headers": {"Retry-After": "7"}},
        {"status": 200, "headers": {"Retry-After": "7"}, "json": {"ZipFileNameOnShelf": ""}},
    ],
)
def test_an_archive_is_asked_for_until_it_is_ready(remote, pending):
    remote.get(f"{API}/GenerateDocumentZip", **pending)
    remote.get(f"{API}/GenerateDocumentZip", json={"ZipFileNameOnShelf": "__userId__/a-1.zip"})
    diadoc = client()

    first, second = (diadoc.generate_document_zip(**ADDRESS) for _ in range(2))

    assert first == NotReady(7)
    assert second == "a-1.zip"
    assert asked(remote)[0] == {
        "boxId": OUR_BOX_GUID,
        "messageId": MESSAGE,
        "documentId": ACT,
        "fullDocflow": "true",
    }


def test_an_archive_without_a_name_and_without_a_word_is_not_ready(remote):
    remote.get(f"{API}/GenerateDocumentZip", json={"ZipFileNameOnShelf": ""})

    assert isinstance(client().generate_document_zip(**ADDRESS), NotReady)


@pytest.mark.parametrize(
    "pending",
    [
        {"status": 200, "headers": {"Retry-After": "7"}},
        {"status": 204, "headers": {"Retry-After": "7"}},
        {"status": 200},
    ],
)
def test_a_print_form_that_is_not_ready_leaves_no_file(remote, pending):
    remote.get(f"{API}/GeneratePrintForm", **pending)
    to = io.BytesIO()

    assert isinstance(client().generate_print_form(**ADDRESS, to=to), NotReady)
    assert to.getvalue() == b""


def test_a_print_form_is_a_pdf(remote):
    remote.get(f"{API}/GeneratePrintForm", body=PDF, headers={"Content-Disposition": 'attachment; filename="a b.pdf"'})
    to = io.BytesIO()

    download = client().generate_print_form(**ADDRESS, to=to)

    assert to.getvalue() == PDF
    assert (download.size, download.file_name) == (len(PDF), "a b.pdf")


def test_a_page_in_the_place_of_a_print_form_is_not_saved(remote, monkeypatch):
    monkeypatch.setattr("clients.diadoc.transport.PATIENCE_SECONDS", 0)
    remote.get(f"{API}/GeneratePrintForm", body=b"<html>please log in</html>")
    to = io.BytesIO()

    with pytest.raises(Unavailable):
        client().generate_print_form(**ADDRESS, to=to)

    assert to.getvalue() == b""


def test_a_type_without_print_form_is_a_conflict_for_ever(remote):
    text = "Generating print form for this type of document is not supported"
    remote.get(f"{API}/GeneratePrintForm", status=409, body=text)

    with pytest.raises(Conflict) as caught:
        client().generate_print_form(**ADDRESS, to=io.BytesIO())

    assert conflicts.no_print_form(caught.value)


def test_a_protocol_comes_with_its_signature(remote):
    pdf, signature = base64.b64encode(PDF).decode(), base64.b64encode(b"cms").decode()
    remote.get(f"{API}/GenerateDocumentProtocol", headers={"Retry-After": "7"})
    remote.get(f"{API}/GenerateDocumentProtocol", json={"PrintForm": pdf, "Signature": signature})
    diadoc = client()

    first, second = (diadoc.generate_document_protocol(**ADDRESS) for _ in range(2))

    assert first == NotReady(7)
    assert second == DocumentProtocol(print_form=PDF, signature=b"cms")


def test_service_documents_are_generated_with_their_names(remote):
    headers = {"Content-Disposition": 'attachment; filename="ON_1.xml"'}
    remote.post(f"{API}/V2/GenerateRevocationRequestXml", body=b"<revocation/>", headers=headers)
    remote.post(f"{API}/V2/GenerateSignatureRejectionXml", body=b"<rejection/>", headers=headers)
    diadoc = client()

    revocation = diadoc.generate_revocation_request_xml(**ADDRESS, comment="Ошибка")
    rejection = diadoc.generate_signature_rejection_xml(**ADDRESS, reason="Нет", signer_content=b"<s/>")

    first, second = (call.request for call in remote.calls)
    assert (revocation.file_name, revocation.content) == ("ON_1.xml", b"<revocation/>")
    assert rejection.content == b"<rejection/>"
    assert first.params["attachmentId"] == ACT
    assert json.loads(first.body) == {"Comment": "Ошибка"}
    assert json.loads(second.body) == {
        "ErrorMessage": "Нет",
        "MessageId": MESSAGE,
        "AttachmentId": ACT,
        "SignerContent": base64.b64encode(b"<s/>").decode(),
    }


@pytest.mark.parametrize("answer", [{"body": b"<html>", "content_type": "text/html"}, {"body": b""}])
def test_a_page_in_the_place_of_a_service_document_is_refused(remote, monkeypatch, answer):
    monkeypatch.setattr("clients.diadoc.transport.PATIENCE_SECONDS", 0)
    remote.post(f"{API}/V2/GenerateRevocationRequestXml", **answer)

    with pytest.raises(Unavailable):
        client().generate_revocation_request_xml(**ADDRESS, comment="Ошибка")


def test_an_archive_is_fetched_by_its_local_name(remote):
    remote.get(f"{API}/V2/ShelfDownload", body=b"PK rest")
    to = io.BytesIO()

    client().shelf_download(name="__userId__/a.zip", to=to, starts_with=b"PK")

    assert to.getvalue() == b"PK rest"
    assert asked(remote)[0] == {"fileName": "a.zip"}


def test_a_name_in_an_answer_never_leads_to_another_folder(remote):
    remote.get(
        f"{API}/V2/ShelfDownload", body=b"x", headers={"Content-Disposition": 'attachment; filename="..\\..\\c:/e.zip"'}
    )

    download = client().shelf_download(name="a.zip", to=io.BytesIO())

    assert download.file_name == "e.zip"
