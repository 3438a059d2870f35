"""Files, page after page and not before they are ready."""

import base64
import io
import json

import pytest
import responses

from clients.diadoc import conflicts
from clients.diadoc.models import DocumentProtocol, NotReady
from errors import Conflict, ServiceError, Unavailable
from tests.clients.diadoc_support import ACT, ADDRESS, API, MESSAGE, OUR_BOX_GUID, client

PDF = b"%PDF-1.7 a print form"


@pytest.fixture
def remote():
    with responses.RequestsMock() as mock:
        yield mock


def asked(remote) -> tuple[dict, dict]:
    """Parameters and JSON of the last request."""
    request = remote.calls[-1].request
    return request.params, json.loads(request.body) if request.body else {}


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


def test_an_archive_is_fetched_by_its_local_name(remote):
    remote.get(f"{API}/V2/ShelfDownload", body=b"PK rest")
    to = io.BytesIO()

    client().shelf_download(name="__userId__/a.zip", to=to, starts_with=b"PK")

    assert to.getvalue() == b"PK rest"
    assert asked(remote)[0] == {"fileName": "a.zip"}


def test_an_empty_archive_is_none(remote):
    remote.get(f"{API}/V2/ShelfDownload", body=b"")

    with pytest.raises(Unavailable):
        client().shelf_download(name="a.zip", to=io.BytesIO(), starts_with=b"PK")


def test_a_name_in_an_answer_never_leads_to_another_folder(remote):
    remote.get(
        f"{API}/V2/ShelfDownload", body=b"x", headers={"Content-Disposition": 'attachment; filename="..\\..\\c:/e.zip"'}
    )

    download = client().shelf_download(name="a.zip", to=io.BytesIO())

    assert download.file_name == "e.zip"
