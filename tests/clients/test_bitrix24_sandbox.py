"""The client against a portal that behaves: real sockets, real token life, real limits."""

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clients.bitrix24.auth import Bitrix24Auth
from clients.bitrix24.batch import Command
from clients.bitrix24.bizproc import Registration
from clients.bitrix24.client import Bitrix24Client
from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import DriveFile, SentState
from clients.bitrix24.payload import IncomingCall, parse_form, read_call, read_event
from clients.http import FreeThrottle, Http
from credentials import Token
from errors import Conflict, NoAccess, NotFoundThere, PortalAuthLost, RateLimited, SubscriptionEnded, Unavailable
from sandbox.portal import driver
from tests.clients.bitrix24_support import MemoryTokens, NotingThrottle


@dataclass
class Desk:
    """Takes what the portal posts."""

    url: str
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, number: int = 0) -> dict[str, Any]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) > number, timeout=20)
        raw, content_type = self.bodies[number]
        return parse_form(raw, content_type=content_type)


@pytest.fixture
def desk() -> Iterator[Desk]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            with desk.arrived:
                desk.bodies.append((raw, self.headers["Content-Type"]))
                desk.arrived.notify_all()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    desk = Desk(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield desk
    server.shutdown()
    thread.join()
    server.server_close()


class World:
    """An installed application of the sandbox portal, and clients for it."""

    def __init__(self, sandbox: driver.PortalSandbox, desk: Desk) -> None:
        self.sandbox, self.desk = sandbox, desk
        self.app = sandbox.add_local_app(desk.url + "/handler", desk.url + "/install", api_only=True)
        sandbox.install(self.app)
        self.installed = read_event(desk.wait())
        self.auth = Bitrix24Auth(
            client_id=self.app.client_id, client_secret=self.app.client_secret, allowed_servers=(sandbox.auth_url,)
        )
        self.tokens = MemoryTokens(self.token())

    def token(self, user_id: int = driver.ADMIN) -> Token:
        pair = self.sandbox.tokens(self.app, user_id)
        return Token(pair["access_token"], pair["refresh_token"], endpoint=pair["client_endpoint"])

    def client(self, tokens: MemoryTokens | None = None, **more: Any) -> Bitrix24Client:
        return Bitrix24Client(
            tokens=tokens or self.tokens,
            throttle=more.pop("throttle", FreeThrottle()),
            auth=self.auth,
            server_endpoint=self.sandbox.auth_url + "/rest/",
            http=Http(system="Битрикс24", timeout_seconds=10),
            **more,
        )

    def robot(self) -> Registration:
        return Registration(
            code="edo_test",
            handler=self.desk.url + "/robot",
            name={"ru": "Проверка", "en": "Test"},
            properties={
                "text": {"Name": {"ru": "Текст"}, "Type": "string"},
                "numbers": {"Name": "Numbers", "Type": "string", "Multiple": "Y"},
            },
            return_properties={"outcome": {"Name": "Outcome", "Type": "string"}, "ok": {"Name": "OK", "Type": "bool"}},
        )

    def start(self, **step: Any) -> tuple[str, IncomingCall]:
        """Run the robot on the deal: the workflow and the call that came."""
        before = len(self.desk.bodies)
        properties = {"text": "Счёт № 5 & [x]", "numbers": ["1", "2"]}
        steps = [{"activity": "edo_test", "name": "A1", "properties": properties, **step}]
        workflow_id = self.sandbox.start_workflow(steps)
        return workflow_id, read_call(self.desk.wait(before))


@pytest.fixture
def world(portal_sandbox: driver.PortalSandbox, desk: Desk) -> World:
    portal_sandbox.settings(rate_burst=10_000.0)
    return World(portal_sandbox, desk)


# Tokens


def test_an_installation_event_is_true_when_the_auth_server_says_so(world):
    auth = world.installed.auth

    info = world.auth.app_info(auth.server_endpoint, auth.access_token)

    assert info.client_id == world.app.client_id
    assert info.member_id == world.installed.member_id == world.sandbox.member_id()
    assert info.client_endpoint == auth.client_endpoint
    assert world.installed.application_token == world.app.application_token


def test_a_refresh_rotates_the_pair_and_kills_the_old_one(world):
    server = world.sandbox.auth_url
    old = world.tokens.token.refresh_token

    grant = world.auth.refresh(server, old)

    assert grant.refresh_token != old
    assert grant.client_endpoint == world.sandbox.portal()["client_endpoint"]
    with pytest.raises(PortalAuthLost):
        world.auth.refresh(server, old)
    assert world.auth.refresh(server, grant.refresh_token).access_token


def test_a_code_is_exchanged_once(world):
    code = world.sandbox.authorization_code(world.app)

    grant = world.auth.exchange(code, world.sandbox.auth_url)

    assert grant.user_id == driver.ADMIN
    with pytest.raises(PortalAuthLost):
        world.auth.exchange(code, world.sandbox.auth_url)


@pytest.mark.parametrize("answer", ["invalid_client", "wrong_client"])
def test_a_wrong_secret_of_ours_kills_no_token(world, answer):
    world.sandbox.settings(wrong_secret_answer=answer)
    wrong = Bitrix24Auth(
        client_id=world.app.client_id, client_secret="wrong", allowed_servers=(world.sandbox.auth_url,)
    )

    with pytest.raises(NoAccess):
        wrong.refresh(world.sandbox.auth_url, world.tokens.token.refresh_token)

    assert world.auth.refresh(world.sandbox.auth_url, world.tokens.token.refresh_token).access_token


def test_fifty_calls_with_an_expired_token_make_one_refresh(world):
    client = world.client()
    world.sandbox.expire_tokens()
    world.sandbox.forget_requests()
    start = threading.Barrier(50)

    def call(_number: int) -> int:
        start.wait(20)
        return client.profile().user_id

    with ThreadPoolExecutor(50) as pool:
        users = list(pool.map(call, range(50)))

    assert users == [driver.ADMIN] * 50
    assert len(world.sandbox.requests("oauth.token")) == 1
    assert world.tokens.renewals == 1


def test_a_dead_refresh_token_is_a_lost_portal(world):
    world.sandbox.expire_tokens()
    world.sandbox.expire_refresh_tokens()

    with pytest.raises(PortalAuthLost):
        world.client().profile()

    assert world.tokens.dead


def test_an_unpaid_application_is_an_ended_subscription(world):
    world.sandbox.change_app(world.app, is_paid=False)
    world.sandbox.expire_tokens()

    with pytest.raises(SubscriptionEnded):
        world.client().profile()


def test_a_portal_without_rest_is_an_ended_subscription(world):
    world.sandbox.change_portal(has_rest=False)

    with pytest.raises(SubscriptionEnded):
        world.client().crm_item_get(entity_type_id=2, item_id=driver.DEAL)


def test_an_uninstalled_application_is_a_lost_portal(world):
    world.sandbox.uninstall(world.app)

    with pytest.raises(PortalAuthLost):
        world.client().profile()


def test_a_refresh_answer_that_got_lost_ends_in_an_honest_error(world):
    world.sandbox.expire_tokens()
    world.sandbox.fault("oauth.token", "lost_reply")

    with pytest.raises(PortalAuthLost):
        world.client().profile()


# Moves


def test_a_renamed_portal_is_followed_and_remembered(world):
    client = world.client()
    new = world.sandbox.rename()

    item = client.crm_item_update(entity_type_id=2, item_id=driver.DEAL, fields={"title": "Переименован"})

    assert item.title == "Переименован"
    assert world.tokens.token.endpoint == f"{new}/rest/"
    world.sandbox.forget_requests()
    client.profile()
    assert [seen["ids"]["at"] for seen in world.sandbox.requests("profile")] == ["spare"]


def test_a_renamed_portal_is_followed_with_an_expired_token_too(world):
    new = world.sandbox.rename()
    world.sandbox.expire_tokens()

    assert world.client().profile().user_id == driver.ADMIN
    assert world.tokens.token.endpoint == f"{new}/rest/"


def test_a_redirect_to_a_stranger_never_gets_the_token(world, desk):
    before = len(desk.bodies)
    world.sandbox.fault("profile", "status", status=302, headers={"Location": desk.url + "/rest/profile"}, times=-1)

    with pytest.raises(Unavailable):
        world.client().profile()

    assert len(desk.bodies) == before


# Limits and faults


def test_a_full_bucket_is_waited_out(world):
    throttle = NotingThrottle()
    world.sandbox.settings(rate_burst=5.0, rate_per_second=20.0)

    users = {world.client(throttle=throttle).profile().user_id for _ in range(15)}

    assert users == {driver.ADMIN}
    assert {block[1] for block in throttle.blocks} == {""}


def test_a_method_over_its_time_is_blocked_and_others_are_not(world):
    throttle, told = NotingThrottle(), []
    client = world.client(throttle=throttle, on_operating=lambda *what: told.append(what))
    world.sandbox.settings(operating_limit_seconds=10.0, operating_cost={"crm.item.get": 20.0})
    client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    with pytest.raises(RateLimited) as caught:
        client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    assert throttle.blocks[-1][1] == "crm.item.get"
    assert 0 < caught.value.retry_after <= 600
    assert client.profile().user_id == driver.ADMIN
    assert told[0][0] == "crm.item.get"
    assert told[0][1] >= 20


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbage"])
def test_a_read_survives_an_accident_and_a_write_reports_it(world, kind):
    world.sandbox.fault("crm.item.get", kind)
    world.sandbox.fault("crm.timeline.comment.add", kind)
    world.sandbox.forget_requests()
    client = world.client()

    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    with pytest.raises(Unavailable):
        client.crm_timeline_comment_add(entity_type_id=2, entity_id=driver.DEAL, comment="once")

    assert item.id == driver.DEAL
    assert len(world.sandbox.requests("crm.timeline.comment.add")) == 1


def test_maintenance_is_waited_for_by_whoever_called(world):
    world.sandbox.change_portal(is_in_maintenance=True)

    with pytest.raises(Unavailable):
        world.client().crm_timeline_comment_add(entity_type_id=2, entity_id=driver.DEAL, comment="x")


# Batches and lists


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


# Registration, calls, answers


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


# Files


def test_a_file_of_a_deal_is_downloaded_as_it_is(world):
    content = os.urandom(3 * 1024 * 1024)
    world.sandbox.put_file(driver.CONTRACT_FILE, "Договор № 5.pdf", content)
    client, to = world.client(), io.BytesIO()

    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    file = client.download(item.files(driver.CONTRACT_FILE)[0].url_machine, to, len(content))

    assert to.getvalue() == content
    assert (file.file_name, file.size, file.content_type) == ("Договор № 5.pdf", len(content), "application/pdf")


def test_an_address_that_is_too_old_is_asked_for_again(world):
    world.sandbox.put_file(driver.CONTRACT_FILE, "a.pdf", b"%PDF")
    client = world.client()
    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    world.sandbox.expire_tokens()

    with pytest.raises(Unavailable):
        client.download(item.files(driver.CONTRACT_FILE)[0].url_machine, io.BytesIO(), 100)

    again = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)
    assert client.download(again.files(driver.CONTRACT_FILE)[0].url_machine, io.BytesIO(), 100).size == 4


def test_files_are_added_beside_those_that_are_there(world):
    world.sandbox.put_file(driver.FILES, "first.pdf", b"first")
    client = world.client()
    item = client.crm_item_get(entity_type_id=2, item_id=driver.DEAL)

    files = [*item.files(driver.FILES), NewFile("Второй.pdf", b"second")]
    client.crm_item_update(entity_type_id=2, item_id=driver.DEAL, fields={driver.FILES: files})

    assert world.sandbox.files(driver.FILES) == [("first.pdf", b"first"), ("Второй.pdf", b"second")]


def test_a_large_file_goes_to_the_drive_and_comes_back(world):
    content = os.urandom(5 * 1024 * 1024)
    client, to = world.client(), io.BytesIO()
    folder_id = client.disk_storage_get_for_app().root_folder_id

    names = [
        client.disk_folder_upload_file(
            folder_id=folder_id, file_name="Архив № 7.zip", content=io.BytesIO(content), size=len(content)
        ).name
        for _ in range(2)
    ]
    files = [child for child in client.disk_folder_get_children(folder_id) if isinstance(child, DriveFile)]
    client.download(client.disk_file_get(files[0].id).download_url, to, len(content))

    assert names == ["Архив № 7.zip", "Архив № 7 (1).zip"]
    assert [file.size for file in files] == [len(content)] * 2
    assert hashlib.sha256(to.getvalue()).digest() == hashlib.sha256(content).digest()


def test_a_comment_with_a_file_is_written(world):
    client = world.client()

    comment_id = client.crm_timeline_comment_add(
        entity_type_id=2, entity_id=driver.DEAL, comment="Подписано", files=[NewFile("Акт.pdf", b"%PDF")]
    )

    assert comment_id > 0


def test_a_generated_document_is_downloaded_once_its_pdf_is_there(world):
    world.sandbox.settings(pdf_delay_seconds=0.2)
    client, to = world.client(), io.BytesIO()
    templates = client.call("crm.documentgenerator.template.list")["templates"]
    params = {"templateId": next(iter(templates)), "entityTypeId": 2, "entityId": driver.DEAL}
    number = client.call("crm.documentgenerator.document.add", params)["document"]["id"]

    ready = world.sandbox.wait_for(
        lambda: client.crm_documentgenerator_document_get(number), lambda document: document.pdf_url_machine, 10
    )
    file = client.download(ready.pdf_url_machine, to, 10_000_000)
    newest = next(client.crm_documentgenerator_document_list(entity_type_id=2, entity_id=driver.DEAL))

    assert to.getvalue().startswith(b"%PDF")
    assert file.file_name.endswith(".pdf")
    assert newest.id == ready.id == number


def test_a_pdf_that_will_never_come_is_told(world):
    world.sandbox.settings(pdf_delay_seconds=0.0, pdf_error="no service")
    client = world.client()
    templates = client.call("crm.documentgenerator.template.list")["templates"]
    params = {"templateId": next(iter(templates)), "entityTypeId": 2, "entityId": driver.DEAL}
    number = client.call("crm.documentgenerator.document.add", params)["document"]["id"]

    failed = world.sandbox.wait_for(
        lambda: client.crm_documentgenerator_document_get(number), lambda document: document.is_transformation_error, 10
    )

    assert failed.transformation_error == "no service"
    assert failed.pdf_url_machine == ""


# CRM and people


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
