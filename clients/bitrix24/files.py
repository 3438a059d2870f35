"""Bytes from and to a portal: signed addresses, of the portal's own host only, streamed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from io import BytesIO
from typing import Any, BinaryIO
from urllib.parse import unquote, unquote_to_bytes, urljoin
from uuid import uuid4

import requests

from clients.bitrix24 import faults, wire
from clients.bitrix24.caller import Caller
from clients.http import CHUNK_BYTES
from credentials import Token
from errors import NoAccess, RateLimited, ServiceError, Unavailable

# without these the portal's protection may answer with a page for people
_HEADERS = {
    "User-Agent": "b24-edo",
    "Accept": "*/*",
    "Accept-Language": "ru,en;q=0.8",
    "Accept-Encoding": "identity",
}
_HOPS = 4
_ERROR_BYTES = 1024 * 1024


@dataclass(frozen=True)
class DownloadedFile:
    """file_name: without any folder, "" when the portal named none; size: bytes; content_type: lower case."""

    file_name: str
    size: int
    content_type: str


class Multipart:
    """The body of an upload of one file: of known length, read from `content` piece by piece."""

    def __init__(self, *, field: str, file_name: str, content: BinaryIO, size: int) -> None:
        boundary = uuid4().hex
        quoted = re.sub(r'[\\/"\x00-\x1f\x7f]', "_", file_name)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{quoted}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._content, self._size = content, size

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        left = self._size
        while left:
            chunk = self._content.read(min(CHUNK_BYTES, left))
            if not chunk:
                raise ValueError("the file is shorter than its size says")
            left -= len(chunk)
            yield chunk
        yield self._tail


class FileMethods(Caller):
    def download(self, url: str, to: BinaryIO, limit_bytes: int) -> DownloadedFile:
        """Stream what a signed address (urlMachine, DOWNLOAD_URL) holds into `to`, with flat memory.

        Only from the portal's own host. Raises NoAccess for any other, ServiceError over the limit, Unavailable when a
        page came instead of the file or the address is too old (ask for a new one). After an error `to` may hold a
        part of the file. Source: settings/how-to-call-rest-api/general-principles.
        """
        token = self._tokens.read()
        self._check_own(url, token, "download")
        headers = {**_HEADERS, "Referer": urljoin(token.endpoint, "/")}
        for _ in range(_HOPS):
            self._throttle.wait_turn("download")
            with self._http.stream("GET", url, method="download", headers=headers) as response:
                if not response.is_redirect:
                    return self._save(response, to, limit_bytes)
                url = urljoin(url, response.headers["Location"])
            if wire.origin(url) != wire.origin(token.endpoint):
                break
        # a portal that was renamed since it signed the address, or a server in between
        raise Unavailable(system=wire.SYSTEM, method="download", detail="the address leads elsewhere")

    def _save(self, response: requests.Response, to: BinaryIO, limit_bytes: int) -> DownloadedFile:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        disposition = response.headers.get("Content-Disposition", "")
        if response.status_code != 200 or (kind in ("text/html", "application/json") and not disposition):
            raise self._no_file(response, kind)
        if wire.as_int(response.headers.get("Content-Length")) > limit_bytes:
            raise ServiceError(system=wire.SYSTEM, method="download", detail=f"body over {limit_bytes} bytes")
        size = self._http.copy(response, to, method="download", limit_bytes=limit_bytes)
        return DownloadedFile(file_name(disposition), size, kind)

    def _no_file(self, response: requests.Response, kind: str) -> ServiceError:
        status, text = response.status_code, BytesIO()
        if "json" in kind:
            self._http.copy(response, text, method="download", limit_bytes=_ERROR_BYTES)
        body = wire.load(text.getvalue())
        if not (isinstance(body, dict) and "error" in body):
            detail = f"status {status} and no file"
            return Unavailable(system=wire.SYSTEM, method="download", status=status, detail=detail)
        error = faults.fault(body, method="download", status=status, headers=response.headers)
        if isinstance(error, RateLimited):
            self._step_back(error)
        if error.vendor_code.lower() in faults.TOKEN_IS_STALE:  # the address is too old, not our token
            return Unavailable(**error.facts)
        return error

    def upload(self, url: str, body: Multipart) -> dict[str, Any]:
        """POST a file to an address that the portal gave for it; what it then says about the file. Never repeated."""
        token = self._tokens.read()
        self._check_own(url, token, "upload")
        self._throttle.wait_turn("upload")
        headers = {**_HEADERS, "Content-Type": body.content_type}
        response = self._http.send("POST", url, method="upload", repeat=False, data=body, headers=headers)
        return wire.as_map(self._read(response, "upload", token).result)

    def _check_own(self, url: str, token: Token, method: str) -> None:
        if wire.origin(url) != wire.origin(token.endpoint):
            raise NoAccess(system=wire.SYSTEM, method=method, detail="the address is not the portal's own")


def file_name(disposition: str) -> str:
    """The name in a Content-Disposition header, in any of the spellings portals use; "" when there is none."""
    extended = re.search(r"(?i)filename\*\s*=\s*\"?([\w-]+)'[^']*'([^;\"]+)", disposition)
    if extended:
        return _bare(_decoded(unquote_to_bytes(extended[2].strip()), extended[1]))
    message = Message()
    message["Content-Disposition"] = disposition.replace("\r", " ").replace("\n", " ")
    name = message.get_param("filename", "", "Content-Disposition")
    return _bare(_unmangled(name)) if isinstance(name, str) else ""


def _unmangled(name: str) -> str:
    """Header bytes reach us as latin-1 whatever they were."""
    if "%" in name and name.isascii():
        return unquote(name)
    try:
        return _decoded(name.encode("latin-1"), "utf-8")
    except UnicodeEncodeError:
        return name


def _decoded(name: bytes, charset: str) -> str:
    for encoding in (charset, "utf-8", "cp1251"):
        try:
            return name.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return name.decode("utf-8", "replace")


def _bare(name: str) -> str:
    """Without folders and control characters: it will be shown and saved."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[:255]
