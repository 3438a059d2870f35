"""Pages of the portal for a person, and the host of an application's frame."""

import json
import re

import pytest
import requests

from tests.sandbox import portal_fixtures

handler, client = portal_fixtures.handler, portal_fixtures.client


def page(client, path: str) -> str:
    answer = requests.get(client.sandbox.first_url + path, timeout=10)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(("query", "word"), [("", "Сделки"), ("?lang=en", "Deals")])
def test_the_first_page_speaks_two_languages(client, query, word):
    assert word in page(client, "/" + query)


def test_the_first_page_shows_deals_workflows_and_robots(client, handler):
    client.register("step", handler.url + "/call")
    client.sandbox.start_workflow([{"log": "<b>строка журнала</b>"}, {"activity": "step", "name": "s1"}])

    text = page(client, "/")

    assert "Поставка оборудования" in text
    assert "&lt;b&gt;строка журнала" in text
    assert "<code>step</code>" in text


def test_a_deals_page_shows_its_timeline_with_files(client):
    fields = {"ENTITY_ID": 1, "ENTITY_TYPE": "deal", "COMMENT": "Подписано", "FILES": [["акт.pdf", "cGRm"]]}
    client.call("crm.timeline.comment.add", fields=fields)

    text = page(client, "/crm/deal/details/1/")

    link = re.search(r'href="(/disk/downloadFile/\d+/)">акт\.pdf', text)
    assert "Подписано" in text
    assert link
    assert requests.get(client.sandbox.first_url + link[1], timeout=10).content == b"pdf"


def test_a_person_starts_a_process_moves_the_deal_and_attaches_a_file(client):
    template = client.sandbox.save_template("Процесс", [{"log": "x"}])
    url = client.sandbox.first_url + "/crm/deal/details/1/"

    requests.post(url, data={"template": template}, timeout=10)
    requests.post(url, data={"stage": "WON"}, timeout=10)
    requests.post(url, data={"field": "UF_CRM_DOCUMENTS"}, files={"file": ("a.pdf", b"pdf")}, timeout=10)

    assert [found["state"] for found in client.sandbox.workflows()] == ["completed"]
    assert client.sandbox.item()["STAGE_ID"] == "WON"
    assert client.sandbox.files("UF_CRM_DOCUMENTS") == [("a.pdf", b"pdf")]


def test_the_page_of_an_application_has_a_session_named_by_portal_and_frame(client):
    text = page(client, f"/marketplace/app/{client.app.client_id}/")

    session = json.loads(re.search(r'id="session">(.*?)</script>', text, re.DOTALL)[1])
    domain = client.sandbox.portal()["domain"]
    assert session["name"] == f"{domain}|0|{session['sid']}"
    assert session["fields"]["PLACEMENT"] == "DEFAULT"
    assert session["init"]["INSTALL"] is False


def test_the_library_knows_what_an_installer_needs(client):
    text = page(client, "/api/v1/")

    for name in ("init", "install", "installFinish", "getAuth", "callMethod", "fitWindow", "resizeWindow"):
        assert f"{name}: function" in text


def test_what_is_framed_cannot_act_for_the_portal(portal_sandbox, handler):
    frame = portal_sandbox.frame(portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install"))
    url = f"{portal_sandbox.first_url}/_frame/{frame['sid']}/finish"

    answer = requests.post(url, headers={"Origin": handler.url}, timeout=10)

    assert answer.status_code == 403


def test_pages_in_frames_may_call_the_rest_interface_from_their_own_origin(portal_sandbox):
    url = portal_sandbox.first_url + "/rest/profile"

    asked = requests.options(url, timeout=10)

    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "content-type" in asked.headers["Access-Control-Allow-Headers"]
    assert portal_sandbox.requests("profile") == []


def test_finishing_from_a_frame_installs(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")
    frame = portal_sandbox.frame(app)

    answer = requests.post(f"{portal_sandbox.first_url}/_frame/{frame['sid']}/finish", timeout=10)

    assert answer.status_code == 200
    assert portal_sandbox.app(app)["is_installed"] is True


def test_people_who_are_no_administrators_see_that_the_installation_is_not_finished(portal_sandbox, handler):
    app = portal_sandbox.add_local_app(handler.url + "/app", handler.url + "/install")

    answer = requests.get(f"{portal_sandbox.first_url}/marketplace/app/{app.client_id}/?user_id=2", timeout=10)

    assert "ещё не установлено до конца" in answer.text


def test_there_is_nothing_at_addresses_without_a_portal(portal_sandbox):
    assert requests.get(portal_sandbox.urls["spare"] + "/", timeout=10).status_code == 404
