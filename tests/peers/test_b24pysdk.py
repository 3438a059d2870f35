import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.portal.driver import COUNTERAGENT_INN, PortalSandbox
from sandbox.tls import write_certificates
from tests.conftest import start, stop

ROOT = Path(__file__).resolve().parent.parent.parent
PEER = ROOT / ".venv-peers" / "bin" / "python"
COMMANDS = 120


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the SDK got from a sandbox portal over TLS, and how many requests that took."""
    if not PEER.exists():
        pytest.skip("the peers' environment is missing, make it with: make peers")
    folder = tmp_path_factory.mktemp("peers")
    write_certificates(folder)
    keys = ["--certificate", str(folder / "server.pem"), "--key", str(folder / "server.key")]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))
        yield from _asked(folder, keys)


def _asked(folder: Path, keys: list[str]) -> Iterator[dict[str, Any]]:
    process, urls = start("sandbox.portal", *keys, url_file=folder / "url")
    try:
        sandbox = PortalSandbox(urls)
        app = sandbox.add_local_app("https://app.example.ru/handler", api_only=True)
        sandbox.install(app)
        asked = {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "access_token": sandbox.tokens(app)["access_token"],
            "domain": urls[1].removeprefix("https://"),
            "commands": COMMANDS,
        }
        done = subprocess.run(
            [PEER, str(ROOT / "tests/peers/with_b24pysdk.py")],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        yield {**json.loads(done.stdout), "batches": len(sandbox.requests("batch"))}
    finally:
        stop(process)


def test_the_sdk_knows_the_administrator(answers: dict[str, Any]) -> None:
    assert answers["profile"]["ADMIN"] is True


def test_the_sdk_reads_and_writes_a_deal(answers: dict[str, Any]) -> None:
    assert answers["deal"]["companyId"] == 2
    assert answers["updated"] == "Новое имя"


def test_the_sdk_reads_requisites(answers: dict[str, Any]) -> None:
    assert [requisite["RQ_INN"] for requisite in answers["requisites"]] == [COUNTERAGENT_INN]


def test_the_sdk_gets_every_answer_of_its_batches(answers: dict[str, Any]) -> None:
    assert answers["batch"] == COMMANDS
    assert answers["batches"] == 3


def test_the_sdk_understands_a_refusal(answers: dict[str, Any]) -> None:
    assert answers["refused"]
