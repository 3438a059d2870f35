"""Who may ask for pieces of a page: whoever the portal proved when it opened, and nobody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from cryptography.fernet import Fernet
from itsdangerous import URLSafeTimedSerializer

from handlers.pages import page_tokens
from registry.portals import Portals
from registry.settings import change_settings
from registry.tables import Portal
from sandbox.portal.driver import ADMIN, DEAL_TYPE, MANAGER, LocalApp, PortalSandbox
from tests.conftest import SECRET_KEY
from tests.handlers.conftest import Door
from tests.handlers.pages.visits import Visit

Visits = Callable[..., Visit]
TAB = "app/timing"
FORM = {"remind_after_days": "9", "escalate_after_days": "0", "time_zone": "UTC"}


def the_portal(door: Door) -> Portal:
    return Portals(door.database).all()[0]


def days(door: Door) -> int:
    """What a forged form of these tests would have changed."""
    from registry.settings import read_settings

    return read_settings(door.database, the_portal(door).id).remind_after_days


def test_who_opened_the_page_is_answered(visit: Visits) -> None:
    answer = visit().ask(TAB)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_post_that_opened_a_page_opens_no_second_one(door: Door, visit: Visits) -> None:
    first = visit()

    again = requests.post(first.address, data=first.fields, timeout=10)

    assert first.page.status_code == 200
    assert again.status_code == 409
    assert "ещё раз" in again.text
    assert "X-Page-Token" not in again.text


@pytest.mark.parametrize("token", ["", "invented", "eyJwb3J0YWwiOjF9.Z0Cxyz.invented"])
def test_without_a_token_of_ours_nothing_is_shown_or_done(token: str, door: Door, visit: Visits) -> None:
    visitor = visit()
    visitor.token = token

    assert visitor.ask(TAB).status_code == 403
    assert visitor.ask(TAB, FORM).status_code == 403
    assert days(door) == 3


def test_a_token_signed_with_a_key_of_others_is_forged(door: Door, visit: Visits) -> None:
    visitor = visit()
    proven = {"portal": the_portal(door).id, "user": ADMIN, "admin": True, "language": "ru", "placement": "DEFAULT"}
    other = URLSafeTimedSerializer([Fernet.generate_key().decode()], salt="page")
    visitor.token = other.dumps({**proven, "item": None, "build": page_tokens.build()})

    assert visitor.ask(TAB, FORM).status_code == 403
    assert days(door) == 3


def test_a_token_signed_for_another_use_of_our_key_is_forged(door: Door, visit: Visits) -> None:
    visitor = visit()
    proven = {"portal": the_portal(door).id, "user": ADMIN, "admin": True, "language": "ru", "placement": "DEFAULT"}
    other = URLSafeTimedSerializer([SECRET_KEY], salt="something else")
    visitor.token = other.dumps({**proven, "item": None, "build": page_tokens.build()})

    assert visitor.ask(TAB).status_code == 403


def test_a_change_of_keys_keeps_open_pages_working(door: Door, visit: Visits) -> None:
    visitor = visit()

    door.opens_with(replace(door.config, secret_keys=(Fernet.generate_key().decode(), SECRET_KEY)))

    assert visitor.ask(TAB).status_code == 200


def test_a_page_older_than_a_working_day_is_over(door: Door, visit: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit()
    monkeypatch.setattr(page_tokens, "LIFE_SECONDS", -1)

    answer = visitor.ask(TAB, FORM)

    assert answer.status_code == 401
    assert "Обновите" in answer.text
    assert days(door) == 3


def test_a_page_of_another_build_is_stale(door: Door, visit: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit()
    monkeypatch.setattr(page_tokens, "build", lambda: "newer")

    answer = visitor.ask(TAB, FORM)

    assert answer.status_code == 409
    assert answer.headers["X-Fault"] == "PAGE_STALE"
    assert "устарела" in answer.text
    assert days(door) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_request_from_another_origin_is_forged(headers: dict[str, str], door: Door, visit: Visits) -> None:
    answer = visit().ask(TAB, FORM, **headers)

    assert answer.status_code == 403
    assert days(door) == 3


def test_our_own_origin_is_believed(door: Door, visit: Visits) -> None:
    answer = visit().ask(TAB, FORM, **{"Origin": door.url, "Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 200
    assert days(door) == 9


def test_who_may_not_administer_changes_nothing(door: Door, visit: Visits) -> None:
    visitor = visit(MANAGER)

    assert visitor.ask(TAB).status_code == 403
    assert visitor.ask(TAB, FORM).status_code == 403
    assert days(door) == 3


def test_rights_are_those_of_now_not_of_when_the_page_was_opened(door: Door, visit: Visits) -> None:
    visitor = visit(MANAGER)
    portal_id = the_portal(door).id

    change_settings(door.database, portal_id, user_id=ADMIN, administrators=(MANAGER,))
    granted = visitor.ask(TAB).status_code
    change_settings(door.database, portal_id, user_id=ADMIN, administrators=())
    withdrawn = visitor.ask(TAB).status_code

    assert (granted, withdrawn) == (200, 403)


def test_after_a_removal_open_pages_end(door: Door, visit: Visits) -> None:
    visitor = visit()
    Portals(door.database).uninstall(the_portal(door).id)

    assert visitor.ask(TAB, FORM).status_code == 403


def test_a_token_of_another_portal_shows_that_portals_settings_only(door: Door, visit: Visits, portal: Portal) -> None:
    visitor = visit()
    change_settings(door.database, portal.id, user_id=1, remind_after_days=77)

    answer = visitor.ask(TAB)

    assert "77" not in answer.text


@pytest.mark.parametrize(
    ("placement", "name"),
    [("CRM_DEAL_DETAIL_TAB", "ID"), ("CRM_DEAL_DETAIL_TOOLBAR", "ID"), ("CRM_DEAL_DETAIL_TAB", "ENTITY_ID")],
)
def test_an_item_that_the_portal_does_not_show_to_the_person_opens_no_page(
    placement: str, name: str, visit: Visits, portal_sandbox: PortalSandbox
) -> None:
    hidden = portal_sandbox.create_item(DEAL_TYPE, {"TITLE": "Поставка"}) + 1000

    page = visit(placement=placement, options={name: str(hidden)}).page

    assert page.status_code == 403
    assert "не показывает" in page.text


@pytest.mark.parametrize("options", [{}, {"ID": "0"}, {"ID": "17 or 1=1"}, {"ID": ["17"]}, {"ID": "-1"}])
def test_a_placement_of_a_card_without_an_item_opens_no_page(options: dict, visit: Visits) -> None:
    page = visit(placement="CRM_DEAL_DETAIL_TAB", options=options).page

    assert page.status_code == 400


def test_the_fault_of_a_piece_is_a_piece_in_the_readers_language(
    visit: Visits, door: Door, local_app: LocalApp, portal_sandbox: PortalSandbox
) -> None:
    visitor = visit()
    visitor.token = visit().token

    answer = visitor.ask("app/nothing")

    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert "Этого здесь нет" in answer.text


def test_the_time_of_a_token_is_about_a_working_day() -> None:
    assert timedelta(hours=6) < timedelta(seconds=page_tokens.LIFE_SECONDS) < timedelta(hours=12)
