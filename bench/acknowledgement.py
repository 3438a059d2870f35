"""Calls taken a second, against a bare handler that only parses the same form, under the same gunicorn settings."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import requests

from bench.loading import Load, load
from bench.table import Line
from bench.world import ROOT, World
from tests.scenarios.product import free_port

REQUESTS = 2000
ROUNDS = 3


def measure(world: World) -> list[Line]:
    portal = world.installed_portal()
    token = world.app.application_token
    ours, bare = [], []
    for number in range(ROUNDS):  # one after the other, in turns, so that a noisy moment hits both
        bare.append(_serve(world, "bench.bare:app", lambda n: _form(portal.member_id, token, f"bare|{n}")).rate)
        found = _serve(world, "wsgi:app", lambda n, r=number: _form(portal.member_id, token, f"{r}|A|{n}"))  # type: ignore[misc]
        if found.refused:
            raise RuntimeError(f"{found.refused} calls were refused")
        ours.append(found.rate)
    ratio = statistics.median(ours) / statistics.median(bare)
    told = f"{statistics.median(ours):.0f} remembered calls a second against {statistics.median(bare):.0f} parsed forms"
    return [Line("acknowledgement / bare handler", ratio, ">= 0.5", told)]


def _serve(world: World, app: str, body_of) -> Load:  # type: ignore[no-untyped-def]
    port = free_port()
    environment = {
        **os.environ,
        **world.environment,
        "LISTEN": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn_conf.py"), app]
    if app != "wsgi:app":
        command = [*command[:3], "-c", str(_same_without_hooks(world.folder)), app]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/bitrix24/activities/diadoc_check_requisites"
    try:
        _wait(url)
        load(url, body_of, requests=100)  # warm: caches filled, connections open
        return load(url, lambda n: body_of(n + 1000), requests=REQUESTS)
    finally:
        process.terminate()
        process.wait(30)


def _same_without_hooks(folder: Path) -> Path:
    """gunicorn's settings as ours are, for an application that has none of our start-up."""
    path = folder / "bare_conf.py"
    hooks = "for name in ('on_starting', 'post_worker_init', 'child_exit'):\n    globals().pop(name, None)\n"
    path.write_text((ROOT / "gunicorn_conf.py").read_text() + hooks)
    return path


def _wait(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            requests.get(url, timeout=2)
            return
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _form(member_id: str, token: str, event_token: str) -> bytes:
    return urlencode(
        {
            "workflow_id": "6ab5bcfde8e8b0.39728274",
            "code": "diadoc_check_requisites",
            "document_id[0]": "crm",
            "document_id[1]": "CCrmDocumentDeal",
            "document_id[2]": "DEAL_1",
            "document_type[0]": "crm",
            "document_type[1]": "CCrmDocumentDeal",
            "document_type[2]": "DEAL",
            "event_token": f"6ab5bcfde8e8b0.39728274|{event_token}",
            "properties[for_inn]": "9660003036",
            "properties[for_kpp]": "966001001",
            "properties[look_up_in_diadoc]": "Y",
            "use_subscription": "Y",
            "timeout_duration": "0",
            "ts": "1790295294",
            "auth[access_token]": "a" * 70,
            "auth[refresh_token]": "r" * 70,
            "auth[expires_in]": "3600",
            "auth[scope]": "crm,bizproc,disk",
            "auth[domain]": "127.0.0.2",
            "auth[server_endpoint]": "http://127.0.0.1/rest/",
            "auth[client_endpoint]": "http://127.0.0.2/rest/",
            "auth[status]": "L",
            "auth[member_id]": member_id,
            "auth[user_id]": "1",
            "auth[application_token]": token,
        }
    ).encode()
