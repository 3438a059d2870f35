"""The shelf: parts, parts that got lost, and memory that stays flat for the largest document."""

import hashlib
import io
import json
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from clients.diadoc.shelf import PART_BYTES
from errors import ServiceError, SubscriptionEnded, Unavailable
from tests.clients.diadoc_support import ADDRESS, client

MEGABYTE = 1024 * 1024
DOCUMENT_BYTES = 70 * MEGABYTE
NAME = "dd-api-1.pdf"


class ShelfServer(ThreadingHTTPServer):
    """A shelf on a real socket, which keeps digests of parts and can lose parts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.parts: dict[int, str] = {}
        self.sizes: list[int] = []
        self.requests: list[str] = []
        self.to_lose: list[int] = []
        self.last_index = 0
        self.answer: bytes | None = None  # instead of the list of missing parts
        self.status = 200
        self.to_break_off = 0

    def take(self, index: int, part: bytes, is_last: bool) -> bytes:
        self.sizes.append(len(part))
        if index in self.to_lose:
            self.to_lose.remove(index)
        else:
            self.parts[index] = hashlib.sha256(part).hexdigest()
        self.last_index = max(self.last_index, index)
        if not is_last:
            return b""
        missing = [number for number in range(self.last_index + 1) if number not in self.parts]
        return self.answer if self.answer is not None else json.dumps(missing).encode()


class _Handler(BaseHTTPRequestHandler):
    server: ShelfServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        part = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(self.path)
        if url.path == "/ShelfUploadPart":
            self._answer(self.server.take(int(query["partIndex"]), part, query["isLastPart"] == "true"))
        else:
            self.server.take(0, part, False)
            self._answer(NAME.encode())

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(DOCUMENT_BYTES))
        self.end_headers()
        if self.server.to_break_off:
            self.server.to_break_off -= 1
            self.wfile.write(b"z" * MEGABYTE)
            self.close_connection = True
            return
        for _ in range(DOCUMENT_BYTES // MEGABYTE):
            self.wfile.write(b"z" * MEGABYTE)

    def _answer(self, body: bytes) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class Endless(io.RawIOBase):
    """A document of so many bytes that lies nowhere; reads give less than they are asked for, as sockets do."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given = min(size, self._left, 700_001)
        self._left -= given
        return b"d" * given


class Sink(io.RawIOBase):
    """Counts what it is given and keeps nothing."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        return len(chunk)


@pytest.fixture
def server() -> Iterator[ShelfServer]:
    server = ShelfServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def digests(content: bytes) -> dict[int, str]:
    starts = range(0, len(content), PART_BYTES)
    return {start // PART_BYTES: hashlib.sha256(content[start : start + PART_BYTES]).hexdigest() for start in starts}


@pytest.mark.parametrize("extension", ["pdf", ".pdf"])
@pytest.mark.parametrize("size", [1, PART_BYTES])
def test_a_file_of_one_part_goes_up_at_once(server, extension, size):
    name = client(api_url=server.url).shelf_upload(io.BytesIO(b"x" * size), extension)

    assert name == NAME
    assert server.requests == ["/V2/ShelfUpload?fileExtension=.pdf"]


@pytest.mark.parametrize("extension", ["", ".", " Приложение", "a/b", "x" * 99])
def test_what_is_no_extension_is_not_sent_as_one(server, extension):
    client(api_url=server.url).shelf_upload(io.BytesIO(b"x"), extension)

    assert server.requests == ["/V2/ShelfUpload?fileExtension=.bin"]


def test_a_larger_file_goes_up_in_parts_of_three_megabytes(server):
    content = bytes(range(256)) * (PART_BYTES * 2 // 256 + 1)

    name = client(api_url=server.url).shelf_upload(io.BytesIO(content), "pdf")

    assert name == NAME
    assert server.parts == digests(content)
    assert server.requests == [
        "/ShelfUploadPartInit?fileExtension=.pdf",
        f"/ShelfUploadPart?fileName={NAME}&partIndex=1&isLastPart=false",
        f"/ShelfUploadPart?fileName={NAME}&partIndex=2&isLastPart=true",
    ]


def test_parts_that_got_lost_are_sent_again_from_where_the_file_began(server):
    content = b"a" * PART_BYTES + b"b" * PART_BYTES + b"c" * 10
    file = io.BytesIO(b"skipped" + content)
    file.seek(7)
    server.to_lose = [0, 1, 2, 1]

    client(api_url=server.url).shelf_upload(file, "pdf")

    assert server.parts == digests(content)


def test_parts_lost_again_and_again_are_given_up_after_three_rounds(server):
    server.to_lose = [1] * 10

    with pytest.raises(Unavailable):
        client(api_url=server.url).shelf_upload(io.BytesIO(b"a" * (PART_BYTES + 1)), "pdf")

    assert len(server.requests) == 1 + 1 + 3


@pytest.mark.parametrize("answer", [b"{}", b"[-1]", b"[99]", b'["1"]', b"[true]", b"nonsense", b"[" * 100_000])
def test_a_list_of_missing_parts_that_is_none_is_not_believed(server, answer):
    server.answer = answer

    with pytest.raises(ServiceError):
        client(api_url=server.url).shelf_upload(io.BytesIO(b"a" * (PART_BYTES + 1)), "pdf")


def test_an_unpaid_box_is_told_at_once(server):
    server.status = 402

    with pytest.raises(SubscriptionEnded):
        client(api_url=server.url).shelf_upload(io.BytesIO(b"a" * (PART_BYTES + 1)), "pdf")

    assert len(server.requests) == 1


def test_the_largest_document_goes_up_with_flat_memory(server):
    tracemalloc.start()

    client(api_url=server.url).shelf_upload(Endless(DOCUMENT_BYTES), "pdf")

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(server.sizes) == DOCUMENT_BYTES
    assert max(server.sizes) <= 3_000_000
    assert peak < 20 * MEGABYTE  # two parts here, one at the server, which is traced as well


def test_a_download_that_breaks_off_begins_again_and_doubles_nothing(server, tmp_path):
    server.to_break_off = 2

    with (tmp_path / "document").open("wb") as file:
        file.write(b"before")
        download = client(api_url=server.url).get_entity_content(**ADDRESS, to=file)

    assert download.size == DOCUMENT_BYTES
    assert (tmp_path / "document").stat().st_size == len(b"before") + DOCUMENT_BYTES


def test_a_download_into_what_cannot_be_rewound_is_not_begun_again(server):
    server.to_break_off = 1
    sink = Sink()

    with pytest.raises(Unavailable):
        client(api_url=server.url).get_entity_content(**ADDRESS, to=sink)

    assert sink.size <= MEGABYTE


def test_a_download_that_breaks_off_for_good_leaves_nothing(server, monkeypatch):
    monkeypatch.setattr("clients.diadoc.transport.PATIENCE_SECONDS", 0)
    server.to_break_off = 1
    to = io.BytesIO()

    with pytest.raises(Unavailable):
        client(api_url=server.url).get_entity_content(**ADDRESS, to=to)

    assert to.getvalue() == b""


def test_the_largest_document_comes_down_with_flat_memory(server):
    sink = Sink()
    tracemalloc.start()

    download = client(api_url=server.url).get_entity_content(**ADDRESS, to=sink)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert download.size == sink.size == DOCUMENT_BYTES
    assert peak < 6 * MEGABYTE
