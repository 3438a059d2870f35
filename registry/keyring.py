"""Secrets at rest: sealed with the newest key, opened with any of them."""

import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from errors import NotConfigured


class Keyring:
    """SECRET_KEYS in use. Rotation: put a new key first, run `b24-edo db rotate-keys`, drop the old one."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode() if secret else ""

    def open(self, sealed: str) -> str:
        """Raises NotConfigured when none of the keys fits: a key was dropped before rotation."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise NotConfigured(what="SECRET_KEYS: none of the keys opens a stored secret") from None

    def reseal(self, sealed: str) -> str:
        """Sealed with the newest key. Raises NotConfigured when none of the keys fits."""
        return self.seal(self.open(sealed))


def digest(secret: str) -> str:
    """For comparing and looking up secrets that never have to be read back."""
    return hashlib.sha256(secret.encode()).hexdigest()
