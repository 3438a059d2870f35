"""The workflow engine: what a call carries, how an answer reaches its step, branches, timeouts, robots of stages."""

import re
from typing import Any

import pytest

from sandbox.portal.driver import DEAL_DOCUMENT, DEAL_TYPE, DISMISSED, SMART_DOCUMENT, PortalSandbox
from sandbox.portal.phpform import parse
from tests.sandbox import portal_fixtures
from tests.sandbox.portal_handler import Client, Handler, client_of

handler, client = portal_fixtures.handler, portal_fixtures.client

ALL_TYPES = ("bool", "date", "datetime", "double", "int", "select", "string", "text", "user", "file")
OUTPUTS = {
    "outcome": {"Name": "Исход", "Type": "string"},
    "count": {"Name": "Число", "Type": "int"},
    "at": {"Name": "Когда", "Type": "datetime"},
    "flags": {"Name": "Признаки", "Type": "bool", "Multiple": "Y"},
}
TOKEN = re.compile(r"[0-9a-f]{14}\.\d{8}\|\w+\|[0-9a-f]{32}\.[0-9a-f]{64}")


def called(handler: Handler, count: int = 1) -> dict[str, Any]:
    """The body of the count-th call that came in."""
    return parse(handler.wait("/call", count)[count - 1].form.items())


def wait_waiting(sandbox: PortalSandbox, workflow_id: str) -> dict[str, Any]:
    return sandbox.wait_for(lambda: sandbox.workflow(workflow_id), lambda found: bool(found["waiting"]), 10)


def run_step(client: Client, handler: Handler, **step: Any) -> tuple[str, dict[str, Any]]:
    """Start a workflow of one step of the code "step"; its id and the body of the call."""
    before = len(handler.at("/call"))
    workflow_id = client.sandbox.start_workflow([{"activity": "step", "name": "s1", **step}])
    return workflow_id, called(handler, before + 1)


def test_a_call_carries_everything_the_handler_needs(client, handler):
    client.register("step", handler.url + "/call", PROPERTIES={"text": {"Name": "Текст"}})

    workflow_id, body = run_step(client, handler, properties={"text": "Привет\nмир"}, timeout_seconds=90)

    received = handler.at("/call")[0]
    assert received.headers["User-Agent"] == "Bitrix24 Webhook Engine"
    assert received.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert body["workflow_id"] == workflow_id
    assert (body["code"], body["use_subscription"], body["timeout_duration"]) == ("step", "Y", "90")
    assert body["document_id"] == DEAL_DOCUMENT
    assert body["document_type"] == ["crm", "CCrmDocumentDeal", "DEAL"]
    assert TOKEN.fullmatch(body["event_token"])
    assert body["properties"] == {"text": "Привет\nмир"}
    assert set(body["auth"]) == {
        *("access_token", "refresh_token", "expires", "expires_in", "scope", "domain", "server_endpoint"),
        *("client_endpoint", "status", "member_id", "user_id", "application_token"),
    }
    assert body["auth"]["domain"] == client.sandbox.portal()["domain"]


def test_a_step_without_properties_sends_none(client, handler):
    client.register("step", handler.url + "/call")

    assert "properties" not in run_step(client, handler)[1]


def test_values_are_printed_as_the_site_prints_them(client, handler):
    client.register(
        "step", handler.url + "/call", PROPERTIES={name: {"Name": name, "Type": name} for name in ALL_TYPES}
    )
    file_id = client.sandbox.put_file("UF_CRM_CONTRACT_FILE", "a.pdf", b"%PDF")
    given = {
        "bool": True,
        "date": "2026-08-21",
        "datetime": "2026-08-21T14:30:00+03:00",
        "double": "1 234.50",
        "int": "12.9",
        "select": "upd",
        "string": "{=Document:OPPORTUNITY}",
        "text": "Сделка {=Document:TITLE}, {=Document:ASSIGNED_BY_ID}",
        "user": "{=Document:ASSIGNED_BY_ID}",
        "file": "{=Document:UF_CRM_CONTRACT_FILE}",
    }

    assert run_step(client, handler, properties=given)[1]["properties"] == {
        "bool": "Y",
        "date": "21.08.2026",
        "datetime": "21.08.2026 14:30:00",
        "double": "1234.5",
        "int": "12",
        "select": "upd",
        "string": "120000",
        "text": "Сделка Поставка оборудования, user_2",
        "user": "user_2",
        "file": str(file_id),
    }


def test_nothing_is_an_empty_text_and_empty_lists_are_missing(client, handler):
    properties = {name: {"Name": name, "Type": name} for name in ALL_TYPES}
    properties["many"] = {"Name": "many", "Type": "string", "Multiple": "Y"}
    client.register("step", handler.url + "/call", PROPERTIES=properties)

    given = {"date": "{=Document:CLOSEDATE}", "many": "{=Document:UF_CRM_DOCUMENTS}", "int": "no number"}
    body = run_step(client, handler, properties=given)[1]

    assert body["properties"] == dict.fromkeys(ALL_TYPES, "")


def test_multiple_values_keep_their_order(client, handler):
    users = {"who": {"Name": "who", "Type": "user", "Multiple": "Y"}}
    client.register("step", handler.url + "/call", PROPERTIES=users)

    body = run_step(client, handler, properties={"who": [4, "{=Document:ASSIGNED_BY_ID}"]})[1]

    assert body["properties"] == {"who": ["user_4", "user_2"]}


def test_newer_portals_append_the_offset_to_times(client, handler):
    client.sandbox.settings(datetime_offset_suffix=True)
    client.register("step", handler.url + "/call", PROPERTIES={"at": {"Name": "at", "Type": "datetime"}})

    body = run_step(client, handler, properties={"at": "2026-08-21T14:30:00+03:00"})[1]

    assert body["properties"] == {"at": "21.08.2026 14:30:00 [10800]"}


def test_defaults_fill_what_the_template_leaves_out(client, handler):
    properties = {"kind": {"Name": "kind", "Type": "select", "Options": {"a": "A"}, "Default": "a"}}
    client.register("step", handler.url + "/call", PROPERTIES=properties)

    assert run_step(client, handler)[1]["properties"] == {"kind": "a"}


def test_an_answer_closes_the_step_and_gives_typed_values(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)

    values = {"OUTCOME": "success", "count": "7", "at": "2026-08-21T14:30:00+03:00", "flags": ["Y", "0"], "alien": 1}
    assert client.answer(body["event_token"], **values) is True

    found = client.sandbox.wait_workflow(workflow_id)
    assert found["state"] == "completed"
    assert found["outputs"]["s1"] == {
        **{"outcome": "success", "count": 7, "at": "2026-08-21T14:30:00+03:00", "flags": ["Y", "N"], "IsTimeout": 0}
    }


def test_an_answer_without_values_closes_the_step_too(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)

    client.call("bizproc.event.send", EVENT_TOKEN=body["event_token"], LOG_MESSAGE="Готово")

    found = client.sandbox.wait_workflow(workflow_id)
    assert found["outputs"]["s1"] == {"IsTimeout": 0}
    assert "Готово" in [line["text"] for line in found["journal"]]


@pytest.mark.parametrize("value", ["", 0, "0", False, []])
def test_false_values_are_kept_as_they_came(client, handler, value):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)

    client.answer(body["event_token"], count=value)

    assert client.sandbox.wait_workflow(workflow_id)["outputs"]["s1"]["count"] == value


def test_a_second_answer_changes_nothing_and_is_remembered(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)
    client.answer(body["event_token"], outcome="first")
    client.sandbox.wait_workflow(workflow_id)

    assert client.answer(body["event_token"], outcome="second") is True

    found = client.sandbox.wait_for(
        lambda: client.sandbox.workflow(workflow_id), lambda workflow: len(workflow["answers"]) == 2, 10
    )
    assert found["outputs"]["s1"]["outcome"] == "first"
    assert [answer["applied"] for answer in found["answers"]] == [True, False]


@pytest.mark.parametrize("token", ["", "made up", "a|b|c.0000", "6ab.1|A1|32.ffff"])
def test_only_the_signature_of_a_token_counts(client, token):
    answer = client.refusal("bizproc.event.send", event_token=token, return_values={})

    assert answer == (403, "ACCESS_DENIED", "Access denied!")


def test_any_user_may_answer(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)

    client_of(client.sandbox, client.app, 2).answer(body["event_token"], outcome="ok")

    assert client.sandbox.wait_workflow(workflow_id)["outputs"]["s1"]["outcome"] == "ok"


def test_a_step_that_does_not_wait_goes_on_and_has_a_token_all_the_same(client, handler):
    client.register("step", handler.url + "/call", USE_SUBSCRIPTION="N")

    workflow_id, body = run_step(client, handler)

    assert body["use_subscription"] == "N"
    assert TOKEN.fullmatch(body["event_token"])
    assert client.sandbox.wait_workflow(workflow_id)["state"] == "completed"
    assert client.answer(body["event_token"]) is True


@pytest.mark.parametrize(
    ("usual", "step", "waits"),
    [("Y", {}, "Y"), ("N", {}, "N"), ("N", {"wait": True}, "Y"), ("Y", {"wait": False}, "N")],
)
def test_without_use_subscription_the_author_or_the_portal_decides(client, handler, usual, step, waits):
    client.sandbox.settings(subscription_when_omitted=usual)
    client.register("step", handler.url + "/call", USE_SUBSCRIPTION="")

    assert run_step(client, handler, **step)[1]["use_subscription"] == waits


def test_what_waits_too_long_goes_on_with_a_flag(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)

    workflow_id = client.sandbox.start_workflow(
        [
            {"activity": "step", "name": "s1", "timeout_seconds": 0.2},
            {"if": {"left": "{=s1:IsTimeout}", "is": 1}, "then": [{"log": "late"}], "else": [{"log": "in time"}]},
        ]
    )

    found = client.sandbox.wait_workflow(workflow_id)
    assert found["outputs"]["s1"] == {"IsTimeout": 1}
    assert "late" in [line["text"] for line in found["journal"]]
    token = called(handler)["event_token"]
    assert client.answer(token, outcome="too late") is True
    client.sandbox.wait_for(
        lambda: client.sandbox.workflow(workflow_id)["answers"],
        lambda told: [one["applied"] for one in told] == [False],
        10,
    )


@pytest.mark.parametrize(("outcome", "branch"), [("success", "then"), ("refused", "else"), ("", "else")])
def test_a_workflow_branches_on_what_came_back(client, handler, outcome, branch):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id = client.sandbox.start_workflow(
        [
            {"activity": "step", "name": "s1"},
            {
                "if": {"left": "{=s1:outcome}", "is": "success"},
                "then": [{"set": {"Branch": "then"}}],
                "else": [{"set": {"Branch": "else"}}],
            },
            {"set_field": {"TITLE": "Итог: {=Variable:Branch} {=s1:outcome}"}},
            {"move_stage": "WON"},
        ]
    )

    client.answer(called(handler)["event_token"], outcome=outcome)

    assert client.sandbox.wait_workflow(workflow_id)["variables"] == {"Branch": branch}
    assert client.sandbox.item()["TITLE"] == f"Итог: {branch} {outcome}"
    assert client.sandbox.item()["STAGE_ID"] == "WON"


def test_every_pass_of_a_loop_has_a_token_of_its_own(client, handler):
    client.register("step", handler.url + "/call")
    workflow_id = client.sandbox.start_workflow([{"repeat": 2, "do": [{"activity": "step", "name": "s1"}]}])

    first = called(handler)["event_token"]
    client.answer(first)
    second = called(handler, 2)["event_token"]
    client.answer(second)

    assert first != second
    assert client.sandbox.wait_workflow(workflow_id)["passes"] == {"s1": 2}


@pytest.mark.parametrize(("mode", "seen"), [("every_pass", ["", ""]), ("second_pass", ["5", ""])])
def test_an_id_that_is_property_and_output_is_emptied(client, handler, mode, seen):
    client.sandbox.settings(shared_id_emptied=mode)
    shared = {"PROPERTIES": {"inn": {"Name": "ИНН"}}, "RETURN_PROPERTIES": {"INN": {"Name": "ИНН"}}}
    client.register("step", handler.url + "/call", **shared)
    step = {"activity": "step", "name": "s1", "properties": {"inn": "5"}}
    workflow_id = client.sandbox.start_workflow([{"repeat": 2, "do": [step]}])

    bodies = []
    for number in (1, 2):
        bodies.append(called(handler, number))
        client.answer(bodies[-1]["event_token"], inn="7")
    client.sandbox.wait_workflow(workflow_id)

    assert [body["properties"]["inn"] for body in bodies] == seen


def test_placed_steps_keep_the_outputs_they_were_saved_with(client, handler):
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    template = client.sandbox.save_template("Процесс", [{"activity": "step", "name": "s1"}])
    new = {"other": {"Name": "Другое"}}
    client.call("bizproc.robot.update", CODE="step", FIELDS={"RETURN_PROPERTIES": new})

    workflow_id = client.sandbox.start_workflow(template)
    client.answer(called(handler)["event_token"], other="x", outcome="y")

    assert client.sandbox.wait_workflow(workflow_id)["outputs"]["s1"] == {"outcome": "y", "IsTimeout": 0}


def test_a_deleted_robot_fails_its_steps(client, handler):
    client.register("step", handler.url + "/call")
    template = client.sandbox.save_template("Процесс", [{"activity": "step", "name": "s1"}])
    client.call("bizproc.robot.delete", CODE="step")

    found = client.sandbox.wait_workflow(client.sandbox.start_workflow(template))

    assert found["state"] == "failed"
    assert "not found" in found["journal"][-1]["text"]


def test_an_unpaid_application_fails_its_steps(client, handler):
    client.register("step", handler.url + "/call")
    client.sandbox.change_app(client.app, is_paid=False)

    found = client.sandbox.wait_workflow(client.sandbox.start_workflow([{"activity": "step"}]))

    assert found["journal"][-1]["text"] == "Rest application status error: payment required"


def test_a_call_is_made_for_the_user_of_the_step(client, handler):
    client.register("step", handler.url + "/call", AUTH_USER_ID=2)

    assert run_step(client, handler)[1]["auth"]["user_id"] == "2"
    assert run_step(client, handler, user=4)[1]["auth"]["user_id"] == "4"


@pytest.mark.parametrize(("mode", "user"), [("missing", None), ("another", "1")])
def test_a_dismissed_users_tokens_are_missing_or_anothers(client, handler, mode, user):
    client.sandbox.settings(dismissed_user_tokens=mode)
    client.register("step", handler.url + "/call", AUTH_USER_ID=DISMISSED)

    auth = run_step(client, handler)[1]["auth"]

    assert auth.get("user_id") == user
    assert ("access_token" in auth) == (mode == "another")
    assert auth["application_token"] == client.app.application_token


def test_lines_of_the_application_stand_in_the_journal_while_the_step_waits(client, handler):
    client.register("step", handler.url + "/call")
    workflow_id, body = run_step(client, handler)

    assert client.call("bizproc.activity.log", event_token=body["event_token"], log_message="Отправлено") is True

    assert client.sandbox.workflow(workflow_id)["journal"][-1]["text"] == "Отправлено"
    assert client.sandbox.workflow(workflow_id)["state"] == "running"
    assert client.refusal("bizproc.activity.log", event_token=body["event_token"], log_message="") == (
        400,
        "ERROR_EMPTY_LOG_MESSAGE",
        "Empty log message!",
    )


def test_an_older_portal_says_when_nothing_waits(client, handler):
    client.sandbox.settings(event_send="legacy")
    client.register("step", handler.url + "/call", RETURN_PROPERTIES=OUTPUTS)
    workflow_id, body = run_step(client, handler)

    client.sandbox.lock_workflow(workflow_id, 60)
    assert client.refusal("bizproc.event.send", event_token=body["event_token"])[:2] == (400, 423)
    client.sandbox.lock_workflow(workflow_id, 0)
    assert client.answer(body["event_token"], outcome="ok") is True
    assert client.sandbox.workflow(workflow_id)["outputs"]["s1"]["outcome"] == "ok"
    assert client.refusal("bizproc.event.send", event_token=body["event_token"])[:2] == (400, 404)


def test_an_older_portal_does_not_find_a_workflow_that_is_not_saved_yet(client, handler):
    client.sandbox.settings(event_send="legacy", save_delay_seconds=60)
    client.register("step", handler.url + "/call")

    body = run_step(client, handler)[1]

    assert client.refusal("bizproc.event.send", event_token=body["event_token"])[:2] == (400, 404)


def test_a_deleted_deal_ends_its_workflows(client, handler):
    client.register("step", handler.url + "/call")
    workflow_id, _body = run_step(client, handler)

    client.sandbox.delete_item()

    assert client.sandbox.workflow(workflow_id)["state"] == "terminated"


def test_an_older_portal_ends_a_workflow_on_a_deleted_deal_when_the_answer_comes(client, handler):
    client.sandbox.settings(event_send="legacy")
    client.register("step", handler.url + "/call")
    workflow_id, body = run_step(client, handler)
    client.sandbox.delete_item()

    assert client.answer(body["event_token"]) is True
    assert client.sandbox.workflow(workflow_id)["state"] == "terminated"


@pytest.mark.parametrize(("language", "line"), [("ru", "Запущен: Процесс"), ("en", "Started: Процесс")])
def test_the_journal_is_written_in_the_portals_language(client, language, line):
    client.sandbox.change_portal(language=language)
    template = client.sandbox.save_template("Процесс", [{"log": "x"}])

    workflow_id = client.sandbox.start_workflow(template)

    assert client.sandbox.workflow(workflow_id)["journal"][0]["text"] == line


def test_large_numbers_are_printed_in_full(client, handler):
    properties = {"sum": {"Name": "sum", "Type": "double"}, "text": {"Name": "text"}}
    client.register("step", handler.url + "/call", PROPERTIES=properties)
    client.sandbox.change_item({"OPPORTUNITY": 12345678.25})

    given = {"sum": "{=Document:OPPORTUNITY}", "text": "{=Document:OPPORTUNITY} руб."}
    body = run_step(client, handler, properties=given, timeout_seconds=2592000)[1]

    assert body["properties"] == {"sum": "12345678.25", "text": "12345678.25 руб."}
    assert body["timeout_duration"] == "2592000"


def test_robots_start_when_an_item_enters_their_stage(client, handler):
    client.register("step", handler.url + "/call")
    client.sandbox.save_template("Робот", [{"activity": "step", "name": "s1"}], stage="PREPARATION")

    client.call("crm.item.update", entityTypeId=2, id=1, fields={"stageId": "PREPARATION"})
    client.call("crm.item.update", entityTypeId=2, id=1, fields={"title": "та же стадия"})

    assert called(handler)["document_id"] == DEAL_DOCUMENT
    assert len(client.sandbox.workflows()) == 1


def test_robots_start_for_an_item_made_on_their_stage_and_not_for_an_imported_one(client, handler):
    client.sandbox.save_template("Робот", [{"log": "привет"}], stage="NEW")

    client.call("crm.item.add", entityTypeId=2, fields={"title": "a"})
    client.call("crm.item.import", entityTypeId=2, fields={"title": "b"})

    assert [found["state"] for found in client.sandbox.workflows()] == ["completed"]


def test_leaving_a_stage_ends_its_waiting_robots(client, handler):
    client.register("step", handler.url + "/call")
    client.sandbox.save_template("Робот", [{"activity": "step", "name": "s1"}], stage="PREPARATION")
    client.sandbox.move("PREPARATION")
    called(handler)

    client.sandbox.move("WON")

    assert [found["state"] for found in client.sandbox.workflows()] == ["terminated"]


def test_a_smart_process_runs_workflows_too(client, handler):
    client.register("step", handler.url + "/call", PROPERTIES={"t": {"Name": "t"}})

    client.sandbox.start_workflow(
        [{"activity": "step", "name": "s1", "properties": {"t": "{=Document:TITLE} {=Document:PARENT_ID_2}"}}],
        SMART_DOCUMENT,
    )

    body = called(handler)
    assert body["document_id"] == SMART_DOCUMENT
    assert body["document_type"][2] == "DYNAMIC_1220"
    assert body["properties"] == {"t": "Поставка 1 1"}


def test_rest_starts_lists_and_stops_workflows(client, handler):
    client.register("step", handler.url + "/call")
    template = client.sandbox.save_template("Процесс", [{"activity": "step", "name": "s1"}])

    started = client.call("bizproc.workflow.start", TEMPLATE_ID=template, DOCUMENT_ID=DEAL_DOCUMENT)
    assert [row["ID"] for row in client.call("bizproc.workflow.instances")] == [started]
    assert client.call("bizproc.workflow.template.list", SELECT=["ID", "NAME"]) == [
        {"ID": str(template), "NAME": "Процесс"}
    ]
    assert client.call("bizproc.workflow.terminate", ID=started, STATUS="хватит") is True
    assert client.call("bizproc.workflow.instances") == []
    assert client.sandbox.workflow(started)["journal"][-1]["text"] == "хватит"
    assert client.call("bizproc.workflow.kill", ID=started) is True


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"TEMPLATE_ID": 0}, "ERROR_WRONG_WORKFLOW_ID", "Empty TEMPLATE_ID"),
        ({"TEMPLATE_ID": 999}, "ERROR_WRONG_WORKFLOW_ID", "Template not found"),
        ({"DOCUMENT_ID": ["crm", "x", "y"]}, "", "Wrong DOCUMENT_ID!"),
        ({"DOCUMENT_ID": SMART_DOCUMENT}, "", "Template type and DOCUMENT_ID mismatch!"),
    ],
)
def test_a_workflow_is_not_started_on_the_wrong_thing(client, params, code, text):
    template = client.sandbox.save_template("Процесс", [{"log": "x"}], entity_type_id=DEAL_TYPE)

    good = {"TEMPLATE_ID": template, "DOCUMENT_ID": DEAL_DOCUMENT}
    assert client.refusal("bizproc.workflow.start", **{**good, **params}) == (400, code, text)


def test_only_administrators_look_at_instances(client):
    assert client_of(client.sandbox, client.app, 2).refusal("bizproc.workflow.instances")[:2] == (403, "ACCESS_DENIED")


def test_a_waiting_step_is_shown_by_the_driver(client, handler):
    client.register("step", handler.url + "/call")
    workflow_id = client.sandbox.start_workflow([{"activity": "step", "name": "s1"}])

    assert wait_waiting(client.sandbox, workflow_id)["waiting"]["step"] == "s1"


def test_a_template_that_runs_in_circles_fails(client):
    found = client.sandbox.wait_workflow(client.sandbox.start_workflow([{"repeat": 20000, "do": [{"set": {"a": 1}}]}]))

    assert found["state"] == "failed"
