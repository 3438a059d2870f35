"""Installation on the sandbox portal: both kinds of applications, and everybody who only pretends."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
from sqlalchemy import func, select, text

import logs
from credentials import Token
from registry.portals import Portals
from registry.tables import Portal, PortalToken
from registry.tokens import PortalTokens
from sandbox.portal.driver import ADMIN, MANAGER, LocalApp, PortalSandbox
from tests.handlers.conftest import Door, wait_until

Form = Callable[..., dict[str, str]]
AddApp = Callable[..., LocalApp]


@pytest.fixture
def add_app(door: Door, portal_sandbox: PortalSandbox) -> AddApp:
    """Saves the card of our application on a portal, and starts us with its keys."""

    def add(*, api_only: bool = False, portal: str = "first") -> LocalApp:
        app = portal_sandbox.add_local_app(
            f"{door.url}/bitrix24/pages/app", f"{door.url}/bitrix24/install", api_only=api_only, portal=portal
        )
        keys = {"bitrix24_client_id": app.client_id, "bitrix24_client_secret": app.client_secret}
        door.opens_with(replace(door.config, bitrix24_oauth_urls=(portal_sandbox.auth_url,), **keys))
        return app

    return add


def portals(door: Door) -> list[Portal]:
    return Portals(door.database).all()


def installed(door: Door) -> bool:
    return [portal.status for portal in portals(door)] == ["installed"]


def register_jobs(door: Door) -> list[Any]:
    with door.database.session() as session:
        rows = session.execute(text("select queue_name, args from procrastinate_jobs where task_name = 'register'"))
        return [tuple(row) for row in rows]


def number_of_tokens(door: Door) -> int:
    with door.database.session() as session:
        return session.scalar(select(func.count()).select_from(PortalToken)) or 0


def status_of_call(door: Door, form: dict[str, str]) -> int:
    return requests.post(f"{door.url}/bitrix24/activities/diadoc_check_requisites", data=form, timeout=10).status_code


def genuine(call_form: Form, sandbox: PortalSandbox, app: LocalApp, **changes: Any) -> dict[str, str]:
    claims = {"auth[member_id]": sandbox.member_id(app.portal), "auth[application_token]": app.application_token}
    return call_form(**{**claims, **changes})


def test_an_administrator_installs_by_opening_the_page(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()

    page = portal_sandbox.install(app)

    assert page is not None
    assert (page.status, page.is_finished) == (200, True)
    (portal,) = portals(door)
    facts = portal_sandbox.portal()
    assert (portal.member_id, portal.client_endpoint) == (facts["member_id"], facts["client_endpoint"])
    assert (portal.status, portal.installer_user_id, portal.language) == ("installed", ADMIN, "ru")
    assert register_jobs(door) == [("clock", {"portal_id": portal.id})]


def test_the_token_that_was_stored_works(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    portal_sandbox.install(add_app())

    (portal,) = portals(door)
    client = door.services.connections.bitrix24(portal)

    assert client.profile().is_admin
    portal_sandbox.expire_tokens()
    assert client.profile().is_admin
    assert isinstance(PortalTokens(door.database, portal.id).read(), Token)


def test_the_page_may_be_framed_by_its_portal_alone(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    frame = portal_sandbox.frame(add_app())

    answer = requests.post(frame["url"], data=frame["fields"], timeout=10)

    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {portal_sandbox.first_url}" in policy
    assert "default-src 'none'" in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert 'src="https://api.bitrix24.com/api/v1/"' in answer.text


def test_a_setting_makes_the_portal_itself_serve_the_library(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()
    door.opens_with(replace(door.config, bitrix24_library_url="portal"))

    page = portal_sandbox.install(app)

    assert page is not None
    assert f'src="{portal_sandbox.first_url}/api/v1/"' in page.body


def test_an_application_without_pages_installs_by_event(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app(api_only=True)

    portal_sandbox.install(app)

    wait_until(lambda: installed(door))
    (portal,) = portals(door)
    assert portal.installer_user_id == ADMIN
    wait_until(lambda: len(register_jobs(door)) == 1)
    assert status_of_call(door, genuine(call_form, portal_sandbox, app)) == 200


def test_calls_are_taken_right_after_installation(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app()
    form = genuine(call_form, portal_sandbox, app)
    before = status_of_call(door, form)

    portal_sandbox.install(app)

    assert (before, status_of_call(door, form)) == (403, 200)


def test_we_ask_to_be_told_of_updates_and_removal(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    app = add_app()

    portal_sandbox.install(app)

    handlers = {(one["event"], one["handler"]) for one in portal_sandbox.app(app)["handlers"]}
    assert handlers == {(event, f"{door.url}/bitrix24/events") for event in ("ONAPPUPDATE", "ONAPPUNINSTALL")}


def test_nobody_but_an_administrator_installs(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    app = add_app()
    tokens = portal_sandbox.tokens(app, MANAGER)

    changes = {"AUTH_ID": tokens["access_token"], "REFRESH_ID": tokens["refresh_token"]}
    page = portal_sandbox.open_page(app, changes=changes)

    assert page.status == 403
    assert "администратор" in page.body
    assert "installFinish" not in page.body
    assert portals(door) == []


def test_an_installation_is_not_believed_without_a_genuine_token(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()

    page = portal_sandbox.open_page(app, changes={"AUTH_ID": "invented"})

    assert page.status == 403
    assert portals(door) == []


def test_a_token_of_one_portal_does_not_install_another(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()

    page = portal_sandbox.open_page(app, changes={"member_id": portal_sandbox.member_id("second")})

    assert page.status == 403
    assert portals(door) == []


def test_a_token_of_another_application_does_not_install_us(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    ours = add_app()
    other = portal_sandbox.add_local_app("https://other.example/", "https://other.example/install")
    theirs = portal_sandbox.frame(other)["fields"]

    page = portal_sandbox.open_page(ours, changes={"AUTH_ID": theirs["AUTH_ID"]})

    assert page.status == 403
    assert portals(door) == []


def test_a_token_is_shown_to_no_auth_server_but_ours(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()
    portal_sandbox.forget_requests()

    claims = [portal_sandbox.first_url + "/rest/", "http://127.0.0.9:1/rest/", "file:///etc/passwd", "//evil"]
    pages = [portal_sandbox.open_page(app, changes={"SERVER_ENDPOINT": claim}) for claim in claims]

    assert [page.status for page in pages] == [403] * len(claims)
    assert portal_sandbox.requests("app.info") == []
    assert portals(door) == []


def test_the_address_comes_from_the_auth_server_and_not_from_the_request(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app(api_only=True)
    tokens = portal_sandbox.tokens(app)
    portal_sandbox.do("install_api_only", portal="first", client_id=app.client_id, user_id=ADMIN)
    wait_until(lambda: installed(door))
    event = {
        "event": "ONAPPUPDATE",
        "data[VERSION]": "2",
        "auth[access_token]": tokens["access_token"],
        "auth[refresh_token]": tokens["refresh_token"],
        "auth[client_endpoint]": "https://evil.example/rest/",
        "auth[domain]": "evil.example",
        "auth[server_endpoint]": tokens["server_endpoint"],
        "auth[member_id]": tokens["member_id"],
        "auth[application_token]": app.application_token,
    }

    answer = requests.post(f"{door.url}/bitrix24/events", data=event, timeout=10)

    assert answer.status_code == 200
    assert portals(door)[0].client_endpoint == portal_sandbox.portal()["client_endpoint"]


def test_an_older_portal_tells_its_token_when_the_installation_ends(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    portal_sandbox.settings(older_portal=True)
    app = add_app()
    form = genuine(call_form, portal_sandbox, app)

    page = portal_sandbox.install(app, finish=False)
    statuses = [status_of_call(door, form)]
    statuses += [status_of_call(door, {**form, "auth[application_token]": token}) for token in ("", " ", "None")]
    portal_sandbox.finish_installation(app)

    assert page is not None
    assert page.status == 200
    assert statuses == [403, 403, 403, 403]
    wait_until(lambda: status_of_call(door, form) == 200)


def test_an_older_portal_that_installs_again_keeps_its_token(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app()
    portal_sandbox.install(app)
    portal_sandbox.settings(older_portal=True)

    page = portal_sandbox.open_page(app, url=f"{door.url}/bitrix24/install")

    assert page.status == 200
    assert status_of_call(door, genuine(call_form, portal_sandbox, app)) == 200


def test_installing_twice_is_installing_once(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    app = add_app()

    portal_sandbox.install(app)
    again = portal_sandbox.open_page(app, url=f"{door.url}/bitrix24/install")

    assert again.status == 200
    assert installed(door)
    assert number_of_tokens(door) == 1


def test_a_removal_forgets_the_tokens_and_a_new_installation_works(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app()
    portal_sandbox.install(app)

    portal_sandbox.uninstall(app)

    wait_until(lambda: [portal.status for portal in portals(door)] == ["uninstalled"])
    with door.database.session() as session:
        token = session.scalars(select(PortalToken)).one()
    assert (token.access_token_sealed, token.refresh_token_sealed) == ("", "")
    assert token.dead_since is not None

    portal_sandbox.install(app)

    assert installed(door)
    assert door.services.connections.bitrix24(portals(door)[0]).profile().is_admin
    assert status_of_call(door, genuine(call_form, portal_sandbox, app)) == 200


@pytest.mark.parametrize("token", ["another", "", None])
def test_a_forged_removal_changes_nothing(
    token: str | None, door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    portal_sandbox.install(add_app())
    event = {"event": "ONAPPUNINSTALL", "auth[member_id]": portal_sandbox.member_id(), "auth[domain]": "x"}
    if token is not None:
        event["auth[application_token]"] = token

    answer = requests.post(f"{door.url}/bitrix24/events", data=event, timeout=10)

    assert answer.status_code == 403
    assert installed(door)


def test_an_update_registers_again_and_brings_a_new_application_token(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app()
    portal_sandbox.install(app)
    jobs = len(register_jobs(door))

    card = portal_sandbox.update(app, new_token=True)

    wait_until(lambda: len(register_jobs(door)) == jobs + 1)
    new = genuine(call_form, portal_sandbox, app, **{"auth[application_token]": card["application_token"]})
    assert status_of_call(door, new) == 200
    assert status_of_call(door, genuine(call_form, portal_sandbox, app)) == 403
    listened = {"ONAPPUPDATE", "ONAPPUNINSTALL"}
    wait_until(lambda: {one["event"] for one in portal_sandbox.app(app)["handlers"]} == listened)


def test_an_application_token_does_not_change_without_proof(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, call_form: Form
) -> None:
    app = add_app()
    portal_sandbox.install(app)
    event = {
        "event": "ONAPPUPDATE",
        "auth[access_token]": "invented",
        "auth[refresh_token]": "invented",
        "auth[server_endpoint]": portal_sandbox.portal()["server_endpoint"],
        "auth[member_id]": portal_sandbox.member_id(),
        "auth[application_token]": "a new one",
    }

    answer = requests.post(f"{door.url}/bitrix24/events", data=event, timeout=10)

    assert answer.status_code == 403
    assert status_of_call(door, genuine(call_form, portal_sandbox, app)) == 200


def test_an_update_by_somebody_without_rights_still_registers_again(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()
    portal_sandbox.install(app)
    jobs = len(register_jobs(door))
    tokens = portal_sandbox.tokens(app, MANAGER)
    event = {
        "event": "ONAPPUPDATE",
        "auth[access_token]": tokens["access_token"],
        "auth[refresh_token]": tokens["refresh_token"],
        "auth[server_endpoint]": tokens["server_endpoint"],
        "auth[member_id]": tokens["member_id"],
        "auth[application_token]": app.application_token,
    }

    answer = requests.post(f"{door.url}/bitrix24/events", data=event, timeout=10)

    assert answer.status_code == 200
    assert len(register_jobs(door)) == jobs + 1
    assert portals(door)[0].installer_user_id == ADMIN


def test_an_install_event_outlives_an_auth_server_that_is_away(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app(api_only=True)
    portal_sandbox.fault("app.info", "status", status=502, times=-1)

    portal_sandbox.install(app)

    wait_until(lambda: list(door.config.inbox_dir.glob("*.event")))
    (file,) = door.config.inbox_dir.glob("*.event")
    assert app.application_token.encode() not in file.read_bytes()
    assert portals(door) == []

    portal_sandbox.clear_faults()

    wait_until(lambda: installed(door))
    wait_until(lambda: not list(door.config.inbox_dir.glob("*.event")))


def test_a_page_tells_that_the_auth_server_is_away(door: Door, add_app: AddApp, portal_sandbox: PortalSandbox) -> None:
    app = add_app()
    portal_sandbox.fault("app.info", "status", status=502, times=-1)

    page = portal_sandbox.install(app)

    assert page is not None
    assert page.status == 503
    assert "недоступен" in page.body
    assert portals(door) == []


@pytest.mark.parametrize("event", ["ONCRMDEALUPDATE", "ONAPPPAYMENT", "ONSOMETHINGNEW", "onapptest"])
def test_other_events_are_taken_and_ignored(
    event: str, door: Door, add_app: AddApp, portal_sandbox: PortalSandbox
) -> None:
    app = add_app()
    portal_sandbox.install(app)
    form = {
        "event": event,
        "data[FIELDS][ID]": "759",
        "auth[member_id]": portal_sandbox.member_id(),
        "auth[application_token]": app.application_token,
    }

    answer = requests.post(f"{door.url}/bitrix24/events", data=form, timeout=10)

    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize("body", ["", "event=", "event=ONAPPINSTALL", "event[a]=1&auth[b]=2", "auth" + "[a]" * 3000])
@pytest.mark.parametrize("path", ["/bitrix24/events", "/bitrix24/install"])
def test_odd_events_are_the_callers_fault(path: str, body: str, door: Door) -> None:
    answer = requests.post(
        door.url + path, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=10
    )

    assert 400 <= answer.status_code < 500
    assert portals(door) == []


def test_a_person_who_opens_the_address_is_told_where_to_go(door: Door) -> None:
    answer = requests.get(f"{door.url}/bitrix24/install", headers={"Accept-Language": "ru"}, timeout=10)

    assert answer.status_code == 200
    assert "Откройте меня в Битрикс24" in answer.text


def test_no_secret_of_an_installation_is_logged_or_shown(
    door: Door, add_app: AddApp, portal_sandbox: PortalSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up_logs("json")
    app = add_app()
    frame = portal_sandbox.frame(app)
    secrets = [frame["fields"][name] for name in ("AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN")]

    good = requests.post(frame["url"], data=frame["fields"], timeout=10)
    bad = requests.post(frame["url"], data={**frame["fields"], "member_id": "x"}, timeout=10)
    portal_sandbox.finish_installation(app)
    portal_sandbox.uninstall(app)
    written: list[str] = []
    wait_until(lambda: written.append(capsys.readouterr().err) or "portal uninstalled" in "".join(written))

    seen = "".join(written) + good.text + bad.text
    assert "portal installed" in seen
    assert "portal uninstalled" in seen
    assert [secret for secret in [*secrets, app.client_secret] if secret in seen] == []
