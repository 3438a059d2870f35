"""The official JavaScript SDK runs unchanged in a frame of the portal."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

VENDOR = Path(__file__).parent.parent / "vendor" / "b24jssdk"
SUMS = {
    "index.min.js": "ae9f7186ad7b36a9e138e346d03d90dac5b3ce35679c0836ea11f4c04346d1ec",
    "LICENSE": "55507a7e4d6c98c363e46befc0e24d918fa55a61113b22b1a66d08f7cc491ae0",
}
PAGE = """<!doctype html><html lang="en"><title>SDK</title><link rel="icon" href="data:,">
<h1>SDK</h1><div style="height: 900px"></div><script src="/sdk.js"></script>"""
START = "async () => { window.b24 = await B24Js.initializeB24Frame(); }"


@pytest.mark.parametrize("name", SUMS)
def test_the_sdk_is_the_published_one(name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == SUMS[name]


@pytest.fixture
def page(request, client, handler, new_page) -> Page:
    """A page of the portal, for an application whose pages have the SDK; its parameter is what may go wrong on it."""
    handler.pages |= dict.fromkeys(("/app", "/tab"), PAGE)
    handler.pages["/sdk.js"] = (VENDOR / "index.min.js").read_text(encoding="utf-8")
    client.call("placement.bind", PLACEMENT="CRM_DEAL_DETAIL_TAB", HANDLER=handler.url + "/tab", TITLE="SDK")
    return new_page(client.sandbox.first_url, allow=getattr(request, "param", ()))


@pytest.fixture
def frame(page, client) -> Frame:
    """The SDK initialised in a tab of the seeded deal."""
    page.goto(f"/marketplace/app/{client.app.client_id}/?placement=CRM_DEAL_DETAIL_TAB&id=1&lang=en")
    return started(page)


def started(page: Page, count: int = 1) -> Frame:
    page.wait_for_function(f"document.querySelectorAll('iframe.app-frame').length === {count}")
    element = page.locator("iframe.app-frame").last.element_handle()
    frame = element.content_frame()
    assert frame is not None
    frame.wait_for_function("() => Boolean(window.B24Js)")
    frame.evaluate(START)
    return frame


def of(frame: Frame, expression: str) -> Any:
    """The value of an expression, which must come within ten seconds."""
    late = "new Promise((_, fail) => setTimeout(() => fail(new Error('too late')), 10000))"
    return frame.evaluate(f"async () => Promise.race([(async () => {expression})(), {late}])")


def test_it_knows_language_rights_and_placement(frame):
    found = of(frame, "({lang: b24.getLang(), admin: b24.auth.isAdmin, title: b24.placement.title})")

    assert found == {"lang": "en", "admin": True, "title": "CRM_DEAL_DETAIL_TAB"}
    assert of(frame, "b24.placement.options.ID") == "1"
    assert of(frame, "b24.placement.options.URI").startswith("/marketplace/app/")


def test_it_calls_the_rest_interface(frame):
    title = of(frame, "(await b24.callMethod('crm.item.get', {entityTypeId: 2, id: 1})).getData().result.item.title")

    assert title == "Поставка оборудования"


@pytest.mark.parametrize("page", [[" 401"]], indirect=True, ids=["refused once"])
def test_it_gets_a_new_token_when_the_old_one_has_expired(frame, client):
    old = of(frame, "b24.auth.getAuthData().access_token")
    client.sandbox.expire_tokens()

    name = of(frame, "(await b24.callMethod('profile')).getData().result.NAME")

    assert name == "Анна"
    assert of(frame, "b24.auth.getAuthData().access_token") != old


def test_it_fits_the_window_to_its_page(frame, page):
    of(frame, "b24.parent.fitWindow()")

    assert page.locator("iframe.app-frame").bounding_box()["height"] >= 900


def test_it_opens_a_path_and_learns_that_it_was_closed(frame, page):
    frame.evaluate("() => { window.done = b24.slider.openPath(b24.slider.getUrl('/crm/deal/details/1/'), 900); }")

    page.frame_locator(".slider iframe").get_by_role("heading", name="Поставка оборудования").wait_for()
    page.locator(".slider-close").click()

    assert of(frame, "window.done") == {"isOpenAtNewWindow": False, "isClose": True}


def test_it_opens_its_application_with_parameters_and_closes_it(frame, page):
    frame.evaluate("() => { window.done = b24.slider.openSliderAppPage({deal: 7, bx24_title: 'Пакет'}); }")

    inner = started(page, 2)
    assert page.locator(".slider-title").inner_text() == "Пакет"
    assert of(inner, "b24.placement.options.deal") == 7
    inner.evaluate("() => { b24.slider.closeSliderAppPage(); }")

    assert of(frame, "window.done") == ""
    assert page.locator(".slider").count() == 0


def test_it_remembers_options(frame, client):
    of(frame, "b24.options.appSet('box', 'main')")

    assert client.call("app.option.get", option="box") == "main"
    assert of(frame, "b24.options.appGet('box')") == "main"


def test_it_lists_what_a_placement_offers(frame):
    assert of(frame, "b24.placement.getInterface()") == {"command": ["reloadData"], "event": []}


def test_unknown_commands_are_passed_over(frame):
    assert of(frame, "b24.placement.call('nobodyKnowsThis', {a: 1})") == {"isSafely": True}


def test_it_lets_a_person_pick_a_colleague(frame, page):
    frame.evaluate("() => { window.picked = b24.dialog.selectUser(); }")

    page.get_by_role("button", name="Пётр Менеджеров").click()

    assert of(frame, "window.picked.then((one) => one.id)") == "2"
