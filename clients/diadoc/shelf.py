"""The shelf: files rest there for seven days, visible to the token's user only. Parts of up to 3 MB, 400 MB in all."""

import json
from typing import BinaryIO

from clients.diadoc.answers import Answer
from clients.diadoc.models import Download
from clients.diadoc.transport import ANYTHING, BYTES, Transport
from errors import ServiceError, Unavailable

PART_BYTES = 3_000_000  # "3 MB" whichever way one counts
ROUNDS = 3
LIMIT_BYTES = 400 * 1000 * 1000


class Shelf(Transport):
    def shelf_upload(self, file: BinaryIO, file_extension: str) -> str:
        """Upload what is left to read of `file`; its name on the shelf, for DocumentToPost.name_on_shelf.

        file_extension: "pdf" or ".pdf"; what is no extension becomes .bin. Memory stays flat: two parts at a time.
        `file` must be seekable, should Diadoc miss a part. Raises Unavailable when parts are still missing after
        three rounds.
        """
        extension = _extension(file_extension)
        start = file.tell() if file.seekable() else 0
        part, following = _read_part(file), _read_part(file)
        if not following:
            answer = self._post("V2/ShelfUpload", params={"fileExtension": extension}, body=part, content_type=BYTES)
            return _name(answer)
        answer = self._post("ShelfUploadPartInit", params={"fileExtension": extension}, body=part, content_type=BYTES)
        name, index = _name(answer), 0
        while following:
            part, following, index = following, _read_part(file), index + 1
            answer = self._shelf_upload_part(name, index, part, is_last=not following)
        self._send_missing(file, start, name, answer, parts=index + 1)
        return name

    def shelf_download(
        self, *, name: str, to: BinaryIO, starts_with: bytes = b"", limit_bytes: int = LIMIT_BYTES
    ) -> Download:
        """Stream a file of the shelf into `to`; starts_with: how it has to begin (an archive: b"PK"), anything else
        is Unavailable and not kept. Raises NotFoundThere when it is gone."""
        answer = self._get(
            "V2/ShelfDownload",
            params={"fileName": local_name(name)},
            accept=ANYTHING,
            to=to,
            starts_with=starts_with,
            limit_bytes=limit_bytes,
        )
        if answer.size < len(starts_with):
            raise answer.failure(Unavailable, detail="an empty file")
        return Download(size=answer.size, file_name=answer.file_name)

    def _send_missing(self, file: BinaryIO, start: int, name: str, answer: Answer, parts: int) -> None:
        for _ in range(ROUNDS):
            missing = _missing(answer, parts)
            for index in missing:
                file.seek(start + index * PART_BYTES)
                answer = self._shelf_upload_part(name, index, _read_part(file), is_last=index == missing[-1])
            if not missing:
                return
        if _missing(answer, parts):
            raise answer.failure(Unavailable, detail="the shelf lost parts of the file again and again")

    def _shelf_upload_part(self, name: str, index: int, part: bytes, *, is_last: bool) -> Answer:
        params = {"fileName": name, "partIndex": index, "isLastPart": "true" if is_last else "false"}
        return self._post("ShelfUploadPart", params=params, body=part, content_type=BYTES)


def local_name(name_on_shelf: str) -> str:
    """Without the __userId__/ that older methods put in front."""
    return name_on_shelf.rsplit("/", 1)[-1]


def _extension(text: str) -> str:
    """With the dot, as the official client sends it."""
    letters = text.lstrip(".").lower()
    return f".{letters}" if letters.isascii() and letters.isalnum() and len(letters) <= 16 else ".bin"


def _read_part(file: BinaryIO) -> bytes:
    """A whole part, or what is left; a raw stream may give less than it was asked for."""
    part = bytearray()
    while len(part) < PART_BYTES and (chunk := file.read(PART_BYTES - len(part))):
        part += chunk
    return bytes(part)


def _name(answer: Answer) -> str:
    name = local_name(answer.text.strip('"'))
    if not name or not name.isprintable() or len(name) > 255 or answer.is_a_page:
        raise answer.failure(Unavailable, detail="an answer without a name on the shelf")
    return name


def _missing(answer: Answer, parts: int) -> list[int]:
    """Numbers of the parts that did not arrive. Raises ServiceError when that is not what came."""
    try:
        missing = json.loads(answer.text or "[]")
    except (ValueError, RecursionError):
        missing = None
    if not isinstance(missing, list) or not all(type(index) is int and 0 <= index < parts for index in missing):
        raise answer.failure(ServiceError, detail="an unreadable list of missing parts")
    return sorted(set(missing))
