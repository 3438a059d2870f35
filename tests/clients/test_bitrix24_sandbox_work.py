"""The client and a portal that behaves: batches, lists, workflows, the CRM."""

from collections.abc import Iterator

import pytest

from clients.bitrix24.batch import Command
from clients.bitrix24.models import SentState
from errors import Conflict, NoAccess, NotFoundThere
from sandbox.portal import driver
from tests.clients.bitrix24_support import MemoryTokens
from tests.clients.bitrix24_world import World, open_desk


@pytest.fixture
def world(portal_sandbox: driver.PortalSandbox) -> Iterator[World]:
    portal_sandbox.settings(rate_burst=10_000.0)
    with open_desk() as desk:
        yield World(portal_sandbox, desk)


def test_a_batch_over_fifty_with_references_runs_in_order(world):
    commands = {"deal": Command("crm.item.get", {"entityTypeId": 2, "id": driver.DEAL, "useOriginalUfNames": True})}
    for number in range(70):
        fields = {"title": f"№{number} of $result[deal][item][title]", "companyId": "$result[deal][item][companyId]"}
        commands[f"add{number}"] = Command("crm.item.add", {"entityTypeId": driver.SMART_TYPE, "fields": fields})
    commands["last"] = Command("crm.item.get", {"entityTypeId": driver.SMART_TYPE, "id": "$result[add69][item][id]"})
    world.sandbox.forget_requests()

    outcomes = world.client().batch(commands)

    title = outcomes["deal"].value()["item"]["title"]
    assert outcomes["last"].value()["item"]["title"] == f"№69 of {title}"
    assert outcomes["add60"].value()["item"]["companyId"] == driver.COUNTERAGENT
    assert len(world.sandbox.requests("batch")) == 2


def test_errors_in_a_batch_belong_to_their_commands(world):
    commands = {
        "missing": Command("crm.item.get", {"entityTypeId": 2, "id": 999}),
        "there": Command("crm.item.get", {"entityTypeId": 2, "id": driver.DEAL}),
        "nothing": Command("no.such.method"),
    }

    outcomes = world.client().batch(commands)
    halted = world.client().batch(commands, halt=True)

    assert isinstance(outcomes["missing"].error, NotFoundThere)
    assert isinstance(outcomes["nothing"].error, NoAccess)
    assert outcomes["there"].value()["item"]["id"] == driver.DEAL
    assert list(halted) == ["missing"]


def test_a_batch_renews_an_expired_token(world):
    world.sandbox.expire_tokens()

    outcomes = world.client().batch({"a": Command("profile")})

    assert outcomes["a"].value()["ID"] == str(driver.ADMIN)


def test_every_item_of_a_long_list_comes_once(world):
    client = world.client()
    commands = {
        f"n{number}": Command("crm.item.add", {"entityTypeId": driver.SMART_TYPE, "fields": {"title": f"n{number}"}})
        for number in range(120)
    }
    assert all(outcome.error is None for outcome in client.batch(commands).values())

    titles = [item.title for item in client.crm_item_list(entity_type_id=driver.SMART_TYPE, select=["title"])]

    assert len(titles) == 121
    assert set(titles) >= set(commands)


def test_robots_and_activities_are_registered_found_changed_and_removed(world):
    client = world.client()
    client.bizproc_robot_add(world.robot())

    with pytest.raises(Conflict):
        client.bizproc_activity_add(world.robot())
    client.bizproc_robot_update(world.robot())

    assert client.bizproc_robot_list() == ("edo_test",)
    assert client.bizproc_activity_list() == ()
    client.bizproc_robot_delete("edo_test")
    assert client.bizproc_robot_list() == ()
    with pytest.raises(NotFoundThere):
        client.bizproc_robot_update(world.robot())


def test_only_an_administrator_registers(world):
    client = world.client(MemoryTokens(world.token(driver.MANAGER)))

    assert not client.profile().is_admin
    with pytest.raises(NoAccess):
        client.bizproc_robot_add(world.robot())


def test_a_waiting_workflow_is_called_and_answered(world):
    client = world.client()
    client.bizproc_robot_add(world.robot())

    workflow_id, call = world.start(timeout_seconds=3600)
    running = [instance.id for instance in client.bizproc_workflow_instances()]
    client.bizproc_activity_log(event_token=call.event_token, log_message="Отправлено")
    sent = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "success", "ok": True})
    workflow = world.sandbox.wait_workflow(workflow_id)

    assert call.properties == {"text": "Счёт № 5 & [x]", "numbers": ["1", "2"]}
    assert call.document_id == tuple(driver.DEAL_DOCUMENT)
    assert (call.member_id, call.application_token) == (world.sandbox.member_id(), world.app.application_token)
    assert (call.workflow_id, call.use_subscription, call.timeout_duration) == (workflow_id, True, 3600)
    assert workflow_id in running
    assert sent.is_accepted
    assert workflow["state"] == "completed"
    assert workflow["outputs"]["A1"]["outcome"] == "success"
    assert "Отправлено" in [line["text"] for line in workflow["journal"]]


def test_a_second_answer_is_accepted_and_changes_nothing(world):
    client = world.client()
    client.bizproc_robot_add(world.robot())
    workflow_id, call = world.start()

    first = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "first"})
    world.sandbox.wait_workflow(workflow_id)
    second = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "second"})

    assert first.is_accepted
    assert second.is_accepted
    assert world.sandbox.workflow(workflow_id)["outputs"]["A1"]["outcome"] == "first"


def test_a_forged_answer_is_denied(world):
    client = world.client()
    client.bizproc_robot_add(world.robot())
    _workflow_id, call = world.start()

    sent = client.bizproc_event_send(event_token=call.event_token[:-1] + "!", return_values={"outcome": "forged"})

    assert sent.state is SentState.ACCESS_DENIED
    assert not sent.is_about_plan


def test_an_older_portal_tells_a_locked_workflow_and_a_finished_one(world):
    world.sandbox.settings(event_send="legacy")
    client = world.client()
    client.bizproc_robot_add(world.robot())
    workflow_id, call = world.start()

    world.sandbox.lock_workflow(workflow_id, 60)
    locked = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "x"})
    world.sandbox.lock_workflow(workflow_id, 0)
    accepted = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "x"})
    world.sandbox.wait_workflow(workflow_id)
    gone = client.bizproc_event_send(event_token=call.event_token, return_values={"outcome": "y"})

    assert [sent.state for sent in (locked, accepted, gone)] == [
        SentState.LOCKED,
        SentState.ACCEPTED,
        SentState.NOT_FOUND,
    ]


def test_a_portal_without_workflows_says_so_by_its_methods(world):
    world.sandbox.change_portal(features=[])
    client = world.client()

    state = client.method_get("bizproc.robot.add")

    assert not state.is_available
    with pytest.raises(NoAccess):
        client.bizproc_robot_add(world.robot())


def test_requisites_and_the_choice_among_them_are_read(world):
    client = world.client()
    found = client.crm_requisite_list({"ENTITY_TYPE_ID": 4, "ENTITY_ID": driver.TWO_REQUISITES})
    world.sandbox.link_requisites(requisite_id=found[1].id)

    links = client.crm_requisite_link_list(entity_type_id=2, entity_id=driver.DEAL)

    assert [requisite.inn for requisite in found] == ["7805123400", "7805123400"]
    assert [requisite.kpp for requisite in found] == ["780501001", "781245001"]
    assert links[0].requisite_id == found[1].id
    assert client.crm_requisite_get(found[1].id) == found[1]
    with pytest.raises(NotFoundThere):
        client.crm_requisite_get(99999)


def test_an_item_of_a_smart_process_is_read_and_written_by_original_names(world):
    client = world.client()
    fields = client.crm_item_fields(entity_type_id=driver.SMART_TYPE)

    written = client.crm_item_update(
        entity_type_id=driver.SMART_TYPE, item_id=driver.SMART_ITEM, fields={"UF_CRM_1_DIADOC_ID": "7"}
    )

    assert fields[driver.SMART_FILES].type == "file"
    assert fields[driver.SMART_FILES].is_multiple
    assert written.fields["UF_CRM_1_DIADOC_ID"] == "7"
    assert (written.company_id, written.my_company_id) == (driver.COUNTERAGENT, driver.OWN_COMPANY)
    assert driver.SMART_TYPE in [one.entity_type_id for one in client.crm_type_list()]


def test_what_is_missing_is_missing(world):
    client = world.client()

    with pytest.raises(NotFoundThere):
        client.crm_item_get(entity_type_id=2, item_id=999)
    with pytest.raises(NotFoundThere):
        client.disk_file_get(99999)


def test_binding_twice_is_binding_once(world):
    client, page = world.client(), world.desk.url + "/page"

    for _ in range(2):
        client.event_bind(event="ONAPPUPDATE", handler=page)
        client.placement_bind(placement="CRM_DEAL_DETAIL_TAB", handler=page, titles={"ru": "ЭДО", "en": "EDO"})

    assert [(one.event, one.handler) for one in client.event_get()] == [("ONAPPUPDATE", page)]
    assert [(one.placement, one.handler) for one in client.placement_get()] == [("CRM_DEAL_DETAIL_TAB", page)]
    assert client.placement_unbind(placement="CRM_DEAL_DETAIL_TAB") == 1


def test_people_are_found_and_noticed(world):
    client = world.client()

    signer = next(client.user_get({"ID": driver.SIGNER}))
    client.im_notify_system_add(user_id=signer.id, message="Подпишите", tag="edo-1")

    assert (signer.id, signer.email) == (driver.SIGNER, "signer@example.ru")
    assert client.user_current().id == driver.ADMIN
    assert world.sandbox.notifications()[-1]["message"] == "Подпишите"
    assert "crm" in client.scope()
    assert client.app_info().installed
