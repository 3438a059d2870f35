"""The part of memory.py that runs in a process of its own: what the peak grows by, as JSON."""

import io
import json
import sys
from pathlib import Path

from activities.connections import Connections
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import DocumentToPost, MessageToPost
from config import read_config
from registry.boxes import Boxes
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from sandbox.diadoc import seed


def begin() -> int:
    """Forget the highest mark so far; bytes held now."""
    Path("/proc/self/clear_refs").write_text("5")  # what start-up once took must not hide what comes
    return peak()


def peak() -> int:
    """Bytes, the most this process has held since begin()."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


class Nowhere(io.RawIOBase):
    """A file that forgets, so that only the client's own memory counts."""

    def writable(self) -> bool:
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        return len(chunk)


def main(portal_id: str, box_pk: str, path: str) -> None:
    config = read_config()
    database = Database(database_dsn(config), Keyring(config.secret_keys))
    box = Boxes(database, int(portal_id)).get(int(box_pk))
    assert box is not None
    client = Connections(config, database).diadoc(box)
    client.get_organization_features(box_id=box.box_id)  # everything is imported and connected once
    began = begin()
    with open(path, "rb") as file:
        name = client.shelf_upload(file, ".bin")
    uploaded = peak() - began
    message = MessageToPost(
        from_box_id=box.box_id,
        to_box_id=normal_box_id(seed.LYUTIK.box),
        documents=(
            DocumentToPost(
                type_named_id="Nonformalized",
                custom_document_id="large",
                name_on_shelf=name,
                metadata={"FileName": "large.bin"},
            ),
        ),
    )
    (document,) = client.post_message(message, operation_id="bench").documents
    before = begin()
    place = {"message_id": document.message_id, "entity_id": document.entity_id}
    client.get_entity_content(box_id=box.box_id, to=Nowhere(), **place)  # type: ignore[arg-type]
    print(json.dumps({"upload": uploaded, "download": peak() - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
