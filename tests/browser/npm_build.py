"""A Chromium that the npm registry ships for machines without one: fetched, compared with its known hash, unpacked.

The package @sparticuz/chromium (MIT) holds a headless shell for 64-bit Linux, the few libraries that a bare system
lacks, and a font with Cyrillic, each compressed with brotli. Neither Node nor npm is needed.
"""

import base64
import hashlib
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import brotli
import requests

REGISTRY = "https://registry.npmjs.org"
PIECE = 1 << 20
TIMEOUT = (10, 60)  # seconds to connect, and without a byte
MACHINES = ("x86_64", "AMD64")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
"""
RUN = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/lib:$here" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
"""


class WrongBytes(Exception):
    """What the registry sent is not what was once looked at."""


@dataclass(frozen=True)
class Build:
    """A version of the package. integrity: as the registry writes it, "sha512-" and base64."""

    version: str
    integrity: str

    def url(self, registry: str = REGISTRY) -> str:
        return f"{registry.rstrip('/')}/@sparticuz/chromium/-/chromium-{self.version}.tgz"


BUILD = Build(
    "153.0.0", "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
)


def bring(target: Path, build: Build = BUILD, registry: str = "") -> None:
    """Put the browser into the folder `target`; `run` in it starts it. Nothing is left behind when it fails.

    registry: by default what npm is told by its variable, else the public one. Raises WrongBytes, OSError
    (requests' failures are ones), tarfile.TarError, brotli.error.
    """
    address = build.url(registry or os.environ.get("npm_config_registry") or REGISTRY)  # noqa: SIM112 - npm's name
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as folder:
        archive, unpacked = Path(folder) / "package.tgz", Path(folder) / "chromium"
        fetch(address, archive, build.integrity)
        unpack(archive, unpacked)
        shutil.rmtree(target, ignore_errors=True)
        unpacked.rename(target)


def fetch(address: str, archive: Path, integrity: str) -> None:
    """Raises WrongBytes, OSError."""
    digest = hashlib.sha512()
    with requests.get(address, stream=True, timeout=TIMEOUT) as answer, archive.open("wb") as file:
        answer.raise_for_status()
        for piece in answer.iter_content(PIECE):
            digest.update(piece)
            file.write(piece)
    found = "sha512-" + base64.b64encode(digest.digest()).decode()
    if found != integrity:
        raise WrongBytes(f"{address}: {found}, expected {integrity}")


def unpack(archive: Path, target: Path) -> None:
    """The folder as the browser wants it: chromium, lib/, fonts/, and `run`, which tells it where these are."""
    target.mkdir()
    with tarfile.open(archive) as package:
        for name in package.getnames():
            packed = package.extractfile(name) if name.endswith(".br") else None
            if packed is not None:
                _unpack_part(packed, target, Path(name).name.removesuffix(".br"))
    (target / "fonts.conf").write_text(FONTS)
    (target / "run").write_text(RUN)
    for program in ("run", "chromium"):
        (target / program).chmod(0o755)


def _unpack_part(packed: IO[bytes], target: Path, name: str) -> None:
    part = target / name
    decompressor = brotli.Decompressor()
    with part.open("wb") as file:
        while piece := packed.read(PIECE):
            file.write(decompressor.process(piece))
    if part.suffix == ".tar":
        with tarfile.open(part) as files:
            files.extractall(target)
        part.unlink()
