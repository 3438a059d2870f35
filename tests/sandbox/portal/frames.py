"""Pages of an application in tests of the portal, and their frames."""

from typing import Any

from playwright.sync_api import Frame, Page

HTML = """<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,">
<h1>{title}</h1><div style="height: 900px"></div><script src="{portal}/api/v1/"></script><script>{script}</script>"""
INIT = "window.ready = new Promise((done) => BX24.init(done));"


def application_page(portal: str, script: str = INIT, title: str = "Page") -> str:
    """A page with the portal's library. Whoever waits for window.ready waits until the library is."""
    return HTML.format(portal=portal, script=script, title=title)


def frame_of(page: Page, seconds: float = 10) -> Frame:
    """The last frame of an application on the page, once its library is ready."""
    element = page.locator("iframe.app-frame").last.element_handle(timeout=seconds * 1000)
    frame = element.content_frame()
    assert frame is not None
    frame.wait_for_function("() => Boolean(window.BX24 && window.ready)")
    frame.evaluate("window.ready")
    return frame


def answered(frame: Frame, call: str) -> Any:
    """What the callback got; `call` says `done` where a callback stands."""
    late = "setTimeout(() => fail(new Error('too late')), 10000)"
    return frame.evaluate(f"() => new Promise((done, fail) => {{ {late}; {call}; }})")
