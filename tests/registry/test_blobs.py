import io
import stat
from pathlib import Path

import pytest

from registry.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(f"file://{tmp_path}/blobs")


def test_the_same_bytes_are_one_blob_of_a_portal_and_another_of_the_next(blobs: BlobStore, tmp_path: Path) -> None:
    first = blobs.put(1, io.BytesIO("Акт".encode()))
    again = blobs.put(1, io.BytesIO("Акт".encode()))
    other = blobs.put(2, io.BytesIO("Акт".encode()))

    assert first == again
    assert (first.size, first.sha256) == (6, other.sha256)
    assert first.key != other.key
    assert len([path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]) == 2
    with blobs.open(first.key) as source:
        assert source.read() == "Акт".encode()


def test_other_users_of_the_machine_read_no_papers(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.put(1, io.BytesIO(b"paper"))

    assert stat.S_IMODE((tmp_path / "blobs" / "1").stat().st_mode) == 0o700


def test_bytes_that_are_gone_are_said_so(blobs: BlobStore) -> None:
    with pytest.raises(FileNotFoundError), blobs.open("1/none"):
        pass
