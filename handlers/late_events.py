"""Life-cycle events that could not be judged at once: kept sealed, because a portal sends each of them only once.

The auth server or the database may be away for a moment just when ONAPPINSTALL brings the only refresh token.
"""

import errno
import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from errors import AppError
from handlers.services import Services
from registry.keyring import Keyring
from registry.sealed_folder import SealedFolder

log = structlog.get_logger()

SUFFIX = ".event"
LIFE_SECONDS = 3600.0  # by then the access token in it proves nothing any more
MOST = 1000


class LateEvents:
    """A folder of events, one sealed file each."""

    def __init__(self, services: Services) -> None:
        config = services.config
        self._folder = SealedFolder(config.inbox_dir, Keyring(config.secret_keys), suffix=SUFFIX)

    def put(self, form: dict[str, Any]) -> None:
        """Keep an event for later. Raises OSError when that is impossible.

        Nobody has verified it yet, so that a flood of them must not fill the disk.
        """
        if len(self._folder.waiting()) >= MOST:
            raise OSError(errno.ENOSPC, "too many events wait")
        self._folder.put(json.dumps({"at": time.time(), "form": form}))

    def retry(self, take: Callable[[dict[str, Any]], object]) -> None:
        """Try again what waits; what is refused for good or too old is dropped."""
        for path in self._folder.waiting():
            try:
                kept = json.loads(self._folder.read(path))
                take(kept["form"])
            except FileNotFoundError:
                continue
            except SQLAlchemyError:
                return  # still away
            except AppError as error:
                if error.temporary and time.time() - kept["at"] < LIFE_SECONDS:
                    continue
                log.error("late event dropped", file=path.name, code=error.code, detail=str(error))
            except (ValueError, TypeError, KeyError):
                log.error("late event unreadable", file=path.name)
            self._folder.remove(path)
