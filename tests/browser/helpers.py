"""How tests move about the portal and look into our frame."""

import time
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from playwright.sync_api import Error, Frame, Page

from tests.scenarios.installations import Installation

SECONDS = 15.0
GRAVE = ("serious", "critical")
_RUN_AXE = """async () => (await axe.run(document, {iframes: false, resultTypes: ["violations"]})).violations"""


def open_deal(page: Page, deal_id: int, tab: str | None = None) -> None:
    """The card of a deal; on this tab if one is named."""
    page.goto(f"/crm/deal/details/{deal_id}/")
    if tab is not None:
        page.get_by_role("tab", name=tab).click()


def open_app(page: Page, stage: Installation) -> None:
    """The application's page, or its installer's while it is not installed."""
    page.goto(f"/marketplace/app/{stage.app.client_id}/")


def frame_of(page: Page, seconds: float = SECONDS) -> Frame:
    """The product's document in the card or on the application's page, once it is loaded; sliders have their own."""
    return _awaited(page, seconds, "no frame of the product", in_slider=False)


def slider_of(page: Page, seconds: float = SECONDS) -> Frame:
    """The product's document in the uppermost slider, once it is loaded."""
    return _awaited(page, seconds, "no frame of the product in a slider", in_slider=True)


def axe(where: Page | Frame) -> list[str]:
    """Serious and critical findings of axe in this document, not in frames inside it; empty is good."""
    frame = where.main_frame if isinstance(where, Page) else where
    frame.evaluate(_axe_source())
    return [
        f"{found['impact']} {found['id']}: {found['help']}: {node['html']}"
        for found in frame.evaluate(_RUN_AXE)
        for node in found["nodes"]
        if found["impact"] in GRAVE
    ]


@cache
def _axe_source() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def _awaited(page: Page, seconds: float, otherwise: str, *, in_slider: bool) -> Frame:
    deadline = time.monotonic() + seconds
    while (found := _frame(page, in_slider)) is None:
        assert time.monotonic() < deadline, f"{otherwise} within {seconds} s: {page.frames}"
        page.wait_for_timeout(50)
    found.wait_for_load_state()
    return found


def _frame(page: Page, in_slider: bool) -> Frame | None:
    ours = [frame for frame in page.frames if _is_foreign(frame, page) and _is_shown(frame, in_slider)]
    return ours[-1] if ours else None


def _is_foreign(frame: Frame, page: Page) -> bool:
    """The portal's own frames come from where the page comes from; ours from another address."""
    return frame.url.startswith("http") and urlsplit(frame.url)[:2] != urlsplit(page.url)[:2]


def _is_shown(frame: Frame, in_slider: bool) -> bool:
    try:
        return frame.frame_element().is_visible() and _is_in_slider(frame) == in_slider
    except Error:  # it has been closed meanwhile
        return False


def _is_in_slider(frame: Frame) -> bool:
    """A slider may hold a page of the portal, and that page our frame."""
    while frame.parent_frame:
        if frame.frame_element().evaluate("element => element.closest('[role=dialog]') !== null"):
            return True
        frame = frame.parent_frame
    return False
