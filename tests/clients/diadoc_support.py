"""What the tests of the Diadoc client share: a token store in memory, a client without waits, samples."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clients.diadoc.client import DiadocClient
from credentials import Token
from errors import AuthLost

API = "https://diadoc.example"
SAMPLES = Path(__file__).parent.parent / "samples" / "diadoc"

OUR_BOX = "0c1d2e3f405146278394a5b6c7d8e9f0"
OUR_BOX_GUID = "0c1d2e3f-4051-4627-8394-a5b6c7d8e9f0"
THEIR_BOX = "f0e9d8c7b6a54493882716051f4e3d2c"
THEIR_BOX_GUID = "f0e9d8c7-b6a5-4493-8827-16051f4e3d2c"
MESSAGE = "b3a1c5d7-0f21-4e43-9a65-c8f7e9d1b301"
ACT = "1f2e3d4c-5b6a-4978-8c9d-0a1b2c3d4e5f"
BILL = "2a3b4c5d-6e7f-4081-92a3-b4c5d6e7f809"
OUR_SIGNATURE = "3b4c5d6e-7f80-4192-a3b4-c5d6e7f8091a"
THEIR_SIGNATURE = "4c5d6e7f-8091-42a3-b4c5-d6e7f8091a2b"
ADDRESS = {"box_id": OUR_BOX, "message_id": MESSAGE, "entity_id": ACT}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


class Tokens:
    """A TokenStore under a lock, as the registry's is under a lock of the database."""

    def __init__(self, token: Token) -> None:
        self.token = token
        self.renewals = 0
        self.is_dead = False
        self._lock = threading.Lock()

    def read(self) -> Token:
        return self.token

    def renew(self, stale: Token, ask: Callable[[Token], Token]) -> Token:
        with self._lock:
            if self.token == stale:
                self.renewals += 1
                try:
                    self.token = ask(self.token)
                except AuthLost:
                    self.is_dead = True
                    raise
            return self.token

    def moved(self, endpoint: str) -> None:
        raise AssertionError("Diadoc never moves")


class Blocks:
    """A throttle that remembers what it was told."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.blocked: list[float] = []

    def wait_turn(self, method: str, cost: int = 1) -> None:
        self.turns.append(method)

    def block(self, seconds: float, method: str = "") -> None:
        self.blocked.append(seconds)


class Renewing:
    """An auth whose tokens are numbered."""

    def __init__(self) -> None:
        self.given = 0

    def header(self, token: Token) -> str:
        return f"Bearer {token.access_token}"

    def renew(self, token: Token) -> Token:
        self.given += 1
        return Token(f"renewed-{self.given}", token.refresh_token)


def client(tokens: Tokens | None = None, throttle: Blocks | None = None, **options: Any) -> DiadocClient:
    return DiadocClient(
        api_url=options.pop("api_url", API),
        auth=options.pop("auth", Renewing()),
        tokens=tokens or Tokens(Token("first-token", "first-refresh")),
        throttle=throttle or Blocks(),
        **options,
    )
