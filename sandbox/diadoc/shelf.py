"""The shelf: a temporary store of the token's user, in parts of at most 3 MB, for seven days.

Texts of refusals are invented; the form of names and the dot in `fileExtension` are unverified (settings).
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.diadoc.api import Answer, Call, api
from sandbox.diadoc.errors import Refused, bad, not_found
from sandbox.diadoc.ids import new_id
from sandbox.diadoc.seed import User
from sandbox.diadoc.state import World

PART_BYTES = 3 * 1024 * 1024
FILE_BYTES = 400 * 1024 * 1024
LIFE = timedelta(days=7)
OWN = "__userId__/"


@dataclass
class ShelfFile:
    """parts by index; last: the index of the last part once it is known; lost: indexes still to be lost."""

    created: datetime
    parts: dict[int, bytes] = field(default_factory=dict)
    last: int | None = None
    lost: set[int] = field(default_factory=set)

    def missing(self) -> list[int]:
        return [index for index in range((self.last or 0) + 1) if index not in self.parts]

    def take(self, index: int, part: bytes, is_last: bool) -> None:
        if is_last:
            self.last = max(self.last or 0, index)
        if index in self.lost:
            self.lost.discard(index)
            return
        self.parts[index] = part

    def content(self) -> bytes:
        if len(self.parts) == 1:
            return next(iter(self.parts.values()))  # no copy of a large file
        return b"".join(self.parts[index] for index in sorted(self.parts))


def put(world: World, user: User, name: str, content: bytes) -> None:
    """A file that Diadoc itself lays on somebody's shelf."""
    world.shelves[user.id][name] = ShelfFile(world.clock.now(), {0: content}, 0)


def take(world: World, user: User, name: str) -> bytes:
    """A complete, living file. Raises KeyError."""
    file = world.shelves[user.id][name]
    if file.created + LIFE <= world.clock.now():
        del world.shelves[user.id][name]
        raise KeyError(name)
    if file.last is None or file.missing():
        raise KeyError(name)
    return file.content()


def _new_file(call: Call) -> tuple[str, ShelfFile]:
    extension = _extension(call)
    world = call.world
    suffix = extension if world.settings["shelf_name_with_extension"] else ""
    name = f"dd-api-{new_id()}{suffix}"
    file = ShelfFile(world.clock.now(), lost=set(world.settings["shelf_lost_parts"]))
    world.shelves[call.caller.id][name] = file
    return name, file


def _extension(call: Call) -> str:
    extension = call.need("fileExtension")
    dot = call.world.settings["shelf_extension_dot"]
    if (dot == "required" and not extension.startswith(".")) or (dot == "forbidden" and extension.startswith(".")):
        raise bad("fileExtension must have valid value")
    if not extension.lstrip(".").isalnum():
        raise bad("fileExtension must have valid value")
    return "." + extension.lstrip(".")


def _part(call: Call) -> bytes:
    if not call.raw:
        raise bad("Request body cannot be empty")
    if len(call.raw) > PART_BYTES:
        raise bad(f"Shelf part is larger than {PART_BYTES} bytes")
    return call.raw


@api.post("/V2/ShelfUpload")
def shelf_upload(call: Call) -> Answer:
    part = _part(call)
    name, file = _new_file(call)
    file.take(0, part, is_last=True)
    file.parts[0] = part  # there is no second try of a whole file
    return Answer(name)


@api.post("/ShelfUploadPartInit")
def shelf_upload_part_init(call: Call) -> Answer:
    part, is_last = _part(call), call.flag("isLastPart", False)
    name, file = _new_file(call)
    file.take(0, part, is_last)
    return Answer(name)


@api.post("/ShelfUploadPart")
def shelf_upload_part(call: Call) -> Answer:
    """On the last part, and on every later one, the list of missing parts; before that an empty body."""
    part, is_last = _part(call), call.flag("isLastPart", False)
    file = call.world.shelves[call.caller.id].get(call.need("fileName"))
    if file is None:
        raise not_found("File is not found on shelf")
    index = call.number("partIndex", 0, 0, 200)
    if index == 0 and "partindex" not in call.query:
        raise bad("partIndex must be specified")
    if sum(map(len, file.parts.values())) + len(part) > FILE_BYTES:
        raise bad(f"Shelf file is larger than {FILE_BYTES} bytes")
    file.take(index, part, is_last)
    return Answer(json.dumps(file.missing()) if file.last is not None else b"")


@api.get("/V2/ShelfDownload")
def shelf_download(call: Call) -> Answer:
    return _download(call, call.need("fileName"))


@api.post("/ShelfUpload")
def shelf_upload_v1(call: Call) -> Answer:
    name = _v1_name(call)
    part = _part(call)
    shelf = call.world.shelves[call.caller.id]
    file = shelf.setdefault(name, ShelfFile(call.world.clock.now()))
    file.take(call.number("partIndex", 0, 0, 200), part, call.flag("isLastPart", False))
    return Answer(json.dumps(file.missing()) if file.last is not None else b"")


@api.get("/ShelfDownload")
def shelf_download_v1(call: Call) -> Answer:
    return _download(call, _v1_name(call))


def _v1_name(call: Call) -> str:
    if call.world.settings["shelf_v1"] == "removed":
        raise Refused(410, "Method is removed, use V2")
    name = call.need("nameOnShelf")
    if not name.startswith(OWN):
        raise bad("Public shelf namespace is not supported")
    return name.removeprefix(OWN)


def _download(call: Call, name: str) -> Answer:
    try:
        content = take(call.world, call.caller, name)
    except KeyError:
        raise not_found("File is not found on shelf") from None
    return Answer(content, content_type="application/octet-stream")
