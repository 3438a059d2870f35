"""Sends files of the blob store, however large, in pieces."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO
from urllib.parse import quote

from flask import Response

from handlers.api.refusals import FileGone
from registry.blobs import CHUNK_BYTES, BlobStore


def stream(blobs: BlobStore, *, key: str, name: str, size: int, sha256: str) -> Response:
    """The bytes of a blob under a name. Raises FileGone before the first byte."""
    opened = ExitStack()
    try:
        source = opened.enter_context(blobs.open(key))
    except FileNotFoundError:
        raise FileGone from None
    answer = Response(_pieces(source), mimetype="application/octet-stream")
    answer.call_on_close(opened.close)
    answer.content_length = size
    answer.set_etag(sha256)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(CHUNK_BYTES):
        yield piece
