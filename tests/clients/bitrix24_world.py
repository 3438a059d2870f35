"""An application that is installed on the sandbox portal, and a desk that takes what the portal posts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from clients.bitrix24.auth import Bitrix24Auth
from clients.bitrix24.bizproc import Registration
from clients.bitrix24.client import Bitrix24Client
from clients.bitrix24.payload import IncomingCall, parse_form, read_call, read_event
from clients.http import FreeThrottle, Http
from credentials import Token
from sandbox.portal import driver
from tests.clients.bitrix24_support import MemoryTokens


@dataclass
class Desk:
    """Takes what the portal posts."""

    url: str
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, number: int = 0) -> dict[str, Any]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) > number, timeout=20)
        raw, content_type = self.bodies[number]
        return parse_form(raw, content_type=content_type)


@contextmanager
def open_desk() -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            with desk.arrived:
                desk.bodies.append((raw, self.headers["Content-Type"]))
                desk.arrived.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk = Desk(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class World:
    """An installed application of the sandbox portal, and clients for it."""

    def __init__(self, sandbox: driver.PortalSandbox, desk: Desk) -> None:
        self.sandbox, self.desk = sandbox, desk
        self.app = sandbox.add_local_app(desk.url + "/handler", desk.url + "/install", api_only=True)
        sandbox.install(self.app)
        self.installed = read_event(desk.wait())
        self.auth = Bitrix24Auth(
            client_id=self.app.client_id, client_secret=self.app.client_secret, allowed_servers=(sandbox.auth_url,)
        )
        self.tokens = MemoryTokens(self.token())

    def token(self, user_id: int = driver.ADMIN) -> Token:
        pair = self.sandbox.tokens(self.app, user_id)
        return Token(pair["access_token"], pair["refresh_token"], endpoint=pair["client_endpoint"])

    def client(self, tokens: MemoryTokens | None = None, **more: Any) -> Bitrix24Client:
        return Bitrix24Client(
            tokens=tokens or self.tokens,
            throttle=more.pop("throttle", FreeThrottle()),
            auth=self.auth,
            server_endpoint=self.sandbox.auth_url + "/rest/",
            http=Http(system="Битрикс24", timeout_seconds=10),
            **more,
        )

    def robot(self) -> Registration:
        return Registration(
            code="edo_test",
            handler=self.desk.url + "/robot",
            name={"ru": "Проверка", "en": "Test"},
            properties={
                "text": {"Name": {"ru": "Текст"}, "Type": "string"},
                "numbers": {"Name": "Numbers", "Type": "string", "Multiple": "Y"},
            },
            return_properties={"outcome": {"Name": "Outcome", "Type": "string"}, "ok": {"Name": "OK", "Type": "bool"}},
        )

    def start(self, **step: Any) -> tuple[str, IncomingCall]:
        """Run the robot on the deal: the workflow and the call that came."""
        before = len(self.desk.bodies)
        properties = {"text": "Счёт № 5 & [x]", "numbers": ["1", "2"]}
        steps = [{"activity": "edo_test", "name": "A1", "properties": properties, **step}]
        workflow_id = self.sandbox.start_workflow(steps)
        return workflow_id, read_call(self.desk.wait(before))
