"""Imports point down the table of rooms, never up or sideways."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OPEN = {"config", "errors", "credentials"}  # every room may use these
MAY_IMPORT = {
    "wsgi": {"app"},
    "gunicorn_conf": {"logs"},
    "app": {"commands", "handlers", "scheduler", "worker", "activities", "clients", "registry", "logs"},
    "commands": {"worker", "activities", "clients", "registry", "logs"},  # the command line, a part of app
    "handlers": {"activities", "worker", "registry", "clients"},
    "scheduler": {"worker", "registry", "clients", "logs"},
    "worker": {"activities", "registry", "clients"},
    "activities": {"registry", "clients"},
    "clients": set(),
    "registry": set(),
    "config": set(),
    "errors": set(),
    "credentials": set(),
    "logs": set(),
    "sandbox": set(),
}
ROOMS = set(MAY_IMPORT)
# Handlers only hand calls over, to the queue or, while the database is away, to the inbox.
FROM_WORKER = {"handlers": {"worker.enqueue", "worker.inbox"}}
SQL_AND_WEB = {"activities": {"flask", "sqlalchemy", "requests", "procrastinate", "psycopg"}}


def modules() -> list[Path]:
    """Every Python file of the rooms."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(files + [path for path in ROOT.glob("*.py") if path.stem in ROOMS])


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(source: str, package: str) -> set[str]:
    """Full names that a module imports, wherever in it and for whatever purpose. `package`: what contains it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{start}.{alias.name}" for alias in node.names}
    return found


def faults(room: str, names: set[str]) -> list[str]:
    """Imports that a room may not have."""
    wrong = [name for name in names if _points_up(room, name.split(".")[0])]
    allowed = FROM_WORKER.get(room)
    if allowed:
        wrong += [name for name in names if name.startswith("worker.") and not _within(name, allowed)]
    return sorted(wrong + [name for name in names if name.split(".")[0] in SQL_AND_WEB.get(room, set())])


def _points_up(room: str, top: str) -> bool:
    if top in ("tests", "bench"):
        return True
    if top not in ROOMS or top == room:
        return False
    return top not in MAY_IMPORT[room] | (OPEN if room != "sandbox" else set())


def _within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parts[:-1])


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down_the_table(path):
    names = imported(path.read_text(encoding="utf-8"), package_of(path))

    assert faults(room_of(path), names) == []


def test_the_rooms_are_seen():
    rooms = {room_of(path) for path in modules()}

    assert {"activities", "clients", "registry", "config", "errors", "sandbox"} <= rooms


def test_no_python_lies_outside_the_table():
    known = ROOMS | {"tests", "bench"}

    strangers = {path.name for path in ROOT.glob("*.py") if path.stem not in ROOMS}
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py") if not path.parent.name.startswith(".")}

    assert strangers == set()
    assert folders - known == set()


@pytest.mark.parametrize(
    ("room", "source", "wrong"),
    [
        ("clients", "from registry.tables import Portal", ["registry.tables.Portal"]),
        ("clients", "import errors\nfrom config import Config", []),
        ("registry", "def late():\n    import clients.http", ["clients.http"]),
        ("activities", "from handlers import activities", ["handlers.activities"]),
        ("activities", "from flask import request", ["flask.request"]),
        ("activities", "from registry.portal_registry import PortalRegistry", []),
        ("handlers", "from scheduler import status_poll", ["scheduler.status_poll"]),
        ("handlers", "from worker.execute import execute", ["worker.execute.execute"]),
        ("handlers", "from worker.enqueue import enqueue", []),
        ("handlers", "from worker import enqueue", []),
        ("sandbox", "from errors import AppError", ["errors.AppError"]),
        ("worker", "import sandbox.portal", ["sandbox.portal"]),
        ("app", "import sandbox", ["sandbox"]),
        ("app", "import handlers, scheduler, worker", []),
        ("worker", "from tests.conftest import start", ["tests.conftest.start"]),
        ("clients", "from .http import Http\nfrom . import registry", []),
    ],
)
def test_an_import_that_points_up_is_seen(room, source, wrong):
    assert faults(room, imported(source, room)) == wrong
