"""The sandbox under TLS: the same answers, and faults that break a TLS connection too."""

import datetime
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.diadoc.driver import DiadocSandbox
from tests.conftest import start, stop
from tests.sandbox.diadoc_letters import post


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    forms = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *forms))
    return paths


@pytest.fixture(scope="module")
def tls_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DiadocSandbox]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = write_certificate(folder)
    options = ("--certificate", str(certificate), "--key", str(key))
    process, urls = start("sandbox.diadoc", *options, url_file=folder / "url")
    yield DiadocSandbox(urls[0], verify=str(certificate))
    stop(process)


def test_the_api_answers_under_tls(tls_sandbox: DiadocSandbox):
    answer = tls_sandbox.call("GET", "/GetMyOrganizations")

    assert tls_sandbox.url.startswith("https://127.0.0.1:")
    assert answer.json()["Organizations"]


def test_the_endpoints_of_discovery_are_https(tls_sandbox: DiadocSandbox):
    found = tls_sandbox.call("GET", "/.well-known/openid-configuration").json()

    assert found["token_endpoint"] == f"{tls_sandbox.url}/connect/token"


@pytest.mark.parametrize(("kind", "messages"), [("lost_reply", 1), ("lost_request", 0)])
def test_a_lost_exchange_breaks_the_connection_under_tls_too(tls_sandbox: DiadocSandbox, kind: str, messages: int):
    tls_sandbox.reset()
    tls_sandbox.fault("PostMessage", kind)

    with pytest.raises(requests.ConnectionError):
        post(tls_sandbox)

    assert len(tls_sandbox.messages()) == messages
