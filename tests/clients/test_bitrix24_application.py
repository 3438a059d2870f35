"""The Drive, people, events, places of our pages."""

import pytest
import responses

from clients.bitrix24.models import DriveFile, DriveFolder
from errors import NotFoundThere, RequestRejected
from tests.clients.bitrix24_support import Kit, sample


@pytest.fixture
def kit():
    with responses.mock:
        yield Kit()


def asked(kit) -> dict:
    """The last request without its token."""
    return {name: value for name, value in kit.sent().items() if name != "auth"}


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
