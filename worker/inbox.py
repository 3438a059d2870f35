"""Where verified calls wait while the database is away: encrypted, fsynced files, drained when it is back."""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from registry.database import Database, is_away
from registry.keyring import Keyring
from worker.enqueue import NewCall, remember

log = structlog.get_logger()

SUFFIX = ".call"
TIMES = ("received_at", "deadline_at", "step_limit_at")


class Inbox:
    """A folder of calls, one sealed file each."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder, self._keyring = folder, keyring

    def put(self, call: NewCall) -> None:
        """Write the call down so that it survives a power cut. Raises OSError when even that is impossible."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        body = json.dumps({name: _plain(value) for name, value in asdict(call).items()})
        part = self._folder / f"{uuid.uuid4().hex}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(self._keyring.seal(body))
            file.flush()
            os.fsync(file.fileno())
        part.rename(part.with_suffix(SUFFIX))
        self._sync_folder()

    def waiting(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder.is_dir() else []

    def drain(self, database: Database, on_kept: Callable[[int | None], None] = lambda call_id: None) -> int:
        """Move what waits into the database; how many were moved. Stops quietly when the database is still away."""
        moved = 0
        for path in self.waiting():
            try:
                on_kept(remember(database, self._read(path)))
            except DBAPIError as error:
                if is_away(error):
                    break
                log.exception("inbox file refused by the database", file=path.name)
                continue
            except FileNotFoundError:
                continue  # another process was faster; a repeat would have been recognised anyway
            path.unlink(missing_ok=True)
            moved += 1
        return moved

    def _read(self, path: Path) -> NewCall:
        values = json.loads(self._keyring.open(path.read_text()))
        for name in TIMES:
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        return NewCall(**values)

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
