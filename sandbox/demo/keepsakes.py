"""What stays of a demonstration when everything is stopped: the files, the journal, and the logs when it failed."""

import os
import shutil
from pathlib import Path
from typing import Any

from sandbox.demo.console import Console
from sandbox.demo.processes import ROOT
from sandbox.demo.stage import Stage
from sandbox.demo.story import Ending
from sandbox.portal.driver import FILES, SIGNED

FOLDER = ROOT / "var" / "demo"


def clear() -> None:
    """Remove what the last demonstration left."""
    shutil.rmtree(FOLDER, ignore_errors=True)


def keep(stage: Stage, console: Console, ending: Ending) -> None:
    """Copy the deal's files and the workflow's journal, and say where they are."""
    console.scene(ru="6. Где файлы", en="6. Where the files are")
    for field, folder in ((FILES, "sent"), (SIGNED, "signed")):
        for number, (name, content) in enumerate(stage.portal.files(field), 1):
            _write(console, FOLDER / folder / f"{number}-{_safe(name)}", content)
    journal = "\n".join(_line(line) for line in ending.workflow["journal"]) + "\n"
    _write(console, FOLDER / "journal.txt", journal.encode())


def keep_logs(stage: Stage, console: Console) -> None:
    """Copy the logs of all processes."""
    for log in sorted(stage.processes.folder.glob("*.log")):
        _write(console, FOLDER / "logs" / log.name, log.read_bytes())


def _write(console: Console, path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    size = console.say(ru="байт", en="bytes")
    console.text(f"{' ' * 9}{os.path.relpath(path)}  {len(content)} {size}")


def _safe(name: str) -> str:
    return name.replace("/", "_").replace("\0", "_")


def _line(line: dict[str, Any]) -> str:
    return f"{line['at'][11:19]}  {line['step']:<11} {line['text']}"
