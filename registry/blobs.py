"""Document bytes: any fsspec address, one file per content, written whole or not at all."""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import fsspec

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Blob:
    """key: where it is in the store; sha256: hex; size: bytes."""

    key: str
    sha256: str
    size: int


class BlobStore:
    """Where bytes rest between adding and sending (BLOB_URL)."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._is_local = "file" in self._files.protocol

    def put(self, portal_id: int, source: BinaryIO) -> Blob:
        """Store everything that `source` still holds, with flat memory; the same bytes again are the same blob."""
        folder = f"{self._root}/{portal_id}"
        part = f"{folder}/{uuid.uuid4().hex}.part"
        if self._is_local:  # papers of customers are nobody else's on this machine
            os.makedirs(folder, mode=0o700, exist_ok=True)
        else:
            self._files.makedirs(folder, exist_ok=True)
        hashed, size = hashlib.sha256(), 0
        with self._files.open(part, "wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                hashed.update(chunk)
                size += len(chunk)
                target.write(chunk)
            self._to_disk(target)
        key = f"{portal_id}/{hashed.hexdigest()}"
        self._files.mv(part, f"{self._root}/{key}")
        return Blob(key=key, sha256=hashed.hexdigest(), size=size)

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Raises FileNotFoundError when the bytes are gone."""
        with self._files.open(f"{self._root}/{key}", "rb") as source:
            yield source

    def _to_disk(self, target: BinaryIO) -> None:
        target.flush()
        if self._is_local:  # other stores keep what they acknowledged
            os.fsync(target.fileno())
