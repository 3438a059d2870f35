"""Each remote method: what goes out, and what an answer becomes."""

import base64
import io
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import responses

from clients.bitrix24.bizproc import Registration
from clients.bitrix24.crm import NewFile
from clients.bitrix24.models import DriveFile, DriveFolder, FileRef, SentState
from errors import Conflict, NoAccess, NotFoundThere, RequestRejected, SubscriptionEnded, Unavailable
from tests.clients.bitrix24_support import Kit, sample


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


# Answers to waiting activities


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


# CRM


def test_an_item_is_read_by_the_original_names_of_its_fields(kit):
    kit.answers("crm.item.get", sample("crm_item.json"))

    item = kit.client.crm_item_get(entity_type_id=2, item_id=17)

    assert asked(kit) == {"entityTypeId": 2, "id": 17, "useOriginalUfNames": "Y"}
    assert (item.id, item.entity_type_id, item.title, item.stage_id) == (17, 2, "Поставка", "C9:NEW")
    assert (item.company_id, item.contact_id, item.contact_ids, item.my_company_id) == (7, 0, (3, 4), 1)
    assert (item.opportunity, item.currency) == (Decimal("120000.10"), "RUB")
    assert item.fields["UF_CRM_1721244707107"] == "draft"


def test_files_of_an_item_are_found_and_their_addresses_hidden(kit):
    kit.answers("crm.item.get", sample("crm_item.json"))

    item = kit.client.crm_item_get(entity_type_id=2, item_id=17)

    assert [file.id for file in item.files("UF_CRM_DOCUMENTS")] == [30577, 30578]
    assert item.files("UF_CRM_CONTRACT_FILE")[0].url_machine.startswith("https://example.bitrix24.example/rest/")
    assert item.files("UF_CRM_EMPTY_FILE") == ()
    assert item.files("UF_CRM_EMPTY_FILES") == ()
    assert item.files("title") == ()
    with pytest.raises(KeyError):
        item.files("UF_CRM_UNKNOWN")
    assert "made-up" not in repr(item)
    assert "made-up" not in repr(item.files("UF_CRM_DOCUMENTS"))


@pytest.mark.parametrize("result", [[], {"item": None}, {"item": []}, None])
def test_an_answer_without_an_item_is_no_item(kit, result):
    kit.answers("crm.item.get", {"result": result})

    with pytest.raises(NotFoundThere):
        kit.client.crm_item_get(entity_type_id=2, item_id=17)


def test_files_are_written_beside_those_that_stay(kit):
    kit.answers("crm.item.update", sample("crm_item.json"))
    fields = {
        "UF_CRM_CONTRACT_FILE": NewFile("Акт.pdf", b"%PDF"),
        "UF_CRM_DOCUMENTS": [FileRef(30577, "https://hush"), NewFile("b.pdf", b"b")],
        "UF_CRM_SUM": "100.50|RUB",
        "UF_CRM_EMPTY_FILES": [],
    }

    kit.client.crm_item_update(entity_type_id=2, item_id=17, fields=fields)

    assert asked(kit) == {
        "entityTypeId": 2,
        "id": 17,
        "useOriginalUfNames": "Y",
        "fields": {
            "UF_CRM_CONTRACT_FILE": ["Акт.pdf", "JVBERg=="],
            "UF_CRM_DOCUMENTS": [{"id": 30577}, ["b.pdf", "Yg=="]],
            "UF_CRM_SUM": "100.50|RUB",
            "UF_CRM_EMPTY_FILES": [],
        },
    }


def test_a_file_too_large_for_a_field_is_refused_before_it_is_sent(kit, monkeypatch):
    monkeypatch.setattr("clients.bitrix24.crm.FIELD_FILE_BYTES", 3)

    with pytest.raises(RequestRejected, match="over 3 bytes"):
        kit.client.crm_item_update(entity_type_id=2, item_id=17, fields={"UF_CRM_F": NewFile("a.pdf", b"%PDF")})

    assert len(responses.calls) == 0


def test_a_large_file_is_sent_with_flat_memory_and_again_after_a_stale_token(kit):
    content = bytes(range(256)) * (20 * 4096) + b"!!"
    kit.fails("crm.item.update", "expired_token", status=401)
    kit.answers("crm.item.update", sample("crm_item.json"))
    kit.refreshes()
    file = io.BytesIO(content)

    tracemalloc.start()
    kit.client.crm_item_update(
        entity_type_id=2, item_id=17, fields={"UF_CRM_F": [NewFile("a.zip", file), NewFile("b.txt", b"b")]}
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    first, second = kit.sent()["fields"]["UF_CRM_F"]
    assert base64.b64decode(first[1]) == content
    assert second == ["b.txt", "Yg=="]
    body = responses.calls[-1].request
    assert body.headers["Content-Length"] == str(len(b"".join(body.body)))
    assert peak < 4 * 1024 * 1024


def test_items_are_listed(kit):
    kit.answers("crm.item.list", {"result": {"items": [sample("crm_item.json")["result"]["item"]]}})

    items = list(kit.client.crm_item_list(entity_type_id=2, filter={"=companyId": 7}, select=["title"]))

    assert [item.id for item in items] == [17]
    assert asked(kit)["select"] == ["title", "id"]
    assert asked(kit)["useOriginalUfNames"] == "Y"


def test_an_item_is_added(kit):
    kit.answers("crm.item.add", sample("crm_item.json"))

    item = kit.client.crm_item_add(entity_type_id=2, fields={"title": "Поставка", "xmlId": "ours-1"})

    assert item.id == 17
    assert asked(kit)["fields"] == {"title": "Поставка", "xmlId": "ours-1"}


def test_fields_tell_their_types(kit):
    described = {
        "title": {"type": "string", "isRequired": False, "isReadOnly": False, "isMultiple": False, "title": "Название"},
        "UF_CRM_DOCUMENTS": {"type": "file", "isMultiple": True, "isDynamic": True, "title": "Документы"},
        "id": {"type": "integer", "isReadOnly": True, "title": "ID"},
    }
    kit.answers("crm.item.fields", {"result": {"fields": described}})

    fields = kit.client.crm_item_fields(entity_type_id=2)

    assert (fields["UF_CRM_DOCUMENTS"].type, fields["UF_CRM_DOCUMENTS"].is_multiple) == ("file", True)
    assert fields["UF_CRM_DOCUMENTS"].is_custom
    assert not fields["title"].is_custom
    assert fields["id"].is_read_only


def test_smart_processes_keep_their_two_ids_apart(kit):
    kit.answers("crm.type.list", {"result": {"types": [{"id": 16, "entityTypeId": 1220, "title": "Поставки"}]}})

    found = kit.client.crm_type_list()

    assert [(one.id, one.entity_type_id, one.title) for one in found] == [(16, 1220, "Поставки")]


def test_requisites_come_in_the_portals_order_as_texts(kit):
    kit.answers("crm.requisite.list", sample("crm_requisite_list.json"))

    found = kit.client.crm_requisite_list({"ENTITY_TYPE_ID": 4, "ENTITY_ID": 7})

    assert [(one.id, one.inn, one.kpp) for one in found] == [(12, "7805123400", "078001001"), (5, "966000141485", "")]
    assert (found[0].owner_type_id, found[0].owner_id, found[0].company_name) == (4, 7, "ООО «Лютик»")
    assert found[1].ogrn == "304500116000157"


def test_one_requisite_is_read_or_missing(kit):
    kit.answers("crm.requisite.get", {"result": sample("crm_requisite_list.json")["result"][0]})
    kit.fails("crm.requisite.get", "", "The Requisite with ID '27' is not found")

    assert kit.client.crm_requisite_get(12).id in (5, 12)
    with pytest.raises(NotFoundThere):
        kit.client.crm_requisite_get(27)


def test_the_choice_of_requisites_is_read(kit):
    row = {"ENTITY_TYPE_ID": "2", "ENTITY_ID": "17", "REQUISITE_ID": "12", "MC_REQUISITE_ID": "0"}
    kit.answers("crm.requisite.link.list", {"result": [row], "total": 1})

    links = kit.client.crm_requisite_link_list(entity_type_id=2, entity_id=17)

    assert [(link.requisite_id, link.my_company_requisite_id) for link in links] == [(12, 0)]


@pytest.mark.parametrize(("entity_type_id", "name"), [(2, "deal"), (4, "company"), (1220, "dynamic_1220")])
def test_a_comment_goes_to_the_right_timeline(kit, entity_type_id, name):
    kit.answers("crm.timeline.comment.add", {"result": 999})

    comment_id = kit.client.crm_timeline_comment_add(
        entity_type_id=entity_type_id, entity_id=17, comment="Подписано", files=[NewFile("a.pdf", b"%PDF")]
    )

    assert comment_id == 999
    assert asked(kit)["fields"] == {
        "ENTITY_TYPE": name,
        "ENTITY_ID": 17,
        "COMMENT": "Подписано",
        "FILES": [["a.pdf", "JVBERg=="]],
    }


def test_a_generated_document_is_ready_when_its_pdf_has_an_address(kit):
    ready = sample("generated_document.json")
    waiting = {"result": {"document": {**ready["result"]["document"], "pdfUrlMachine": None, "pdfUrl": None}}}
    kit.answers("crm.documentgenerator.document.get", waiting)
    kit.answers("crm.documentgenerator.document.get", ready)

    first, second = (kit.client.crm_documentgenerator_document_get(31) for _ in range(2))

    assert first.pdf_url_machine == ""
    assert second.pdf_url_machine.startswith("https://example.bitrix24.example/rest/")
    assert (second.id, second.title, second.number, second.entity_id) == (31, "Счёт 5", "5", 17)
    assert not second.is_transformation_error
    assert "made-up" not in repr(second)


def test_a_failed_transformation_is_told_with_its_reason(kit):
    document = {"id": "31", "isTransformationError": True, "transformationErrorMessage": "no <b>service</b>"}
    kit.answers("crm.documentgenerator.document.get", {"result": {"document": document}})

    found = kit.client.crm_documentgenerator_document_get(31)

    assert (found.is_transformation_error, found.transformation_error) == (True, "no service")


def test_the_newest_generated_document_comes_first(kit):
    kit.answers("crm.documentgenerator.document.list", {"result": {"documents": [{"id": "32"}, {"id": "31"}]}})

    found = kit.client.crm_documentgenerator_document_list(entity_type_id=2, entity_id=17)

    assert next(found).id == 32
    assert asked(kit)["filter"] == {"entityTypeId": 2, "entityId": 17}
    assert asked(kit)["order"] == {"id": "DESC"}


def test_a_trigger_is_offered_and_fired(kit):
    kit.answers("crm.automation.trigger.add", {"result": True})
    kit.answers("crm.automation.trigger.execute", {"result": True})

    kit.client.crm_automation_trigger_add(code="diadoc_signed", name="Диадок: подписан")
    kit.client.crm_automation_trigger_execute(code="diadoc_signed", entity_type_id=2, entity_id=17)

    assert asked(kit) == {"CODE": "diadoc_signed", "OWNER_TYPE_ID": 2, "OWNER_ID": 17}


# Drive


def test_our_own_storage_is_found(kit):
    kit.answers("disk.storage.getForApp", {"result": {"ID": "13", "NAME": "b24-edo", "ROOT_OBJECT_ID": "8"}})

    storage = kit.client.disk_storage_get_for_app()

    assert (storage.id, storage.root_folder_id) == (13, 8)


def test_a_folder_shows_files_and_folders(kit):
    children = [sample("disk_file.json")["result"], {"ID": "9", "NAME": "Акты", "TYPE": "folder", "PARENT_ID": "8"}]
    kit.answers("disk.folder.getChildren", {"result": children})

    file, folder = kit.client.disk_folder_get_children(8)

    assert isinstance(file, DriveFile)
    assert (file.id, file.size) == (4567, 204800)
    assert folder == DriveFolder(id=9, name="Акты", parent_id=8)


def test_a_folder_is_made(kit):
    kit.answers("disk.folder.addSubFolder", {"result": {"ID": 9, "NAME": "Акты", "PARENT_ID": "8"}})

    assert kit.client.disk_folder_add_sub_folder(folder_id=8, name="Акты").id == 9


def test_a_drive_file_is_described_without_showing_its_address(kit):
    kit.answers("disk.file.get", sample("disk_file.json"))

    file = kit.client.disk_file_get(4567)

    assert (file.id, file.name, file.size, file.parent_id) == (4567, "act.pdf", 204800, 8)
    assert "made-up" in file.download_url
    assert "made-up" not in repr(file)


# The application, people, events, places


def test_the_user_of_the_token_is_known(kit):
    kit.answers("profile", {"result": {"ID": "1", "ADMIN": True, "NAME": "Анна", "LAST_NAME": "Админова"}})

    profile = kit.client.profile()

    assert (profile.user_id, profile.is_admin, profile.name) == (1, True, "Анна")


def test_users_are_read(kit):
    anna = {"ID": "1", "ACTIVE": True, "NAME": "Анна", "LAST_NAME": "Админова", "EMAIL": "admin@example.ru"}
    kit.answers("user.current", {"result": anna})
    kit.answers("user.get", {"result": [anna, {"ID": "3", "ACTIVE": False, "NAME": None}], "total": 2})

    current, (first, second) = kit.client.user_current(), kit.client.user_get({"ID": [1, 3]})

    assert current == first
    assert (first.id, first.email, first.is_active) == (1, "admin@example.ru", True)
    assert (second.id, second.name, second.is_active) == (3, "", False)


def test_the_portals_view_of_the_application_is_read(kit):
    state = {"CODE": "local.1", "VERSION": 3, "STATUS": "L", "INSTALLED": False, "PAYMENT_EXPIRED": "N", "LICENSE": "x"}
    kit.answers("app.info", {"result": state})

    found = kit.client.app_info()

    assert (found.version, found.status, found.installed, found.payment_expired) == (3, "L", False, False)


def test_scopes_and_methods_are_probed(kit):
    kit.answers("scope", {"result": ["crm", "bizproc"]})
    kit.answers("method.get", {"result": {"isExisting": True, "isAvailable": False}})

    state = kit.client.method_get("bizproc.robot.add")

    assert kit.client.scope() == ("crm", "bizproc")
    assert (state.is_existing, state.is_available) == (True, False)


@pytest.mark.parametrize("text", ["Handler already binded", "Unable to set event handler: Handler already binded."])
def test_what_is_bound_already_is_bound(kit, text):
    kit.fails("event.bind", "ERROR_CORE", text)
    kit.fails("placement.bind", "ERROR_CORE", text, status=200)

    kit.client.event_bind(event="ONAPPUPDATE", handler="https://app.example/bitrix24/events")
    kit.client.placement_bind(placement="CRM_DEAL_DETAIL_TAB", handler="https://app.example/p", titles={"ru": "ЭДО"})

    assert len(responses.calls) == 2


def test_other_failures_of_binding_are_failures(kit):
    kit.fails("event.bind", "ERROR_CORE", "Wrong handler")
    kit.fails("placement.bind", "ERROR_PLACEMENT_NOT_FOUND", "Placement not found", status=200)

    with pytest.raises(RequestRejected):
        kit.client.event_bind(event="ONAPPUPDATE", handler="https://app.example/bitrix24/events")
    with pytest.raises(NotFoundThere):
        kit.client.placement_bind(placement="X", handler="https://app.example/p", titles={"ru": "ЭДО"})


def test_a_page_is_bound_in_all_languages(kit):
    kit.answers("placement.bind", {"result": True})

    kit.client.placement_bind(
        placement="CRM_DEAL_DETAIL_TAB", handler="https://app.example/p", titles={"ru": "ЭДО", "en": "EDO"}
    )

    assert asked(kit) == {
        "PLACEMENT": "CRM_DEAL_DETAIL_TAB",
        "HANDLER": "https://app.example/p",
        "TITLE": "ЭДО",
        "LANG_ALL": {"ru": {"TITLE": "ЭДО"}, "en": {"TITLE": "EDO"}},
    }


def test_bindings_are_listed_and_removed(kit):
    kit.answers(
        "placement.get", {"result": [{"placement": "CRM_DEAL_DETAIL_TAB", "handler": "https://x", "title": "t"}]}
    )
    kit.answers("placement.unbind", {"result": {"count": 1}})
    kit.answers("event.get", {"result": [{"event": "OnAppUpdate", "handler": "https://x", "auth_type": "0"}]})

    placements, count = kit.client.placement_get(), kit.client.placement_unbind(placement="CRM_DEAL_DETAIL_TAB")

    assert [(one.placement, one.handler, one.title) for one in placements] == [
        ("CRM_DEAL_DETAIL_TAB", "https://x", "t")
    ]
    assert count == 1
    assert kit.client.event_get()[0].event == "ONAPPUPDATE"


@pytest.mark.parametrize(("result", "notice_id"), [(67, 67), (False, 0)])
def test_a_notice_is_sent(kit, result, notice_id):
    kit.answers("im.notify.system.add", {"result": result})

    assert kit.client.im_notify_system_add(user_id=1, message="Подпишите", tag="edo-7") == notice_id
    assert asked(kit) == {"USER_ID": 1, "MESSAGE": "Подпишите", "TAG": "edo-7"}
