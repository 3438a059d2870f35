"""Where verified calls wait while the database is away: encrypted, fsynced files, drained when it is back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

from errors import NotConfigured
from registry.database import Database, is_away
from registry.keyring import Keyring
from registry.sealed_folder import SealedFolder
from worker.enqueue import NewCall, remember

log = structlog.get_logger()

SUFFIX = ".call"
TIMES = ("received_at", "deadline_at", "step_limit_at")


class Inbox:
    """A folder of calls, one sealed file each."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = SealedFolder(folder, keyring, suffix=SUFFIX)

    def put(self, call: NewCall) -> None:
        """Write the call down so that it survives a power cut. Raises OSError when even that is impossible."""
        self._folder.put(json.dumps({name: _plain(value) for name, value in asdict(call).items()}))

    def waiting(self) -> list[Path]:
        return self._folder.waiting()

    def drain(self, database: Database, on_kept: Callable[[int | None], None] = lambda call_id: None) -> int:
        """Move what waits into the database; how many were moved. Stops quietly when the database is still away."""
        moved = 0
        for path in self.waiting():
            try:
                on_kept(remember(database, self._read(path)))
            except DBAPIError as error:
                if is_away(error):
                    break
                log.error("inbox file refused by the database", file=path.name, kind=type(error).__name__)
                continue
            except FileNotFoundError:
                continue  # another process was faster; a repeat would have been recognised anyway
            except NotConfigured as error:
                log.error("inbox file sealed with a key that is gone", file=path.name, detail=str(error))
                continue
            except (ValueError, TypeError, KeyError):
                log.critical("inbox file is damaged, set aside", file=path.name)
                self._folder.set_aside(path)
                continue
            self._folder.remove(path)
            moved += 1
        return moved

    def _read(self, path: Path) -> NewCall:
        values = json.loads(self._folder.read(path))
        for name in TIMES:
            values[name] = datetime.fromisoformat(values[name]) if values[name] else None
        return NewCall(**values)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
