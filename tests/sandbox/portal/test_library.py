"""The library that the portal serves at /api/v1/ speaks the same protocol as the official one."""

from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from sandbox.portal.driver import MANAGER
from tests.sandbox.portal.frames import INIT, answered, application_page, frame_of
from tests.sandbox.portal_handler import installed_app


@pytest.fixture
def show(handler, portal_sandbox, new_page):
    """show(app, path, script=INIT, allow=()): the portal's page at this path and the frame of the application in it."""

    def shown(path: str, script: str = INIT, allow: tuple[str, ...] = (), **names: Any) -> tuple[Page, Frame]:
        html = application_page(portal_sandbox.first_url, script)
        handler.pages |= dict.fromkeys(("/app", "/install", "/tab"), html)
        page = new_page(portal_sandbox.first_url, allow=allow)
        page.goto(path)
        return page, frame_of(page)

    return shown


@pytest.fixture
def app_path(client) -> str:
    return f"/marketplace/app/{client.app.client_id}/"


def test_it_knows_the_person_and_the_place(show, app_path, client):
    _page, frame = show(f"{app_path}?lang=en&deep=link")

    found = frame.evaluate("({lang: BX24.getLang(), domain: BX24.getDomain(), admin: BX24.isAdmin()})")
    place = frame.evaluate("BX24.placement.info()")
    assert found == {"lang": "en", "domain": client.sandbox.portal()["domain"], "admin": True}
    assert place["placement"] == "DEFAULT"
    assert place["options"]["deep"] == "link"


def test_a_manager_is_no_administrator(show, app_path):
    _page, frame = show(f"{app_path}?user_id={MANAGER}")

    assert frame.evaluate("BX24.isAdmin()") is False


def test_a_token_is_told_with_the_moment_of_its_end(show, app_path, client):
    _page, frame = show(app_path)

    auth = frame.evaluate("BX24.getAuth()")
    assert auth["member_id"] == client.sandbox.member_id()
    assert 3_500_000 < auth["expires_in"] - frame.evaluate("Date.now()") <= 3_600_000


def test_a_method_is_called_with_nested_parameters(show, app_path):
    _page, frame = show(app_path)

    call = "BX24.callMethod('crm.item.list', {entityTypeId: 2, filter: {'@id': [1]}, select: ['id', 'title']}, "
    items = answered(frame, call + "(result) => done([result.data().items, result.total(), result.more()]))")

    assert items == [[{"id": 1, "title": "Поставка оборудования"}], 1, False]


def test_a_refused_method_shows_its_error(show, app_path):
    _page, frame = show(app_path, allow=(" 400",))

    call = "BX24.callMethod('crm.item.get', {entityTypeId: 2, id: 404}, "
    error = answered(frame, call + "(result) => done([String(result.error()), result.error().getError().error]))")

    assert error == ["NOT_FOUND: Element not found (400)", "NOT_FOUND"]


def test_an_expired_token_is_renewed_in_silence(show, app_path, client):
    _page, frame = show(app_path, allow=(" 401",))
    client.sandbox.expire_tokens()

    name = answered(frame, "BX24.callMethod('profile', {}, (result) => done(result.data().NAME))")

    assert name == "Анна"


def test_a_batch_answers_each_of_its_calls(show, app_path):
    _page, frame = show(app_path, allow=(" 400",))

    calls = "{me: ['profile', {}], deal: {method: 'crm.item.get', params: {entityTypeId: 2, id: 404}}}"
    read = "(all) => done([all.me.data().NAME, all.deal.error().getError().error])"
    found = answered(frame, f"BX24.callBatch({calls}, {read})")

    assert found == ["Анна", "NOT_FOUND"]


def test_the_frame_gets_the_wanted_size(show, app_path):
    page, frame = show(app_path)

    answered(frame, "BX24.resizeWindow(640, 333, done)")

    box = page.locator("iframe.app-frame").bounding_box()
    assert (box["width"], box["height"]) == (640, 333)


def test_only_pages_of_the_portal_are_opened(show, app_path):
    _page, frame = show(app_path)

    refused = answered(frame, "BX24.openPath('https://example.com/', done)")

    assert refused == {"result": "error", "errorCode": "PATH_NOT_AVAILABLE"}


def test_a_closed_slider_is_told(show, app_path):
    page, frame = show(app_path)

    frame.evaluate("() => { window.done = new Promise((done) => BX24.openPath('/crm/deal/details/1/', done)); }")
    page.frame_locator(".slider iframe").get_by_role("heading", name="Поставка оборудования").wait_for()
    page.keyboard.press("Escape")

    assert frame.evaluate("window.done") == {"result": "close"}


def test_the_application_opens_and_closes_itself_in_a_slider(show, app_path):
    page, frame = show(app_path)

    opening = "BX24.openApplication({package: 7, bx24_title: 'Пакет', bx24_width: 600}, done)"
    frame.evaluate(f"() => {{ window.done = new Promise((done) => {opening}); }}")
    page.locator(".slider iframe").wait_for()
    inner = frame_of(page)
    assert inner.evaluate("BX24.placement.info().options.package") == 7
    assert page.locator(".slider-panel").bounding_box()["width"] == 600
    inner.evaluate("() => BX24.closeApplication()")

    frame.evaluate("window.done")
    assert page.locator(".slider").count() == 0


def test_people_are_picked(show, app_path):
    page, frame = show(app_path)

    frame.evaluate("() => { window.picked = new Promise((done) => BX24.selectUsers('Кто', done)); }")
    page.get_by_role("button", name="Пётр Менеджеров").click()
    page.get_by_role("button", name="Ольга Подписантова").click()
    page.get_by_role("button", name="OK").click()

    assert [one["id"] for one in frame.evaluate("window.picked")] == ["2", "4"]


def test_options_belong_to_the_application_or_to_the_person(show, app_path, client):
    page, frame = show(app_path)

    answered(frame, "BX24.appOption.set('box', 'main', done)")
    answered(frame, "BX24.userOption.set('columns', [1, 2], done)")
    page.reload()

    again = frame_of(page)
    assert again.evaluate("[BX24.appOption.get('box'), BX24.userOption.get('columns')]") == ["main", [1, 2]]
    assert client.call("app.option.get", option="box") == "main"


def test_an_installer_finishes_the_installation(show, handler, portal_sandbox):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")

    page, frame = show(f"/marketplace/app/{app.client_id}/")
    assert "/install" in frame.url
    frame.evaluate("() => BX24.installFinish()")

    page.wait_for_url("**install_finished=Y")
    assert "/app" in frame_of(page).url
    assert portal_sandbox.app(app)["is_installed"] is True


def test_what_runs_first_runs_once(show, handler, portal_sandbox):
    app = installed_app(portal_sandbox, handler)
    script = "window.first = 0; BX24.install(() => { window.first += 1; BX24.installFinish(); });" + INIT

    page, frame = show(f"/marketplace/app/{app.client_id}/", script)
    assert frame.evaluate("window.first") == 1
    page.wait_for_load_state("networkidle")
    page.reload()

    assert frame_of(page).evaluate("window.first") == 0


def test_a_foreign_session_is_not_answered(show, app_path):
    _page, frame = show(app_path)

    listen = "window.addEventListener('message', (event) => heard.push(event.data));"
    ask = "const origin = 'http://' + window.name.split('|')[0]; const sid = window.name.split('|')[2];"
    forged = (
        f"parent.postMessage('getInitData::k1:{'0' * 32}', origin); parent.postMessage('nobody::k2:' + sid, origin);"
    )
    frame.evaluate(f"() => {{ window.heard = []; {listen} {ask} {forged} }}")
    answered(frame, "BX24.resizeWindow(500, 300, done)")

    assert [one.partition(":")[0] in ("k1", "k2") for one in frame.evaluate("window.heard")] == [False]


def test_a_page_outside_a_frame_fails_at_once(portal_sandbox, handler, new_page):
    handler.pages["/app"] = application_page(portal_sandbox.first_url, "")
    page = new_page(handler.url, allow=("not inside a frame",))

    with page.expect_event("pageerror") as failure:
        page.goto("/app")

    assert "not inside a frame" in failure.value.message
