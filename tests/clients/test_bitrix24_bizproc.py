"""Workflows: registrations, answers, instances."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import responses

from clients.bitrix24.bizproc import Registration
from clients.bitrix24.models import SentState
from errors import Conflict, NoAccess, NotFoundThere, SubscriptionEnded, Unavailable
from tests.clients.bitrix24_support import Kit


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


# Registration

ROBOT = Registration(
    code="diadoc_send",
    handler="https://app.example/bitrix24/activities/diadoc_send",
    name={"ru": "Диадок: отправить", "en": "Diadoc: send"},
    properties={"use_package": {"Name": {"ru": "Номер"}, "Type": "string"}},
)


def test_a_robot_is_registered_with_everything_said_explicitly(kit):
    kit.answers("bizproc.robot.add", {"result": True})

    kit.client.bizproc_robot_add(ROBOT)

    assert asked(kit) == {
        "CODE": "diadoc_send",
        "HANDLER": "https://app.example/bitrix24/activities/diadoc_send",
        "NAME": {"ru": "Диадок: отправить", "en": "Diadoc: send"},
        "PROPERTIES": {"use_package": {"Name": {"ru": "Номер"}, "Type": "string"}},
        "RETURN_PROPERTIES": {},
        "USE_SUBSCRIPTION": "Y",
        "USE_PLACEMENT": "N",
    }


def test_an_activity_with_a_settings_page_is_updated_so_that_every_build_understands(kit):
    kit.answers("bizproc.activity.update", {"result": True})
    page = "https://app.example/bitrix24/pages/activity-settings"
    activity = Registration(
        code="x",
        handler="https://app.example/x",
        name="X",
        use_subscription=False,
        document_type=("crm", "CCrmDocumentDeal", "DEAL"),
        include=(("crm", "CCrmDocumentDeal"), "b24"),
        placement_handler=page,
    )

    kit.client.bizproc_activity_update(activity)

    sent = asked(kit)
    assert (sent["CODE"], sent["PLACEMENT_HANDLER"]) == ("x", page)
    assert sent["FIELDS"]["PLACEMENT_HANDLER"] == page
    assert (sent["FIELDS"]["USE_PLACEMENT"], sent["FIELDS"]["USE_SUBSCRIPTION"]) == ("Y", "N")
    assert sent["FIELDS"]["FILTER"] == {"INCLUDE": [["crm", "CCrmDocumentDeal"], "b24"]}
    assert "CODE" not in sent["FIELDS"]


@pytest.mark.parametrize("method", ["robot", "activity"])
def test_codes_that_are_taken_and_missing_are_told_apart(kit, method):
    kit.fails(f"bizproc.{method}.add", "ERROR_ACTIVITY_ALREADY_INSTALLED", "Activity or Robot already installed!")
    kit.fails(f"bizproc.{method}.update", "ERROR_ACTIVITY_NOT_FOUND", "Activity or Robot not found!")
    add, update = (getattr(kit.client, f"bizproc_{method}_{verb}") for verb in ("add", "update"))

    with pytest.raises(Conflict):
        add(ROBOT)
    with pytest.raises(NotFoundThere):
        update(ROBOT)


@pytest.mark.parametrize("method", ["robot", "activity"])
def test_registered_codes_are_listed_and_deleted(kit, method):
    kit.answers(f"bizproc.{method}.list", {"result": ["a", "b"]})
    kit.answers(f"bizproc.{method}.delete", {"result": True})

    codes = getattr(kit.client, f"bizproc_{method}_list")()
    getattr(kit.client, f"bizproc_{method}_delete")("a")

    assert codes == ("a", "b")
    assert asked(kit) == {"CODE": "a"}


def test_an_answer_carries_its_values_as_workflows_read_them(kit):
    kit.answers("bizproc.event.send", {"result": True})
    values = {
        "is_valid": True,
        "is_final": False,
        "count": 3,
        "total": Decimal("10.50"),
        "signed_at": datetime(2026, 11, 21, 9, tzinfo=UTC),
        "reasons": ["a", None],
        "empty": None,
    }

    sent = kit.client.bizproc_event_send(event_token="t", return_values=values, log_message="Подписано")

    assert sent.is_accepted
    assert asked(kit) == {
        "event_token": "t",
        "return_values": {
            "is_valid": "Y",
            "is_final": "N",
            "count": 3,
            "total": "10.50",
            "signed_at": "2026-11-21T09:00:00+00:00",
            "reasons": ["a", ""],
            "empty": "",
        },
        "log_message": "Подписано",
    }


@pytest.mark.parametrize(
    ("code", "text", "status", "state", "is_about_plan"),
    [
        (404, "Not found", 400, SentState.NOT_FOUND, False),
        ("404", "", 400, SentState.NOT_FOUND, False),
        (423, "Locked", 400, SentState.LOCKED, False),
        ("ACCESS_DENIED", "Access denied!", 403, SentState.ACCESS_DENIED, False),
        ("ACCESS_DENIED", "REST API is available only on commercial plans", 403, SentState.ACCESS_DENIED, True),
    ],
)
def test_what_becomes_of_an_answer_is_told_and_not_raised(kit, code, text, status, state, is_about_plan):
    kit.fails("bizproc.event.send", code, text, status=status)

    sent = kit.client.bizproc_event_send(event_token="t")

    assert (sent.state, sent.text, sent.is_about_plan) == (state, text or str(code), is_about_plan)
    assert not sent.is_accepted
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("PAYMENT_REQUIRED", SubscriptionEnded),
        ("ERROR_METHOD_NOT_FOUND", NoAccess),
        ("insufficient_scope", NoAccess),
        ("NOT_FOUND", NotFoundThere),
        ("INTERNAL_SERVER_ERROR", Unavailable),
    ],
)
def test_what_concerns_the_whole_portal_is_raised(kit, code, kind):
    kit.fails("bizproc.event.send", code)

    with pytest.raises(kind):
        kit.client.bizproc_event_send(event_token="t")


@pytest.mark.parametrize("result", [False, None, [], "true", 1])
def test_only_true_is_acceptance(kit, result):
    kit.answers("bizproc.event.send", {"result": result})

    with pytest.raises(Unavailable):
        kit.client.bizproc_event_send(event_token="t")


def test_a_journal_line_is_written(kit):
    kit.answers("bizproc.activity.log", {"result": True})

    kit.client.bizproc_activity_log(event_token="t", log_message="Отправлено")

    assert asked(kit) == {"event_token": "t", "log_message": "Отправлено"}


def test_a_workflow_is_started_and_found_running(kit):
    kit.answers("bizproc.workflow.start", {"result": "6ab5.39"})
    running = {"ID": "6ab5.39", "TEMPLATE_ID": "5", "DOCUMENT_ID": "DEAL_1", "STARTED": "2026-11-21T12:00:00+03:00"}
    kit.answers("bizproc.workflow.instances", {"result": [running], "total": 1})

    workflow_id = kit.client.bizproc_workflow_start(template_id=5, document_id=("crm", "CCrmDocumentDeal", "DEAL_1"))
    instances = list(kit.client.bizproc_workflow_instances({"ID": workflow_id}))

    assert workflow_id == "6ab5.39"
    assert (instances[0].id, instances[0].template_id, instances[0].document_id) == ("6ab5.39", 5, "DEAL_1")
    assert instances[0].started_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert instances[0].owned_until is None


def test_workflow_templates_of_a_document_type_are_listed_by_name(kit):
    rows = [{"ID": "7", "NAME": "Отправка"}, {"ID": "9", "NAME": "Согласование"}]
    kit.answers("bizproc.workflow.template.list", {"result": rows, "total": 2})
    deals = ("crm", "CCrmDocumentDeal", "DEAL")

    found = kit.client.bizproc_workflow_template_list(document_type=deals)

    assert [(one.id, one.name) for one in found] == [(7, "Отправка"), (9, "Согласование")]
    assert asked(kit)["FILTER"] == {"DOCUMENT_TYPE": list(deals)}
