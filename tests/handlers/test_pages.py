"""The page inside Bitrix24: shown to whom the portal vouches for, with the state of things."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from flask.testing import FlaskClient

from credentials import Token
from handlers.rendering import moment
from registry.boxes import Boxes, Feeds
from registry.portals import Portals
from registry.tables import Portal
from sandbox.portal.driver import MANAGER, LocalApp, PortalSandbox
from tests.handlers.conftest import Door


@pytest.fixture
def local_app(door: Door, portal_sandbox: PortalSandbox) -> LocalApp:
    """Our application, installed on the first portal."""
    app = portal_sandbox.add_local_app(f"{door.url}/bitrix24/pages/app", f"{door.url}/bitrix24/install")
    keys = {"bitrix24_client_id": app.client_id, "bitrix24_client_secret": app.client_secret}
    door.opens_with(replace(door.config, bitrix24_oauth_urls=(portal_sandbox.auth_url,), **keys))
    portal_sandbox.install(app)
    return app


def the_portal(door: Door) -> Portal:
    return Portals(door.database).all()[0]


def connect_box(door: Door) -> None:
    boxes = Boxes(door.database, the_portal(door).id)
    account_id = boxes.add_account(kind="oidc", token=Token("diadoc-secret", "diadoc-refresh"))
    boxes.connect(account_id=account_id, box_id="b" * 32, inn="9660001014", kpp="966001001", name="ООО «Ромашка» <b>")


def test_an_administrator_sees_the_state_of_everything(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    connect_box(door)
    (box,) = Boxes(door.database, the_portal(door).id).all()
    Feeds(door.database).begin(box.id, "first")
    Feeds(door.database).advance(box.id, expected="first", index_key="second")
    Portals(door.database).remember_registrations(the_portal(door).id, {"diadoc_wait": "x"})

    page = portal_sandbox.open_page(local_app)

    assert page.status == 200
    (box,) = Boxes(door.database, the_portal(door).id).all()
    for shown in ("9660001014 / 966001001", "подключён", moment(box.feed_read_at), "diadoc_wait", "ждут исхода"):
        assert shown in page.body
    assert "ООО «Ромашка» &lt;b&gt;" in page.body
    assert "Зарегистрировано 1, нет 3" in page.body


def test_calls_are_counted_for_their_own_portal_only(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox, portal: Portal, call_form: Callable
) -> None:
    url = f"{door.url}/bitrix24/activities/diadoc_check_requisites"
    for number in range(3):
        assert requests.post(url, data=call_form(event_token=f"w|A|{number}"), timeout=10).status_code == 200

    page = portal_sandbox.open_page(local_app)

    assert '<div class="number">3</div>' not in page.body


def test_who_is_no_administrator_sees_less(door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox) -> None:
    connect_box(door)

    page = portal_sandbox.open_page(local_app, MANAGER)

    assert page.status == 200
    assert "Приложение установлено и работает" in page.body
    assert "9660001014" not in page.body


def test_the_page_speaks_the_language_of_its_reader(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)

    russian = requests.post(frame["url"], data=frame["fields"], timeout=10)
    english = requests.post(frame["url"].replace("LANG=ru", "LANG=de"), data=frame["fields"], timeout=10)

    assert "Ящики Диадока" in russian.text
    assert "Boxes of Diadoc" in english.text
    assert "Ящики" not in english.text


def test_the_page_is_framed_by_its_portal_and_sets_no_cookie(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)

    answer = requests.post(frame["url"], data=frame["fields"], timeout=10)

    assert f"frame-ancestors 'self' {portal_sandbox.first_url}" in answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert "X-Frame-Options" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"AUTH_ID": "invented"},
        {"APPLICATION_TOKEN": "another"},
        {"member_id": "ffffffffffffffffffffffffffffffff"},
        {"member_id": ""},
        {"AUTH_ID": ""},
    ],
)
def test_a_forged_page_shows_nothing(
    changes: dict[str, str], door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    connect_box(door)

    page = portal_sandbox.open_page(local_app, changes=changes)

    assert page.status in (400, 403)
    assert "9660001014" not in page.body


def test_a_token_is_shown_to_the_stored_portal_only(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)
    url = frame["url"].split("?")[0] + "?DOMAIN=127.0.0.3:9&PROTOCOL=0&LANG=ru"
    portal_sandbox.forget_requests()

    answer = requests.post(url, data={**frame["fields"], "SERVER_ENDPOINT": "http://127.0.0.3:9/rest/"}, timeout=10)

    assert answer.status_code == 200
    assert [one["ids"]["at"] for one in portal_sandbox.requests("profile")] == ["first"]


def test_a_token_of_another_portal_opens_no_page(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    other = portal_sandbox.add_local_app("https://other.example/", "https://other.example/i", portal="second")
    foreign = portal_sandbox.frame(other)["fields"]["AUTH_ID"]

    page = portal_sandbox.open_page(local_app, changes={"AUTH_ID": foreign})

    assert page.status == 403


def test_after_a_removal_the_page_says_to_install_again(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)
    Portals(door.database).uninstall(the_portal(door).id)

    answer = requests.post(frame["url"], data=frame["fields"], timeout=10)

    assert answer.status_code == 403
    assert "установить его заново" in answer.text


def test_a_portal_that_does_not_answer_is_told_about(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    portal_sandbox.fault("profile", "status", status=502, times=-1)

    page = portal_sandbox.open_page(local_app)

    assert page.status == 503
    assert "недоступен" in page.body


def test_lost_access_is_shown(door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox) -> None:
    Portals(door.database).auth_lost(the_portal(door).id, "the grant is dead")

    page = portal_sandbox.open_page(local_app)

    assert page.status == 200
    assert "Доступ к порталу потерян" in page.body


@pytest.mark.parametrize(("accepted", "shown"), [("ru", "Откройте меня в Битрикс24"), ("de", "Open me in Bitrix24")])
def test_a_person_who_opens_the_address_is_told_where_to_go(accepted: str, shown: str, client: FlaskClient) -> None:
    answer = client.get("/bitrix24/pages/app", headers={"Accept-Language": accepted})

    assert answer.status_code == 200
    assert shown in answer.text
