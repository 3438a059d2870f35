"""`python -m tests.browser.bringing`: a browser for the tests, where this machine has none.

Debian's package when root may install it, else a build that a package registry ships. Nothing fails for want of one:
the tests that need it are left out, and say so.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import brotli

from tests.browser import chromium, npm_build

PACKAGES = ("chromium", "fonts-liberation")  # without a font Russian is a row of boxes
APT_SECONDS = 900
FAILURES = (OSError, subprocess.SubprocessError, tarfile.TarError, brotli.error, npm_build.WrongBytes)


@dataclass(frozen=True)
class Way:
    """One way to get a browser. bring raises one of FAILURES when it leads nowhere."""

    name: str
    bring: Callable[[], None]


def main() -> None:
    found = chromium.find()
    if found is None and "CHROMIUM" not in os.environ:  # who names a browser wants no other
        bring(ways(is_root=os.geteuid() == 0, has_apt=bool(shutil.which("apt-get")), machine=platform.machine()))
        found = chromium.find()
    print(f"Chromium: {found or chromium.none()}", file=sys.stderr)


def bring(possible: Sequence[Way]) -> None:
    """Try one after the other until there is a browser."""
    for way in possible:
        print(f"Fetching Chromium / Достаю Chromium: {way.name}", file=sys.stderr)
        try:
            way.bring()
        except FAILURES as failure:
            print(f"  {failure}", file=sys.stderr)
        if chromium.find() is not None:
            return


def ways(*, is_root: bool, has_apt: bool, machine: str) -> list[Way]:
    """What is possible here, the best first."""
    possible = [Way("apt-get install chromium", install_package)] if is_root and has_apt else []
    if sys.platform == "linux" and machine in npm_build.MACHINES:
        possible.append(Way(npm_build.BUILD.url(), lambda: npm_build.bring(chromium.BROUGHT)))
    return possible


def install_package() -> None:
    """Debian's own. Raises OSError, subprocess.SubprocessError."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patience = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Dpkg::Use-Pty=0")
    for words in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
        subprocess.run(
            ["apt-get", "-qq", *patience, *words],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=APT_SECONDS,
        )


if __name__ == "__main__":
    main()
