"""What the tests of the Bitrix24 client share: a portal on paper and a token store in memory."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import responses

from clients.bitrix24.auth import Bitrix24Auth
from clients.bitrix24.client import Bitrix24Client
from clients.http import Http
from credentials import Token
from errors import AuthLost, PortalAuthLost

PORTAL = "https://example.bitrix24.example/rest/"
SERVER = "https://oauth.example/rest/"
TOKEN_URL = "https://oauth.example/oauth/token/"
APP_INFO_URL = "https://oauth.example/rest/app.info"
MEMBER_ID = "a223c6b3710f85df22e9377d6c4f7553"
SAMPLES = Path(__file__).parents[1] / "samples" / "bitrix24"


class MemoryTokens:
    """One token, for all threads."""

    def __init__(self, token: Token) -> None:
        self.token, self.dead = token, False
        self.renewals = 0
        self._lock = threading.Lock()

    def read(self) -> Token:
        if self.dead:
            raise PortalAuthLost(system="Битрикс24", detail="dead")
        return self.token

    def renew(self, stale: Token, ask: Callable[[Token], Token]) -> Token:
        with self._lock:
            if self.token.access_token == stale.access_token:
                try:
                    self.token = ask(self.token)
                except AuthLost:
                    self.dead = True
                    raise
                self.renewals += 1
            return self.token

    def moved(self, endpoint: str) -> None:
        self.token = replace(self.token, endpoint=endpoint)


class NotingThrottle:
    """Lets everybody through and remembers what it was told."""

    def __init__(self) -> None:
        self.turns: list[str] = []
        self.blocks: list[tuple[float, str]] = []

    def wait_turn(self, method: str, cost: int = 1) -> None:
        self.turns.append(method)

    def block(self, seconds: float, method: str = "") -> None:
        self.blocks.append((seconds, method))


class Kit:
    """A client with its surroundings, and the answers of its portal."""

    def __init__(self) -> None:
        self.tokens = MemoryTokens(Token("access-1", "refresh-1", endpoint=PORTAL))
        self.throttle = NotingThrottle()
        self.operating: list[tuple[str, float, Any]] = []
        self.auth = Bitrix24Auth(
            client_id="local.1", client_secret="hush-secret", allowed_servers=("https://oauth.example",)
        )
        self.client = Bitrix24Client(
            tokens=self.tokens,
            throttle=self.throttle,
            auth=self.auth,
            server_endpoint=SERVER,
            http=Http(system="Битрикс24", timeout_seconds=2),
            on_operating=lambda *told: self.operating.append(told),
        )

    def answers(self, method: str, body: Any, *, status: int = 200, endpoint: str = PORTAL, **more: Any) -> None:
        """The next answer of a method; given several, the last one stays."""
        content = {"json": body} if not isinstance(body, (bytes, str)) else {"body": body}
        responses.post(endpoint + method, status=status, **content, **more)

    def fails(self, method: str, code: Any, text: str = "", *, status: int = 400) -> None:
        self.answers(method, {"error": code, "error_description": text}, status=status)

    def refreshes(self, **changes: Any) -> None:
        responses.get(TOKEN_URL, json={**sample("oauth_token.json"), **changes})

    def sent(self, number: int = -1) -> dict[str, Any]:
        """The JSON of a request."""
        body = responses.calls[number].request.body
        return json.loads(body if isinstance(body, bytes) else b"".join(body))


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())
