"""Portal requests for n updates, against the fewest possible (n / 50), and what two other clients need for the same."""

import json
import math
import os
import subprocess

from activities.connections import Connections
from bench.table import Line
from bench.world import ROOT, World, empty
from clients.bitrix24.batch import Command
from config import read_config
from sandbox.portal.driver import PortalSandbox
from sandbox.tls import write_certificates
from tests.conftest import start, stop

UPDATES = (50, 120, 500)
PEERS = ROOT / ".venv-peers" / "bin" / "python"


def measure(world: World) -> list[Line]:
    empty(world)
    world.portal.settings(rate_per_second=1000, rate_burst=10_000)
    lines = [_line("b24-edo", updates, _ours(world, updates)) for updates in UPDATES]
    if PEERS.exists():
        lines += [_line(who, UPDATES[-1], _peer(world, who, UPDATES[-1])) for who in ("b24pysdk", "fast-bitrix24")]
    return lines


def _line(who: str, updates: int, requests: int) -> Line:
    least = math.ceil(updates / 50)
    wanted = "1.00" if who == "b24-edo" else ""
    return Line(
        f"portal requests for {updates} updates, {who} / least possible",
        requests / least,
        wanted,
        f"{requests} against {least}",
    )


def _ours(world: World, updates: int) -> int:
    portal = world.installed_portal()
    config = read_config({**world.environment, "PUBLIC_URL": "http://127.0.0.1:1"})
    client = Connections(config, world.database).bitrix24(portal)
    commands = {
        f"u{number}": Command("crm.item.update", {"entityTypeId": 2, "id": 1, "fields": {"title": f"Сделка {number}"}})
        for number in range(updates)
    }
    world.portal.forget_requests()
    for outcome in client.batch(commands).values():
        outcome.value()
    return len(world.portal.requests("batch"))


def _peer(world: World, who: str, updates: int) -> int:
    """Over TLS, because one of them speaks nothing else."""
    folder = world.folder / who
    write_certificates(folder)
    before = dict(os.environ)
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = str(folder / "ca.pem")
    keys = ["--certificate", str(folder / "server.pem"), "--key", str(folder / "server.key")]
    process, urls = start("sandbox.portal", *keys, url_file=folder / "url")
    try:
        return _asked(PortalSandbox(urls), who, updates)
    finally:
        stop(process)
        os.environ.clear()
        os.environ.update(before)


def _asked(portal: PortalSandbox, who: str, updates: int) -> int:
    portal.settings(rate_per_second=1000, rate_burst=10_000)
    app = portal.add_local_app("https://app.example.ru/handler", api_only=True)
    portal.install(app)
    asked = {
        "updates": updates,
        "webhook": portal.webhook(1, "benchwebhookcode", ["crm"]),
        "domain": portal.first_url.removeprefix("https://"),
        "access_token": portal.tokens(app)["access_token"],
    }
    portal.forget_requests()
    command = [str(PEERS), str(ROOT / "bench" / "peers.py"), who]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return len(portal.requests())
