"""What goes wrong on a page is seen, whoever the test looks at."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.browser.helpers import axe
from tests.browser.watching import Watch

ICON = "<link rel=icon href='data:,'>"  # else the browser asks for one
PAGES = {
    "/good": f"<!doctype html><html lang='en'>{ICON}<title>Good</title><main><h1>Good</h1></main>",
    "/console": f"{ICON}<script>console.error('broken part')</script>",
    "/script": f"{ICON}<script>nobody.knows()</script>",
    "/missing": f"{ICON}<img src='/nowhere.png'>",
    "/outside": f"{ICON}<script src='https://fonts.example.com/font.js'></script>",
    "/nameless": f"<!doctype html><html lang='en'>{ICON}<title>Bad</title><main><h1>Bad</h1><button></button></main>",
}


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def faults_of(browser, site):
    """What is told after a visit to one of the pages."""

    def visited(path: str, *allowed: str) -> list[str]:
        context = browser.new_context(base_url=site)
        watch = Watch(context, allowed)
        context.new_page().goto(path)
        context.close()
        return watch.faults()

    return visited


def test_a_good_page_has_no_faults(faults_of):
    assert faults_of("/good") == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/console", "console: broken part"),
        ("/script", "nobody is not defined"),
        ("/missing", "/nowhere.png 404"),
        ("/outside", "fonts.example.com/font.js net::ERR_NAME_NOT_RESOLVED"),
    ],
)
def test_what_goes_wrong_is_told(faults_of, path, told):
    assert told in "\n".join(faults_of(path))


def test_what_a_test_expects_is_no_fault(faults_of):
    assert faults_of("/missing", r"nowhere\.png") == []


def test_axe_names_what_a_blind_person_cannot_use(site, new_page):
    page = new_page(site)
    page.goto("/nameless")

    found = axe(page)

    assert [line.partition(":")[0] for line in found] == ["critical button-name"]


def test_axe_is_content_with_a_plain_page(site, new_page):
    page = new_page(site)
    page.goto("/good")

    assert axe(page) == []
