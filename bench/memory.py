"""Memory that a 70 MB document costs on its way to Diadoc and back, against the document itself."""

import json
from pathlib import Path

from bench.table import Line
from bench.world import World, empty, run

MEGABYTE = 1024 * 1024
SIZE = 70 * MEGABYTE - MEGABYTE  # the limit, less what a request adds


def measure(world: World) -> list[Line]:
    empty(world)
    world.diadoc.reset()
    portal = world.installed_portal()
    box = world.connected_box(portal)
    document = world.folder / "large.bin"
    _write(document)
    told = run(
        "bench.memory_alone",
        str(portal.id),
        str(box.id),
        str(document),
        environment={**world.environment, "PUBLIC_URL": "http://127.0.0.1:1"},
    )
    grown = json.loads(told.splitlines()[-1])
    return [_line(what, grown[what]) for what in ("upload", "download")]


def _line(what: str, grown: int) -> Line:
    told = f"{grown / MEGABYTE:.1f} MB"
    return Line(f"memory to {what} a 69 MB document / the document", grown / SIZE, "< 0.5", told)


def _write(path: Path) -> None:
    with path.open("wb") as file:
        for number in range(SIZE // MEGABYTE):
            file.write(bytes([number % 251]) * MEGABYTE)
