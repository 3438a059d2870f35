"""A certificate authority of our own, for emulators on loopback: `python -m sandbox.tls DIRECTORY`."""

import argparse
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ADDRESSES = [f"127.0.0.{number}" for number in range(1, 17)]
NAMES = ["localhost"]
DAYS = 30


def write_certificates(directory: Path) -> None:
    """Make an authority and a server certificate for localhost and 127.0.0.1 to .16.

    Writes ca.pem (what clients trust, for example by REQUESTS_CA_BUNDLE), server.pem (chain) and server.key, which
    only its owner may read. Certificates last 30 days.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _which in range(2))
    authority = _authority(ca_key)
    server = _server(server_key, authority, ca_key)
    ca_pem, server_pem = (found.public_bytes(serialization.Encoding.PEM) for found in (authority, server))
    (directory / "ca.pem").write_bytes(ca_pem)
    (directory / "server.pem").write_bytes(server_pem + ca_pem)
    key_file = directory / "server.key"
    key_file.touch(mode=0o600)
    key_file.chmod(0o600)
    key_file.write_bytes(_pem(server_key))


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("b24-edo sandbox authority")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    names = [x509.DNSName(name) for name in NAMES]
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    return (
        _builder(_name("b24-edo sandbox"), authority.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def main() -> None:
    parser = argparse.ArgumentParser(description="Certificates for emulators on loopback")
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    write_certificates(directory)
    print(f"ca.pem, server.pem and server.key are in {directory}")


if __name__ == "__main__":
    main()
