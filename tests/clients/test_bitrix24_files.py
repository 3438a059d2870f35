"""Files from and to a portal."""

import io
import tracemalloc

import pytest
import responses

from clients.bitrix24.files import Multipart, file_name
from errors import Conflict, NoAccess, RateLimited, ServiceError, Unavailable
from tests.clients.bitrix24_support import PORTAL, Kit, sample

URL = PORTAL + "crm.controller.item.getFile.json?auth=hush&token=crm%7Chush"
PDF = {"Content-Type": "application/pdf", "Content-Disposition": 'attachment; filename="act.pdf"'}


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def test_a_file_is_streamed_with_its_name_and_size(kit):
    responses.get(URL, body=b"%PDF", headers=PDF)
    to = io.BytesIO()

    file = kit.client.download(URL, to, 100)

    assert to.getvalue() == b"%PDF"
    assert (file.file_name, file.size, file.content_type) == ("act.pdf", 4, "application/pdf")
    assert kit.throttle.turns == ["download"]


def test_a_download_looks_like_one_to_the_portals_protection(kit):
    responses.get(URL, body=b"%PDF", headers=PDF)

    kit.client.download(URL, io.BytesIO(), 100)

    headers = responses.calls[0].request.headers
    assert all(headers[name] for name in ("User-Agent", "Accept", "Accept-Language"))
    assert headers["Referer"] == "https://example.bitrix24.example/"
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/rest/x",
        "http://example.bitrix24.example/rest/x",
        "https://example.bitrix24.example:444/rest/x",
        "https://example.bitrix24.example@evil.example/rest/x",
        "https://example.bitrix24.example.evil.example/",
        "file:///etc/passwd",
        "/rest/x",
        "",
    ],
)
def test_only_the_portals_own_host_is_asked(kit, url):
    with pytest.raises(NoAccess):
        kit.client.download(url, io.BytesIO(), 100)

    assert len(responses.calls) == 0


def test_a_redirect_on_the_same_host_is_followed(kit):
    responses.get(URL, status=302, headers={"Location": "/upload/file.pdf"})
    responses.get("https://example.bitrix24.example/upload/file.pdf", body=b"%PDF", headers=PDF)
    to = io.BytesIO()

    kit.client.download(URL, to, 100)

    assert to.getvalue() == b"%PDF"


@pytest.mark.parametrize("location", ["https://evil.example/", "//evil.example/x", "http://example.bitrix24.example/"])
def test_a_redirect_elsewhere_is_not_followed(kit, location):
    responses.get(URL, status=302, headers={"Location": location})

    with pytest.raises(Unavailable, match="leads elsewhere"):
        kit.client.download(URL, io.BytesIO(), 100)

    assert len(responses.calls) == 1


def test_redirects_without_end_are_given_up(kit):
    responses.get(URL, status=302, headers={"Location": URL})

    with pytest.raises(Unavailable, match="leads elsewhere"):
        kit.client.download(URL, io.BytesIO(), 100)

    assert len(responses.calls) == 4


@pytest.mark.parametrize(
    ("status", "content_type"), [(200, "text/html; charset=UTF-8"), (403, "text/html"), (502, ""), (404, "text/html")]
)
def test_a_page_is_not_taken_for_the_file(kit, status, content_type):
    responses.get(URL, body="<html>Are you a robot?</html>", status=status, content_type=content_type)
    to = io.BytesIO()

    with pytest.raises(Unavailable, match="no file"):
        kit.client.download(URL, to, 100)

    assert to.getvalue() == b""


def test_a_page_that_is_a_file_is_a_file(kit):
    responses.get(
        URL, body="<p>", content_type="text/html", headers={"Content-Disposition": "attachment; filename=a.html"}
    )

    file = kit.client.download(URL, io.BytesIO(), 100)

    assert file.file_name == "a.html"


@pytest.mark.parametrize("code", ["expired_token", "invalid_token"])
def test_an_address_that_is_too_old_can_be_asked_for_again(kit, code):
    responses.get(URL, json={"error": code}, status=401)

    with pytest.raises(Unavailable) as caught:
        kit.client.download(URL, io.BytesIO(), 100)

    assert caught.value.vendor_code == code
    assert not kit.tokens.dead


def test_a_download_over_the_rate_holds_everybody_back(kit):
    responses.get(URL, json={"error": "QUERY_LIMIT_EXCEEDED"}, status=503)

    with pytest.raises(RateLimited):
        kit.client.download(URL, io.BytesIO(), 100)

    assert kit.throttle.blocks


@pytest.mark.parametrize("headers", [{"Content-Length": "101"}, {}])
def test_a_file_over_the_limit_is_refused(kit, headers):
    responses.get(URL, body=b"x" * 101, headers={**PDF, **headers}, auto_calculate_content_length=not headers)

    with pytest.raises(ServiceError, match="over 100 bytes"):
        kit.client.download(URL, io.BytesIO(), 100)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="act.pdf"', "act.pdf"),
        ("attachment; filename=act.pdf", "act.pdf"),
        ("attachment; filename*=UTF-8''%D0%90%D0%BA%D1%82%20%E2%84%96%205.pdf", "Акт № 5.pdf"),
        ("attachment; filename=\"x.pdf\"; filename*=utf-8''%D0%90%D0%BA%D1%82.pdf", "Акт.pdf"),
        ("attachment; filename*=windows-1251''%C0%EA%F2.pdf", "Акт.pdf"),
        ("attachment; filename*=unknown''%C0%EA%F2.pdf", "Акт.pdf"),
        ('attachment; filename="%D0%90%D0%BA%D1%82.pdf"', "Акт.pdf"),
        ('attachment; filename="{}"'.format("Акт.pdf".encode().decode("latin-1")), "Акт.pdf"),
        ('attachment; filename="{}"'.format("Акт.pdf".encode("cp1251").decode("latin-1")), "Акт.pdf"),
        ('attachment; filename="Акт.pdf"', "Акт.pdf"),
        ('attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        ('attachment; filename="a;b.pdf"', "a;b.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ('attachment; filename="C:\\\\docs\\\\act.pdf"', "act.pdf"),
        ("attachment; filename*=UTF-8''a%00%0Ab.pdf", "ab.pdf"),
        ('attachment; filename="{}"'.format("x" * 999), "x" * 255),
        ("attachment; filename*=UTF-8''%", "%"),
        ("inline", ""),
        ("", ""),
        (";;;=", ""),
    ],
)
def test_a_name_is_read_in_whatever_spelling(header, name):
    assert file_name(header) == name


# Uploads


def uploads(kit, *, url: str = PORTAL + "upload.json?auth=hush&token=disk%7Chush") -> None:
    kit.answers("disk.folder.uploadFile", {"result": {"field": "file", "uploadUrl": url}})
    responses.post(url, json=sample("disk_file.json"))


def test_a_file_is_uploaded_to_the_address_that_the_folder_gives(kit):
    uploads(kit)

    file = kit.client.disk_folder_upload_file(
        folder_id=8, file_name='Акт "5".pdf', content=io.BytesIO(b"%PDF-and-more"), size=4
    )

    assert (file.id, file.name, file.size) == (4567, "act.pdf", 204800)
    assert kit.sent(0)["id"] == 8
    request = responses.calls[1].request
    body = b"".join(request.body)
    assert request.headers["Content-Length"] == str(len(body))
    assert 'name="file"; filename="Акт _5_.pdf"\r\n'.encode() in body
    assert b"\r\n\r\n%PDF\r\n--" in body


@pytest.mark.parametrize("url", ["https://evil.example/upload", "", "http://example.bitrix24.example/rest/upload"])
def test_a_file_is_uploaded_nowhere_else(kit, url):
    kit.answers("disk.folder.uploadFile", {"result": {"field": "file", "uploadUrl": url}})

    with pytest.raises((NoAccess, Unavailable)):
        kit.client.disk_folder_upload_file(folder_id=8, file_name="a", content=io.BytesIO(b"x"), size=1)

    assert len(responses.calls) == 1


def test_a_name_that_is_taken_is_a_conflict(kit):
    url = PORTAL + "upload.json?auth=hush"
    kit.answers("disk.folder.uploadFile", {"result": {"field": "file", "uploadUrl": url}})
    responses.post(url, json={"error": "DISK_OBJ_22000", "error_description": "name"}, status=400)

    with pytest.raises(Conflict):
        kit.client.disk_folder_upload_file(folder_id=8, file_name="a", content=io.BytesIO(b"x"), size=1)


def test_an_upload_is_read_piece_by_piece():
    class Zeros(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(size)

    size = 70 * 1024 * 1024
    body = Multipart(field="file", file_name="a", content=Zeros(), size=size)

    tracemalloc.start()
    length = sum(len(chunk) for chunk in body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert length == len(body) > size
    assert peak < 2 * 1024 * 1024


def test_a_file_shorter_than_it_claims_is_a_mistake():
    body = Multipart(field="file", file_name="a", content=io.BytesIO(b"x"), size=2)

    with pytest.raises(ValueError, match="shorter"):
        list(body)
