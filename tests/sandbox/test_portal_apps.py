"""Installing, updating and removing applications; events and placements."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.portal.driver import MANAGER, PortalSandbox
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import client_of, installed_app

handler, client = portal_fixtures.handler, portal_fixtures.client
OLD_FIELDS = {"AUTH_ID", "AUTH_EXPIRES", "REFRESH_ID", "member_id", "status", "PLACEMENT", "PLACEMENT_OPTIONS"}
NEW_FIELDS = {"SERVER_ENDPOINT", "APPLICATION_TOKEN", "APPLICATION_SCOPE"}


def test_the_installer_page_gets_what_a_frame_gets(portal_sandbox: PortalSandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install", scopes=["crm", "bizproc"])

    page = portal_sandbox.install(app)

    received = handler.at("/install")[0]
    query = parse_qs(urlsplit(received.path).query)
    assert page.is_finished
    assert set(received.form) == OLD_FIELDS | NEW_FIELDS
    assert set(query) == {"DOMAIN", "PROTOCOL", "LANG", "APP_SID"}
    assert query["PROTOCOL"] == ["0"]
    assert len(query["APP_SID"][0]) == 32
    assert received.form["APPLICATION_TOKEN"] == app.application_token
    assert received.form["APPLICATION_SCOPE"] == "crm,bizproc"
    assert received.form["PLACEMENT"] == "DEFAULT"
    assert received.form["member_id"] == portal_sandbox.member_id()


def test_an_older_portal_leaves_recent_fields_out(portal_sandbox, handler):
    portal_sandbox.settings(older_portal=True)

    installed_app(portal_sandbox, handler)

    assert set(handler.at("/install")[0].form) == OLD_FIELDS


def test_before_the_installation_is_finished_nothing_is_delivered(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")
    portal_sandbox.install(app, finish=False)
    client = client_of(portal_sandbox, app)
    client.call("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")
    client.call("placement.bind", PLACEMENT="CRM_DEAL_DETAIL_TAB", HANDLER=handler.url + "/tab")

    assert client.call("app.info")["INSTALLED"] is False
    client.call("crm.item.update", entityTypeId=2, id=1, fields={"title": "a"})
    assert portal_sandbox.deliveries() == []
    with pytest.raises(RuntimeError, match="before the installation is finished"):
        portal_sandbox.open_page(app, placement="CRM_DEAL_DETAIL_TAB", url=handler.url + "/tab")

    portal_sandbox.finish_installation(app)
    client.call("crm.item.update", entityTypeId=2, id=1, fields={"title": "b"})
    assert client.call("app.info")["INSTALLED"] is True
    assert len(handler.wait("/event")) == 1


def test_an_unfinished_application_is_closed_to_everybody_but_administrators(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")

    with pytest.raises(RuntimeError, match="not installed completely"):
        portal_sandbox.open_page(app, MANAGER)


def test_finishing_tells_whoever_listens_to_the_installation(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")
    portal_sandbox.install(app, finish=False)
    client_of(portal_sandbox, app).call("event.bind", event="OnAppInstall", handler=handler.url + "/event")

    portal_sandbox.finish_installation(app)

    form = handler.wait("/event")[0].form
    assert (form["event"], form["data[INSTALLED]"]) == ("ONAPPINSTALL", "Y")


def test_after_the_installation_the_application_itself_opens(client, handler):
    client.sandbox.open_page(client.app, MANAGER)

    assert handler.at("/app")[0].form["AUTH_ID"] != client.tokens["access_token"]


def test_an_application_without_pages_is_installed_by_an_event(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/event", api_only=True)

    assert portal_sandbox.install(app) is None

    received = handler.wait("/event")[0]
    form = received.form
    assert form["event"] == "ONAPPINSTALL"
    assert received.headers["User-Agent"] == "Bitrix24 Webhook Engine"
    assert form["data[VERSION]"] == "1"
    assert form["auth[application_token]"] == app.application_token
    assert form["auth[client_endpoint]"] == portal_sandbox.urls["first"] + "/rest/"
    assert form["auth[refresh_token]"]
    assert client_of(portal_sandbox, app).call("app.info")["INSTALLED"] is True


def test_scopes_of_an_installation_may_be_separated_by_spaces(portal_sandbox, handler):
    portal_sandbox.settings(install_scope_separator=" ")
    app = portal_sandbox.add_local_app(handler.url, handler.url + "/event", api_only=True, scopes=["crm", "im"])

    portal_sandbox.install(app)

    assert handler.wait("/event")[0].form["auth[scope]"] == "crm im"


def test_a_new_version_drops_everything_the_old_one_bound(client, handler):
    client.register("step", handler.url + "/call")
    client.call("event.bind", event="ONAPPUPDATE", handler=handler.url + "/event")
    client.call("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")
    client.call("placement.bind", PLACEMENT="CRM_DEAL_DETAIL_TAB", HANDLER=handler.url + "/tab")

    client.sandbox.update(client.app)

    form = handler.wait("/event")[0].form
    assert (form["event"], form["data[VERSION]"], form["data[PREVIOUS_VERSION]"]) == ("ONAPPUPDATE", "2", "1")
    assert form["auth[application_token]"] == client.app.application_token
    assert form["auth[refresh_token]"]
    assert client.call("bizproc.robot.list") == []
    assert client.call("event.get") == []
    assert client.call("placement.get") == []


def test_an_update_may_bring_another_application_token(client, handler):
    client.call("event.bind", event="ONAPPUPDATE", handler=handler.url + "/event")

    card = client.sandbox.update(client.app, new_token=True)

    assert handler.wait("/event")[0].form["auth[application_token]"] == card["application_token"]
    assert card["application_token"] != client.app.application_token


def test_a_removal_revokes_access_and_carries_no_tokens(client, handler):
    client.call("event.bind", event="ONAPPUNINSTALL", handler=handler.url + "/event")

    client.sandbox.uninstall(client.app)

    form = handler.wait("/event")[0].form
    auth = {"domain", "client_endpoint", "server_endpoint", "member_id", "application_token"}
    assert {name for name in form if name.startswith("auth")} == {f"auth[{name}]" for name in auth}
    assert form["data[CLEAN]"] == "1"
    assert client.refusal("profile")[0] == 401


def test_the_application_token_survives_versions_and_reinstallation(client, handler):
    client.sandbox.update(client.app)
    client.sandbox.uninstall(client.app)

    client.sandbox.install(client.app)

    assert handler.at("/install")[-1].form["APPLICATION_TOKEN"] == client.app.application_token


def test_a_deal_change_is_told_with_its_number_and_the_users_token(client, handler):
    client.call("event.bind", event="OnCrmDealUpdate", handler=handler.url + "/event")

    client.call("crm.item.update", entityTypeId=2, id=1, fields={"title": "Новое имя"})

    form = handler.wait("/event")[0].form
    assert (form["event"], form["data[FIELDS][ID]"], form["auth[user_id]"]) == ("ONCRMDEALUPDATE", "1", "1")
    assert "auth[refresh_token]" not in form


def test_saving_nothing_new_tells_nobody(client, handler):
    client.call("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")
    same = client.call("crm.item.get", entityTypeId=2, id=1)["item"]["title"]

    client.call("crm.item.update", entityTypeId=2, id=1, fields={"title": same})

    assert client.sandbox.deliveries("ONCRMDEALUPDATE") == []


def test_items_of_a_smart_process_are_told_with_their_type(client, handler):
    client.call("event.bind", event="ONCRMDYNAMICITEMUPDATE", handler=handler.url + "/all")
    client.call("event.bind", event="ONCRMDYNAMICITEMUPDATE_1220", handler=handler.url + "/own")

    client.call("crm.item.update", entityTypeId=1220, id=1, fields={"title": "x"})

    assert handler.wait("/all")[0].form["data[FIELDS][ENTITY_TYPE_ID]"] == "1220"
    assert handler.wait("/own")[0].form["event"] == "ONCRMDYNAMICITEMUPDATE_1220"


def test_what_a_workflow_changes_is_told_without_tokens(client, handler):
    client.call("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")

    client.sandbox.start_workflow([{"set_field": {"TITLE": "Из процесса"}}])

    form = handler.wait("/event")[0].form
    assert "auth[access_token]" not in form
    assert form["auth[application_token]"] == client.app.application_token


def test_a_handler_is_bound_once(client, handler):
    client.call("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")

    status, code, text = client.refusal("event.bind", event="ONCRMDEALUPDATE", handler=handler.url + "/event")

    assert (status, code) == (400, "ERROR_CORE")
    assert "Handler already binded" in text
    assert client.call("event.unbind", event="ONCRMDEALUPDATE", handler=handler.url + "/event") == {"count": 1}
    assert client.call("event.get") == []


def test_placements_refuse_what_they_do_not_know(client, handler):
    known = {"PLACEMENT": "CRM_DEAL_DETAIL_TAB", "HANDLER": handler.url + "/tab", "TITLE": "ЭДО"}
    assert client.refusal("placement.bind", **{**known, "PLACEMENT": "NO"})[1] == "ERROR_PLACEMENT_NOT_FOUND"
    assert client.refusal("placement.bind", **{**known, "HANDLER": ""})[1] == "EMPTY_ERROR_HANDLER_URL"
    assert client.refusal("placement.bind", **{**known, "HANDLER": "ftp://a.b"})[1] == "ERROR_UNSUPPORTED_PROTOCOL"
    dialog = "BIZPROC_ACTIVITY_PROPERTIES_DIALOG"
    assert client.refusal("placement.bind", **{**known, "PLACEMENT": dialog})[1] == "ERROR_PLACEMENT_NOT_FOUND"

    assert client.call("placement.bind", **known) is True

    assert "Handler already binded" in client.refusal("placement.bind", **known)[2]
    assert client.call("placement.get")[0]["title"] == "ЭДО"
    assert "CRM_DYNAMIC_1220_DETAIL_TAB" in client.call("placement.list")
    assert client.call("placement.unbind", PLACEMENT="CRM_DEAL_DETAIL_TAB") == {"count": 1}


def test_only_administrators_bind_placements(client, handler):
    manager = client_of(client.sandbox, client.app, MANAGER)

    answer = manager.refusal("placement.bind", PLACEMENT="LEFT_MENU", HANDLER=handler.url)

    assert answer == (403, "ACCESS_DENIED", "Access denied!")


def test_a_tab_is_opened_with_the_deals_number(client, handler):
    client.call("placement.bind", PLACEMENT="CRM_DEAL_DETAIL_TAB", HANDLER=handler.url + "/tab")

    client.sandbox.open_page(
        client.app, MANAGER, "CRM_DEAL_DETAIL_TAB", {"ID": "1", "URI": "/crm/deal/details/1/"}, handler.url + "/tab"
    )

    form = handler.at("/tab")[0].form
    assert form["PLACEMENT"] == "CRM_DEAL_DETAIL_TAB"
    assert json.loads(form["PLACEMENT_OPTIONS"])["ID"] == "1"
