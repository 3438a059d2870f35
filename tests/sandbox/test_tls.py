"""Certificates of our own, and the portal behind them."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.tls import write_certificates
from tests.conftest import start, stop


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    write_certificates(directory)
    return directory


@pytest.fixture(scope="module")
def portal_urls(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    keys = ["--certificate", str(certificates / "server.pem"), "--key", str(certificates / "server.key")]
    process, urls = start("sandbox.portal", *keys, url_file=tmp_path_factory.mktemp("portal") / "url")
    yield urls
    stop(process)


def test_every_address_of_the_portal_is_trusted_through_the_authority(certificates, portal_urls):
    for url in portal_urls[:2]:
        answer = requests.get(url + "/rest/no.such", verify=str(certificates / "ca.pem"), timeout=10)

        assert url.startswith("https://")
        assert answer.status_code == 404


def test_nobody_else_trusts_the_certificate(portal_urls):
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(portal_urls[1], timeout=10)


def test_localhost_is_named_too(certificates, portal_urls):
    url = portal_urls[0].replace("127.0.0.1", "localhost")

    assert requests.get(url + "/oauth/token/", verify=str(certificates / "ca.pem"), timeout=10).status_code == 400


def test_the_key_is_its_owners_alone(certificates):
    assert stat.S_IMODE((certificates / "server.key").stat().st_mode) == 0o600


def test_the_command_writes_three_files(tmp_path):
    subprocess.run([sys.executable, "-m", "sandbox.tls", str(tmp_path / "new")], check=True, capture_output=True)

    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["ca.pem", "server.key", "server.pem"]
