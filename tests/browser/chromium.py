"""Where the browser of the tests is. What is on the machine is taken; bringing.py gets one where there is none."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BROUGHT = ROOT / ".venv" / "chromium"  # where a registry's build is unpacked
START_SECONDS = 30
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NONE = (
    "there is no Chromium: `make test` as root brings one, or name yours: CHROMIUM=/path/to/chromium make test / "
    "нет Chromium: `make test` от root его поставит, либо назовите свой: CHROMIUM=/путь/к/chromium make test"
)


def find(environment: Mapping[str, str] | None = None, brought: Path = BROUGHT) -> Path | None:
    """The first browser that really starts: $CHROMIUM alone if it is set, one on the PATH, the one that was brought."""
    given = os.environ if environment is None else environment
    return next((path for path in candidates(given, brought) if starts(path)), None)


def candidates(environment: Mapping[str, str], brought: Path = BROUGHT) -> Iterator[Path]:
    """Where a browser may be, the best first. A person who names one wants no other."""
    if named := environment.get("CHROMIUM"):
        yield Path(named)
        return
    for name in NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            yield Path(found)
    yield brought / "run"


def starts(path: Path) -> bool:
    """Whether it shows an empty page. Some systems keep a file of this name that only says where to get the browser."""
    if not os.access(path, os.X_OK) or path.is_dir():
        return False
    command = [str(path), "--headless", *FLAGS, "--dump-dom", "about:blank"]
    try:
        shown = subprocess.run(command, capture_output=True, timeout=START_SECONDS, env=plain_environment())
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0 and b"<html" in shown.stdout


def plain_environment() -> dict[str, str]:
    """What a browser needs of ours: nobody's proxies, certificates or options of Node."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
