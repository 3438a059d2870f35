"""What our pages are made of: unchanged vendor files, nothing from outside, nothing that a browser's policy forbids."""

import hashlib
import re
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

import handlers
from handlers.pages.page_tokens import build
from tests.handlers.conftest import Door

ROOM = Path(handlers.__file__).parent
VENDOR = ROOM / "static" / "vendor"
_ROW = re.compile(r"^\| (?P<name>[^ |]+\.(?:js|css)) \|.*\| (?P<digest>[0-9a-f]{64}) \|$", re.MULTILINE)


def templates() -> list[Path]:
    return sorted((ROOM / "templates").rglob("*.html"))


def test_vendor_files_are_those_that_were_taken() -> None:
    listed = {row["name"]: row["digest"] for row in _ROW.finditer((VENDOR / "README.md").read_text())}

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.[cj]s*")}

    assert found == listed
    assert listed


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.name)
def test_a_template_loads_nothing_from_outside_and_has_no_inline_code(path: Path) -> None:
    text = path.read_text()

    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text) == []
    assert re.findall(r"<[^>]*\s(?:style|on[a-z]+)=", text) == []
    assert re.findall(r"javascript:|hx-on|js:", text) == []


def test_the_address_of_scripts_changes_with_them_so_browsers_keep_them(client: FlaskClient) -> None:
    answer = client.get(f"/static/{build()}/page.js")

    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_a_process_of_another_build_gives_what_it_has_and_lets_nobody_keep_it(client: FlaskClient) -> None:
    answer = client.get("/static/0123456789ab/page.js")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["../app.py", "..%2fpages%2f__init__.py", "nothing.js", "/etc/passwd"])
def test_nothing_but_static_files_is_given(name: str, door: Door) -> None:
    answer = requests.get(f"{door.url}/static/{build()}/{name}", timeout=10)

    assert answer.status_code in (404, 308)


def test_a_tab_with_a_file_of_ours_asks_for_an_icon_in_peace(client: FlaskClient) -> None:
    assert client.get("/favicon.ico").status_code == 204
