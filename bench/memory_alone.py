"""The part of memory.py that runs in a process of its own: what the peak grows by, as JSON."""

import io
import json
import resource
import sys

from activities.connections import Connections
from clients.diadoc.ids import normal_box_id
from clients.diadoc.models import DocumentToPost, MessageToPost
from config import read_config
from registry.boxes import Boxes
from registry.database import Database, database_dsn
from registry.keyring import Keyring
from sandbox.diadoc import seed


def peak() -> int:
    """Bytes, the most this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


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
    began = peak()
    with open(path, "rb") as file:
        name = client.shelf_upload(file, ".bin")
    uploaded = peak()
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
    before = peak()
    place = {"message_id": document.message_id, "entity_id": document.entity_id}
    client.get_entity_content(box_id=box.box_id, to=Nowhere(), **place)  # type: ignore[arg-type]
    print(json.dumps({"upload": uploaded - began, "download": peak() - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
