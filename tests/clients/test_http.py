"""Outgoing HTTP against peers that misbehave, on real sockets."""

import hashlib
import io
import logging
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import responses

from clients.http import Http
from errors import ServiceError, Unavailable

MEGABYTE = 1024 * 1024


class Peer:
    """Answers each connection by the next of `scripts`, the last one again and again."""

    def __init__(self) -> None:
        self.scripts: list[Callable[[socket.socket], None]] = []
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        try:
            self.requests.append(_head(connection))
            script(connection)
        except OSError:
            pass  # the client went away, as it should in most of these tests
        finally:
            connection.close()


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(1)
        if not received:
            break
        head += received
    return head


def says(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def drips(start: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def http() -> Http:
    return Http(system="Peer", timeout_seconds=1.0, total_seconds=1.0)


def test_an_answer_is_read_whole(peer, http):
    peer.scripts = [says(OK)]

    response = http.send("GET", peer.url, method="read", repeat=True)

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"", b"H"),
    ],
    ids=["body", "chunked body", "headers", "status line"],
)
def test_a_peer_that_drips_bytes_cannot_hold_us_longer_than_the_total_time(peer, http, start, drop):
    peer.scripts = [drips(start, drop)]
    began = time.monotonic()

    with pytest.raises(Unavailable):
        http.send("GET", peer.url, method="read", repeat=False)

    assert time.monotonic() - began < 2.5


def test_a_silent_peer_is_given_up_after_the_timeout(peer):
    http = Http(system="Peer", timeout_seconds=0.3, total_seconds=60)
    peer.scripts = [lambda connection: time.sleep(5)]
    began = time.monotonic()

    with pytest.raises(Unavailable):
        http.send("GET", peer.url, method="read", repeat=False)

    assert time.monotonic() - began < 2


def test_a_silent_peer_is_left_alone_for_as_long_again(peer):
    peer.scripts = [lambda connection: time.sleep(2)]

    with pytest.raises(Unavailable) as failed:
        Http(system="Диадок", timeout_seconds=0.2).send("POST", peer.url, method="PostMessage", repeat=False)

    assert failed.value.retry_after == 0.2  # it may still be at work


def test_a_broken_connection_asks_for_no_pause(peer, http):
    peer.scripts = [lambda connection: None]

    with pytest.raises(Unavailable) as failed:
        http.send("POST", peer.url, method="PostMessage", repeat=False)

    assert failed.value.retry_after is None


def test_a_peer_that_does_not_read_our_upload_is_given_up(peer, http):
    peer.scripts = [lambda connection: time.sleep(5)]
    began = time.monotonic()

    with pytest.raises(Unavailable):
        http.send("POST", peer.url, method="write", repeat=False, data=bytes(64 * MEGABYTE))

    assert time.monotonic() - began < 3


def test_an_upload_of_many_pieces_arrives_as_it_was(peer):
    content = bytes(range(256)) * (3 * MEGABYTE // 256) + b"end"
    received = hashlib.sha256()

    def read_all(connection: socket.socket) -> None:
        left = len(content)
        while left:
            piece = connection.recv(65536)
            received.update(piece)
            left -= len(piece)
        connection.sendall(OK)

    peer.scripts = [read_all]

    Http(system="Peer").send("POST", peer.url, method="write", repeat=False, data=content)

    assert received.hexdigest() == hashlib.sha256(content).hexdigest()


def test_an_answer_over_the_limit_is_refused(peer):
    peer.scripts = [says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)]
    http = Http(system="Peer", answer_bytes=99)

    with pytest.raises(ServiceError, match="over 99 bytes"):
        http.send("GET", peer.url, method="read", repeat=True)


def test_an_answer_that_breaks_off_is_no_answer(peer, http):
    peer.scripts = [says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]

    with pytest.raises(Unavailable):
        http.send("GET", peer.url, method="read", repeat=False)


def test_a_broken_connection_is_tried_again_when_repeating_does_no_harm(peer, http):
    peer.scripts = [says(b""), says(OK)]

    response = http.send("GET", peer.url, method="read", repeat=True)

    assert response.content == b"ok"
    assert len(peer.requests) == 2


def test_a_broken_connection_is_not_tried_again_when_repeating_could_do_harm(peer, http):
    peer.scripts = [says(b""), says(OK)]

    with pytest.raises(Unavailable):
        http.send("POST", peer.url, method="write", repeat=False)

    assert len(peer.requests) == 1


def test_redirects_are_handed_back_and_never_followed(peer, http):
    peer.scripts = [says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")]

    response = http.send("GET", peer.url, method="read", repeat=True)

    assert response.status_code == 302
    assert response.headers["Location"] == "http://127.0.0.1:1/"


def test_cookies_are_not_sent_back(peer, http):
    peer.scripts = [
        says(b"HTTP/1.1 200 OK\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        says(OK),
    ]

    http.send("GET", peer.url, method="read", repeat=False)
    http.send("GET", peer.url, method="read", repeat=False)

    assert b"cookie" not in peer.requests[1].lower()


def test_credentials_of_the_machine_are_not_added(peer, http, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    peer.scripts = [says(OK)]

    http.send("GET", peer.url, method="read", repeat=False)

    assert b"authorization" not in peer.requests[0].lower()


def test_an_error_names_the_host_and_not_the_address(http):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unavailable) as caught:
        http.send("GET", f"http://127.0.0.1:{port}/?auth=hush", method="read", repeat=False)

    assert "127.0.0.1" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_the_library_logs_shows_no_queries(peer, http, caplog):
    peer.scripts = [says(OK)]
    caplog.set_level(logging.DEBUG, logger="urllib3")  # which our own set-up keeps quiet

    http.send("GET", peer.url + "path?auth=hush", method="read", repeat=False)

    assert "/path?…" in caplog.text
    assert "hush" not in caplog.text


def test_a_large_body_is_copied_with_flat_memory(peer):
    size = 70 * MEGABYTE
    block = bytes(MEGABYTE)

    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(70):
            connection.sendall(block)

    class Nowhere(io.RawIOBase):
        def write(self, data) -> int:
            return len(data)

    peer.scripts = [pour]
    http = Http(system="Peer")

    tracemalloc.start()
    with http.stream("GET", peer.url, method="read") as response:
        copied = http.copy(response, Nowhere(), method="read", limit_bytes=size)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert copied == size
    assert peak < 8 * MEGABYTE


def test_a_copy_stops_at_its_limit(peer, http):
    peer.scripts = [drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * MEGABYTE)]
    to = io.BytesIO()

    with (
        http.stream("GET", peer.url, method="read") as response,
        pytest.raises(ServiceError, match="over"),
    ):
        http.copy(response, to, method="read", limit_bytes=MEGABYTE)

    assert len(to.getvalue()) <= MEGABYTE


@responses.activate
def test_a_mocked_answer_is_read_as_well(http):
    responses.get("https://peer.example/", body=b"ok")

    response = http.send("GET", "https://peer.example/", method="read", repeat=False)

    assert response.content == b"ok"
