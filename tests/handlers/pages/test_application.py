"""The application's page as it opens: to whom the portal vouches for, with the state of things."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import select, update

from credentials import Token
from handlers.rendering import moment
from registry.boxes import Boxes, Feeds
from registry.overview import token_state
from registry.portals import Portals
from registry.tables import Audit, Portal, PortalToken
from sandbox.portal.driver import ADMIN, MANAGER, LocalApp, PortalSandbox
from tests.handlers.conftest import Door


def the_portal(door: Door) -> Portal:
    return Portals(door.database).all()[0]


def actions(door: Door) -> list[str]:
    with door.database.session() as session:
        return list(session.scalars(select(Audit.action)))


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

    page = portal_sandbox.open_page(local_app)

    assert page.status == 200
    (box,) = Boxes(door.database, the_portal(door).id).all()
    for shown in ("9660001014 / 966001001", "работает", moment(box.feed_read_at, "Europe/Moscow"), "ждут исхода"):
        assert shown in page.body
    assert "ООО «Ромашка» &lt;b&gt;" in page.body


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
    assert "Настраивает приложение" in page.body
    assert "Анна Админова" in page.body
    assert "9660001014" not in page.body


@pytest.mark.parametrize(
    ("told", "shown", "hidden"), [("ru", "Ящики Диадока", "Boxes of"), ("de", "Boxes of Diadoc", "Ящики")]
)
def test_the_page_speaks_the_language_of_its_reader(
    told: str, shown: str, hidden: str, door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)

    answer = requests.post(frame["url"].replace("LANG=ru", f"LANG={told}"), data=frame["fields"], timeout=10)

    assert shown in answer.text
    assert hidden not in answer.text


def test_the_page_is_framed_by_its_portal_and_sets_no_cookie(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    frame = portal_sandbox.frame(local_app)

    answer = requests.post(frame["url"], data=frame["fields"], timeout=10)

    assert f"frame-ancestors 'self' {portal_sandbox.first_url}" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
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


def test_an_administrator_who_opens_the_page_brings_lost_access_back(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    Portals(door.database).auth_lost(the_portal(door).id, "the grant is dead")
    with door.database.session() as session:
        session.execute(update(PortalToken).values(dead_since=datetime.now(UTC), access_token_sealed=""))

    page = portal_sandbox.open_page(local_app)

    assert "Приложение установлено и работает" in page.body
    assert the_portal(door).status == "installed"
    assert door.services.connections.bitrix24(the_portal(door)).profile().user_id == ADMIN
    assert "access renewed" in actions(door)


def test_who_is_no_administrator_brings_no_access_back(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    Portals(door.database).auth_lost(the_portal(door).id, "the grant is dead")

    page = portal_sandbox.open_page(local_app, MANAGER)

    assert page.status == 200
    assert the_portal(door).status == "auth_lost"


def test_living_access_stays_whoever_opens_the_page(
    door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    before = token_state(door.database, the_portal(door).id)

    portal_sandbox.open_page(local_app)

    assert token_state(door.database, the_portal(door).id) == before


@pytest.mark.parametrize(("accepted", "shown"), [("ru", "Откройте меня в Битрикс24"), ("de", "Open me in Bitrix24")])
def test_a_person_who_opens_the_address_is_told_where_to_go(accepted: str, shown: str, client: FlaskClient) -> None:
    answer = client.get("/bitrix24/pages/app", headers={"Accept-Language": accepted})

    assert answer.status_code == 200
    assert shown in answer.text
