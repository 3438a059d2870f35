"""A folder of encrypted, fsynced texts: what must survive a power cut while the database is away."""

import os
import uuid
from contextlib import suppress
from pathlib import Path

from registry.keyring import Keyring


class SealedFolder:
    """One file a text; files end in `suffix`, ones that cannot be read are set aside as `.unreadable`."""

    def __init__(self, folder: Path, keyring: Keyring, *, suffix: str) -> None:
        self._folder, self._keyring, self._suffix = folder, keyring, suffix

    def put(self, text: str) -> None:
        """Write a text down. Raises OSError when that is impossible."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{uuid.uuid4().hex}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(self._keyring.seal(text))
                file.flush()
                os.fsync(file.fileno())
            part.rename(part.with_suffix(self._suffix))
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._sync_folder()

    def waiting(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{self._suffix}")) if self._folder.is_dir() else []

    def read(self, path: Path) -> str:
        """Raises FileNotFoundError when another process was faster, NotConfigured when the key was dropped."""
        return self._keyring.open(path.read_text())

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def set_aside(self, path: Path) -> None:
        """What can never be read must not hold up the others, and is not thrown away either."""
        with suppress(FileNotFoundError):  # another process did so
            path.rename(path.with_suffix(".unreadable"))

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
