"""Calls of robots and activities: taken once, refused with the right status, never a 500."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import select, text

import handlers.activities
import logs
from config import Config
from handlers import Services
from handlers.bodies import MAX_BYTES
from registry.database import Database
from registry.portals import Portals
from registry.tables import Call, Portal
from tests.handlers.conftest import services_of

URL = "/bitrix24/activities/diadoc_check_requisites"
FORM = "application/x-www-form-urlencoded"
Form = Callable[..., dict[str, str]]
MakeApp = Callable[[Services], Flask]


def calls(database: Database) -> list[Call]:
    with database.session() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))


def jobs(database: Database) -> list[tuple[Any, ...]]:
    with database.session() as session:
        return [
            tuple(row) for row in session.execute(text("select queue_name, task_name, args from procrastinate_jobs"))
        ]


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("b24edo_calls_received_total", {"outcome": outcome}) or 0.0


def test_a_call_is_remembered_with_its_job(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answer = client.post(URL, data=call_form())

    assert (answer.status_code, answer.text) == (200, "ok")
    (call,) = calls(database)
    assert (call.portal_id, call.code, call.state, call.user_id) == (portal.id, "diadoc_check_requisites", "new", 5)
    assert call.workflow_document_id == ["crm", "CCrmDocumentDeal", "DEAL_17"]
    assert call.properties == {"inn": "7707083893"}
    assert call.wants_answer
    assert jobs(database) == [("calls", "execute", {"call_id": call.id})]


def test_the_event_token_is_kept_sealed(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    client.post(URL, data=call_form())

    (call,) = calls(database)
    assert "secret-event-token" not in call.event_token_sealed
    assert database.keyring.open(call.event_token_sealed).endswith("secret-event-token")


def test_a_repeated_call_is_taken_and_changes_nothing(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    before = counted("repeat")

    answers = [client.post(URL, data=call_form()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(calls(database)) == 1
    assert len(jobs(database)) == 1
    assert counted("repeat") == before + 2


@pytest.mark.parametrize("code", ["diadoc_check_requisites_activity", "Diadoc_Check_Requisites"])
def test_the_code_of_the_other_kind_is_the_same_activity(
    code: str, client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answer = client.post(URL, data=call_form(code=code))

    assert answer.status_code == 200
    assert calls(database)[0].code == "diadoc_check_requisites"


def test_a_call_may_come_as_json(client: FlaskClient, portal: Portal, database: Database) -> None:
    body = {
        "code": "diadoc_check_requisites",
        "event_token": "w|A1|t",
        "document_id": ["crm", "CCrmDocumentDeal", "DEAL_17"],
        "properties": {"inn": "7707083893"},
        "use_subscription": "N",
        "auth": {"member_id": portal.member_id, "application_token": "application-token"},
    }

    answer = client.post(URL, json=body)

    assert answer.status_code == 200
    assert not calls(database)[0].wants_answer


def test_a_call_without_optional_fields_is_taken(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    optional = ["workflow_id", "properties[inn]", "use_subscription", "timeout_duration", "ts", "auth[user_id]"]
    optional += [f"document_type[{number}]" for number in range(3)]

    answer = client.post(URL, data=call_form(**dict.fromkeys(optional)))

    assert answer.status_code == 200
    assert (calls(database)[0].properties, calls(database)[0].step_limit_at) == ({}, None)


def test_an_activity_that_does_not_wait_has_an_hour(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    client.post(URL, data=call_form())

    (call,) = calls(database)
    assert call.deadline_at - call.received_at == timedelta(hours=1)


def test_the_limit_of_the_step_makes_the_deadline_earlier(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    form = call_form(code="diadoc_wait", timeout_duration="600", ts=str(int(now.timestamp())))

    client.post("/bitrix24/activities/diadoc_wait", data=form)

    (call,) = calls(database)
    assert call.step_limit_at == call.deadline_at == now + timedelta(seconds=540)


def test_an_absurd_limit_of_the_step_is_taken(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answer = client.post(URL, data=call_form(timeout_duration="999999999999999"))

    assert answer.status_code == 200
    assert len(calls(database)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"auth[application_token]": "another"},
        {"auth[application_token]": ""},
        {"auth[application_token]": None},
        {"auth[member_id]": "ffffffffffffffffffffffffffffffff"},
    ],
)
def test_a_forged_call_is_refused(
    changes: dict[str, Any], client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    before = counted("forged")

    answer = client.post(URL, data=call_form(**changes))

    assert answer.status_code == 403
    assert calls(database) == []
    assert counted("forged") == before + 1


@pytest.mark.parametrize("code", ["diadoc_unknown", "x" * 3000, "%D0%B6", "..%2f..%2fhealthz"])
def test_an_unknown_code_is_not_found(
    code: str, client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answer = client.post(f"/bitrix24/activities/{code}", data=call_form(code="diadoc_unknown"))

    assert answer.status_code == 404
    assert calls(database) == []


def test_another_activity_in_the_body_than_in_the_address_is_refused(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answer = client.post(URL, data=call_form(code="diadoc_wait"))

    assert answer.status_code == 400
    assert calls(database) == []


@pytest.mark.parametrize(
    "field", ["code", "event_token", "document_id[0]", "document_id[2]", "auth[member_id]", "auth[application_token]"]
)
def test_a_call_without_a_required_field_is_refused(
    field: str, client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    answers = [client.post(URL, data=call_form(**{field: missing})) for missing in (None, "")]

    assert {answer.status_code // 100 for answer in answers} == {4}
    assert calls(database) == []


ODD_BODIES = {
    "nothing": b"",
    "no form": b"\x00\xff\xfe\x01 garbage",
    "broken brackets": b"auth[member_id=1&]]]]=2&[=3&=4&&&==&a[b]c[d=5",
    "nested deeply": ("a" + "[x]" * 3000 + "=1").encode(),
    "many values": "&".join(f"properties[p{number}]=1" for number in range(6000)).encode(),
    "many repeats": b"&".join([b"event_token=x"] * 6000),
    "no utf-8": b"code=%FF%FE&event_token=\xff\xfe&document_id[0]=%C3%28",
    "halves of surrogates": b"code=%ED%A0%80&event_token=%ED%B0%80",
    "nul": b"code=%00&event_token=%00&auth[member_id]=%00",
    "a scalar for auth": b"auth=1&code=x&event_token=y",
    "a list for auth": b"auth[0]=1&auth[1]=2&code=x&event_token=y",
    "a map for the code": b"code[a]=1&event_token[b]=2&auth[member_id][c]=3",
    "a broken percent": b"code=%&event_token=%zz%1",
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_an_odd_body_is_the_callers_fault(body: bytes, client: FlaskClient, portal: Portal, database: Database) -> None:
    answer = client.post(URL, data=body, content_type=FORM)

    assert 400 <= answer.status_code < 500
    assert calls(database) == []


ODD_JSON = {
    "not json": b"{",
    "a list": b"[1, 2]",
    "a scalar": b"7",
    "nested deeply": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "infinity": b'{"code": Infinity, "auth": NaN}',
    "a huge number": b'{"code": 1' + b"0" * 5000 + b"}",
    "null fields": b'{"code": null, "auth": {"member_id": null}}',
}


@pytest.mark.parametrize("body", ODD_JSON.values(), ids=ODD_JSON.keys())
def test_odd_json_is_the_callers_fault(body: bytes, client: FlaskClient, portal: Portal, database: Database) -> None:
    answer = client.post(URL, data=body, content_type="application/json")

    assert 400 <= answer.status_code < 500
    assert calls(database) == []


@pytest.mark.parametrize(
    "value",
    ["\x00a\x00", "ж" * 5000, "\ud800".encode("utf-8", "surrogatepass"), b"\xff\xfe", "a]b[c&=", "'; drop table call"],
)
def test_odd_values_of_a_genuine_call_are_kept(
    value: str | bytes, client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    body = urlencode({**call_form(), "properties[inn]": value})

    answer = client.post(URL, data=body, content_type=FORM)

    assert answer.status_code == 200
    assert set(calls(database)[0].properties) == {"inn"}


def test_of_a_repeated_key_the_last_one_counts(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    body = urlencode(call_form()) + "&properties[inn]=1&properties[inn]=2"

    client.post(URL, data=body, content_type=FORM)

    assert calls(database)[0].properties == {"inn": "2"}


def test_a_body_over_the_limit_is_too_large(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    before = counted("too_large")

    answer = client.post(URL, data=call_form(**{"properties[inn]": "x" * MAX_BYTES}))

    assert answer.status_code == 413
    assert calls(database) == []
    assert counted("too_large") == before + 1


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/xml", "image/png", "x/y; \x00"])
def test_another_kind_of_body_is_refused(
    content_type: str, client: FlaskClient, portal: Portal, call_form: Form
) -> None:
    answer = client.post(URL, data=urlencode(call_form()), content_type=content_type)

    assert answer.status_code == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method_is_not_allowed(method: str, client: FlaskClient, call_form: Form) -> None:
    answer = client.open(URL, method=method, data=call_form())

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_calls_come_only_from_allowed_networks(
    config: Config, database: Database, portal: Portal, call_form: Form, make_app: MakeApp
) -> None:
    config = replace(config, allowed_networks=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")))
    client = make_app(services_of(config, database)).test_client()

    def status_from(address: str) -> int:
        return client.post(URL, data=call_form(), environ_base={"REMOTE_ADDR": address}).status_code

    assert [status_from(address) for address in ("192.0.2.7", "2001:db8::1", "::ffff:192.0.2.9")] == [200, 200, 200]
    assert [status_from(address) for address in ("192.0.3.1", "127.0.0.1", "")] == [403, 403, 403]


def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(
    config: Config, database: Database, portal: Portal, call_form: Form, make_app: MakeApp
) -> None:
    allowed = replace(config, allowed_networks=(ip_network("192.0.2.0/24"),))
    statuses = []
    for proxies in (0, 1):
        client = make_app(services_of(replace(allowed, trusted_proxies=proxies), database)).test_client()
        answer = client.post(URL, data=call_form(), headers={"X-Forwarded-For": "192.0.2.7"})
        statuses.append(answer.status_code)

    assert statuses == [403, 200]


def test_a_portal_that_left_can_still_be_heard(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    Portals(database).uninstall(portal.id)

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 200


def test_a_known_portal_is_verified_from_memory(
    client: FlaskClient, services: Services, portal: Portal, call_form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.known_portals.warm_up()
    asked: list[str] = []
    monkeypatch.setattr(Portals, "by_member_id", lambda self, member_id: asked.append(member_id))

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 200
    assert asked == []


def test_a_fault_of_ours_is_no_500_and_raises_the_alarm(
    client: FlaskClient, portal: Portal, call_form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(handlers.activities, "new_call", break_down)
    lost = REGISTRY.get_sample_value("b24edo_calls_lost_total") or 0.0

    answer = client.post(URL, data=call_form())

    assert answer.status_code == 503
    assert REGISTRY.get_sample_value("b24edo_calls_lost_total") == lost + 1


def test_a_clock_far_ahead_on_the_portal_does_not_matter(
    client: FlaskClient, portal: Portal, database: Database, call_form: Form
) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
        client.post(URL, data=call_form(ts="32503679999", timeout_duration="600"))

    (call,) = calls(database)
    assert call.step_limit_at == datetime(2026, 11, 21, 12, 9, tzinfo=UTC)


def test_no_secret_of_a_call_is_logged(
    client: FlaskClient, portal: Portal, call_form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up_logs("json", logging.DEBUG)
    client.post(URL, data=call_form())
    client.post(URL, data=call_form(**{"auth[application_token]": "secret-wrong-token"}))
    client.post(URL, data=call_form(event_token=None))
    client.post(URL, data=json.dumps(call_form()), content_type="application/json")

    written = capsys.readouterr().err
    assert "call taken" in written
    assert "call refused" in written
    assert "secret-" not in written
    assert "application-token" not in written
