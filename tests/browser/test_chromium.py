"""Which browser is taken, how one is brought, and what is said when there is none."""

import base64
import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import brotli
import pytest

from tests.browser import bringing, chromium, npm_build
from tests.browser.bringing import Way
from tests.browser.npm_build import Build, WrongBytes

GOOD = "#!/bin/sh\necho 'DevTools listening on ws://127.0.0.1:1/' >&2\nexec sleep 60\n"
STUB = "#!/bin/sh\necho 'install the snap of chromium' >&2\nexit 10\n"


@pytest.fixture
def program(tmp_path) -> Callable[[str, str], Path]:
    """An executable file of this name and text."""

    def made(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    return made


def test_the_named_browser_is_taken_and_no_other(program, tmp_path):
    named = program("mine/browser", GOOD)
    program("bin/chromium", GOOD)

    assert chromium.find({"CHROMIUM": str(named), "PATH": str(tmp_path / "bin")}, tmp_path) == named
    assert chromium.find({"CHROMIUM": "/nowhere", "PATH": str(tmp_path / "bin")}, tmp_path) is None


def test_chromium_is_preferred_to_chrome_and_to_the_one_that_was_brought(program, tmp_path):
    chrome, brought = program("bin/google-chrome", GOOD), program("brought/run", GOOD)
    environment = {"PATH": str(tmp_path / "bin")}

    assert list(chromium.candidates(environment, brought.parent)) == [chrome, brought]

    first = program("bin/chromium", GOOD)
    assert list(chromium.candidates(environment, brought.parent)) == [first, chrome, brought]


def test_a_file_that_only_says_where_to_get_the_browser_is_passed_over(program, tmp_path):
    program("bin/chromium-browser", STUB)
    brought = program("brought/run", GOOD)

    assert chromium.find({"PATH": str(tmp_path / "bin")}, brought.parent) == brought


def test_without_any_browser_a_person_is_told_what_to_do(tmp_path):
    assert chromium.find({"PATH": str(tmp_path)}, tmp_path) is None
    assert "CHROMIUM=/path/to/chromium" in chromium.none({})
    assert "/nowhere does not start" in chromium.none({"CHROMIUM": "/nowhere"})


@pytest.mark.parametrize(
    ("may", "first", "count"),
    [
        ({"is_root": True, "has_apt": True, "machine": "x86_64"}, "apt-get", 2),
        ({"is_root": False, "has_apt": True, "machine": "x86_64"}, "https://registry.npmjs.org/", 1),
        ({"is_root": True, "has_apt": False, "machine": "x86_64"}, "https://registry.npmjs.org/", 1),
        ({"is_root": True, "has_apt": True, "machine": "aarch64"}, "apt-get", 1),
    ],
)
def test_debians_package_comes_before_the_registrys_build(may, first, count):
    found = bringing.ways(**may)

    assert found[0].name.startswith(first)
    assert len(found) == count


def test_nobody_may_bring_anything_where_nothing_fits():
    assert bringing.ways(is_root=False, has_apt=True, machine="aarch64") == []


def test_a_way_that_fails_is_told_and_the_next_one_is_tried(program, tmp_path, monkeypatch, capsys):
    def fail() -> None:
        raise OSError("no way to the registry")

    monkeypatch.setattr(chromium, "find", lambda: next(iter(tmp_path.glob("bin/chromium")), None))

    bringing.bring([Way("first", fail), Way("second", lambda: program("bin/chromium", GOOD)), Way("third", fail)])

    told = capsys.readouterr().err
    assert "no way to the registry" in told
    assert "second" in told
    assert "third" not in told


class Registry(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry(tmp_path) -> Iterator[tuple[str, Build]]:
    """A registry with one build, whose browser is a shell script."""
    build = Build("1.0.0", "")
    content = package({"chromium.br": GOOD.encode(), "al2023.tar.br": packed({"lib/libnss3.so": b"library"})})
    path = tmp_path / "registry" / build.url("").lstrip("/")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    handler = lambda *given: Registry(*given, directory=str(tmp_path / "registry"))  # noqa: E731
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever).start()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    yield f"http://127.0.0.1:{server.server_port}/", Build("1.0.0", integrity)
    server.shutdown()
    server.server_close()


def test_the_registrys_build_is_unpacked_and_starts(registry, tmp_path):
    address, build = registry
    target = tmp_path / "chromium"

    npm_build.bring(target, build, address)

    assert chromium.find({"PATH": "/nowhere"}, target) == target / "run"
    assert (target / "lib" / "libnss3.so").read_bytes() == b"library"


def test_a_build_with_another_hash_is_refused_and_nothing_is_left(registry, tmp_path):
    address, build = registry
    target = tmp_path / "place" / "chromium"

    with pytest.raises(WrongBytes, match="sha512-"):
        npm_build.bring(target, Build(build.version, "sha512-other"), address)

    assert list(target.parent.iterdir()) == []


def package(files: dict[str, bytes]) -> bytes:
    """As the registry packs it: every file compressed by itself, all of them together once more."""
    pressed = {f"package/bin/{name}": brotli.compress(content, quality=1) for name, content in files.items()}
    return packed(pressed, mode="w:gz")


def packed(files: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
