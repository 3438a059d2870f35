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
PAPERS, SAVED, LOGS, JOURNAL = "sent", "signed", "logs", "journal.txt"


def clear(folder: Path) -> None:
    """Remove what the last demonstration left there, and nothing else."""
    for name in (PAPERS, SAVED, LOGS):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / JOURNAL).unlink(missing_ok=True)


def keep(folder: Path, stage: Stage, console: Console, ending: Ending) -> None:
    """Copy the deal's files and the workflow's journal, and say where they are."""
    console.scene(ru="6. Где файлы", en="6. Where the files are")
    for field, name in ((FILES, PAPERS), (SIGNED, SAVED)):
        for number, (file_name, content) in enumerate(stage.portal.files(field), 1):
            _write(console, folder / name / f"{number}-{_safe(file_name)}", content)
    journal = "\n".join(_line(line) for line in ending.workflow["journal"]) + "\n"
    _write(console, folder / JOURNAL, journal.encode())


def keep_logs(folder: Path, stage: Stage, console: Console) -> None:
    """Copy the logs of all processes."""
    for log in sorted(stage.processes.folder.glob("*.log")):
        _write(console, folder / LOGS / log.name, log.read_bytes())


def _write(console: Console, path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    size = console.say(ru="байт", en="bytes")
    console.text(f"{' ' * 9}{os.path.relpath(path)}  {len(content)} {size}")


def _safe(name: str) -> str:
    return name.replace("/", "_").replace("\0", "_")


def _line(line: dict[str, Any]) -> str:
    return f"{line['at'][11:19]}  {line['step']:<11} {line['text']}"
