"""A small application for tests of the portal: takes pages, events and calls, and can call the portal back."""

import http.server
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import requests

from sandbox.portal.driver import ADMIN, LocalApp, PortalSandbox

INSTALLER = "<html><script>BX24.init(function () { BX24.installFinish(); });</script></html>"
NAMED = {"NAME": {"ru": "Шаг", "en": "Step"}}


@dataclass
class Received:
    """One POST that arrived. form: flat names, as a browser's form has them."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Handler:
    """Listens on a free port of loopback. status: what it answers; pages: what it shows, by path."""

    status: int = 200
    received: list[Received] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outer = self

        class Door(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                outer.received.append(Received(self.path, form, dict(self.headers)))
                self._show(outer.status, INSTALLER)

            def do_GET(self) -> None:
                self._show(200 if self.path in outer.pages else 404, "")

            def _show(self, status: int, usual: str) -> None:
                path = self.path.partition("?")[0]
                body = outer.pages.get(path, usual).encode()
                kind = "text/javascript" if path.endswith(".js") else "text/html"
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path.partition("?")[0] == path]

    def wait(self, path: str, count: int = 1, seconds: float = 10) -> list[Received]:
        """The first `count` POSTs to a path, once they are there."""
        deadline = time.monotonic() + seconds
        while len(self.at(path)) < count:
            assert time.monotonic() < deadline, f"{len(self.at(path))} of {count} POSTs to {path} have come"
            time.sleep(0.01)
        return self.at(path)


@dataclass
class Client:
    """A bare client of the REST interface with one user's tokens."""

    sandbox: PortalSandbox
    app: LocalApp
    tokens: dict[str, Any]

    @property
    def endpoint(self) -> str:
        return self.tokens["client_endpoint"]

    def post(self, method: str, **params: Any) -> requests.Response:
        body = {**params, "auth": self.tokens["access_token"]}
        return requests.post(self.endpoint + method, json=body, timeout=30, allow_redirects=False)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call that must succeed."""
        answer = self.post(method, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def refusal(self, method: str, **params: Any) -> tuple[int, Any, str]:
        """Status, code and text of a call that must fail."""
        answer = self.post(method, **params)
        assert "error" in answer.json(), answer.text
        return answer.status_code, answer.json()["error"], answer.json()["error_description"]

    def register(self, code: str, url: str, kind: str = "robot", **fields: Any) -> None:
        self.call(f"bizproc.{kind}.add", CODE=code, HANDLER=url, **{"USE_SUBSCRIPTION": "Y", **NAMED, **fields})

    def answer(self, token: str, **values: Any) -> bool:
        return self.call("bizproc.event.send", event_token=token, return_values=values)


def installed_app(sandbox: PortalSandbox, handler: Handler, **card: Any) -> LocalApp:
    """A local application with pages that has been installed to the end."""
    app = sandbox.add_local_app(handler.url + "/app", handler.url + "/install", **card)
    page = sandbox.install(app)
    assert page is not None
    assert page.is_finished
    return app


def client_of(sandbox: PortalSandbox, app: LocalApp, user_id: int = ADMIN) -> Client:
    return Client(sandbox, app, sandbox.tokens(app, user_id))
