"""Where the browser of the tests is. What is on the machine is taken; bringing.py gets one where there is none."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

ROOT = Path(__file__).resolve().parent.parent.parent
BROUGHT = ROOT / ".venv" / "chromium"  # where a registry's build is unpacked
START_SECONDS = 30
LISTENING = b"DevTools listening on"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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


def none(environment: Mapping[str, str] | None = None) -> str:
    """Why there is no browser, and what to do about it."""
    named = (os.environ if environment is None else environment).get("CHROMIUM")
    if named:
        return f"CHROMIUM={named} does not start / не запускается"
    return (
        "there is none: `make test` brings one where it may, or name yours: CHROMIUM=/path/to/chromium make test / "
        "его нет: `make test` ставит его, где может, либо назовите свой: CHROMIUM=/путь/к/chromium make test"
    )


def starts(path: Path) -> bool:
    """Whether it opens its door for us. Some systems keep a file of this name that only says where to get a browser."""
    if not os.access(path, os.X_OK) or path.is_dir():
        return False
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = ["--headless", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        try:
            process = subprocess.Popen(
                [str(path), *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=plain_environment(),
                start_new_session=True,
            )
        except OSError:
            return False
        deadline = Timer(START_SECONDS, _kill, [process])
        deadline.start()
        with process:
            is_open = any(LISTENING in line for line in process.stderr or ())
            deadline.cancel()
            _kill(process)
    return is_open


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The browser with all its processes."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def plain_environment() -> dict[str, str]:
    """What a browser needs of ours: nobody's proxies, certificates or options of Node."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
