"""Fixtures that every room may need: the emulators as real processes on real sockets."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 20


def start(module: str, *arguments: str, url_file: Path) -> tuple[subprocess.Popen, list[str]]:
    """Start `python -m module` and wait until it has written its addresses."""
    process = subprocess.Popen([sys.executable, "-m", module, "--url-file", str(url_file), *arguments])
    deadline = time.monotonic() + START_SECONDS
    while not url_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"{module} did not start")
        time.sleep(0.02)
    return process, url_file.read_text().split()


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def diadoc_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    process, urls = start("sandbox.diadoc", url_file=tmp_path_factory.mktemp("diadoc") / "url")
    yield urls
    stop(process)


@pytest.fixture
def diadoc_sandbox(diadoc_process: list[str]):
    """The sandbox Diadoc with fresh state, by its driver."""
    from sandbox.diadoc.driver import DiadocSandbox

    sandbox = DiadocSandbox(diadoc_process[0])
    sandbox.reset()
    return sandbox


@pytest.fixture(scope="session")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    process, urls = start("sandbox.portal", url_file=tmp_path_factory.mktemp("portal") / "url")
    yield urls
    stop(process)


@pytest.fixture
def portal_sandbox(portal_process: list[str]):
    """The sandbox portal and its auth server with fresh state, by its driver."""
    from sandbox.portal.driver import PortalSandbox

    sandbox = PortalSandbox(portal_process)
    sandbox.reset()
    return sandbox
