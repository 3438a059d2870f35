"""Every change of a package is noted by the database itself, and taken by one process at a time."""

import pytest

from registry.changes import Changes
from registry.database import Database
from registry.portal_registry import PortalRegistry
from registry.settings import SettingWrong, change_settings, read_settings
from registry.tables import Document, Package, Portal

PAPER = {
    "sameness": "Contract/1/",
    "document_type": "Contract",
    "file_name": "contract.pdf",
    "file_size": 3,
    "sha256": "00",
    "blob": "1/00",
}


@pytest.fixture
def registry(database: Database, portal: Portal) -> PortalRegistry:
    return PortalRegistry(database, portal.id)


@pytest.fixture
def changes(database: Database) -> Changes:
    return Changes(database)


@pytest.fixture
def package(registry: PortalRegistry) -> Package:
    return registry.packages.open_or_create(crm_item="D_1", name="")


def due(database: Database, changes: Changes) -> list[int]:
    with database.session() as session:
        return changes.claim_due(session)


def settle(changes: Changes, package: Package) -> None:
    change = changes.get(package.id)
    assert change is not None
    assert changes.shown(package.id, version=change.version)


def put(registry: PortalRegistry, package: Package) -> Document:
    return registry.packages.put_document(package.id, PAPER)[0]


def test_a_new_package_is_noted_and_taken_once(database: Database, changes: Changes, package: Package) -> None:
    assert due(database, changes) == [package.id]
    assert due(database, changes) == []


def test_a_new_and_a_removed_paper_are_noted(changes: Changes, registry: PortalRegistry, package: Package) -> None:
    settle(changes, package)
    document = put(registry, package)
    after_adding = changes.get(package.id)
    settle(changes, package)
    registry.packages.remove_document(document)

    assert after_adding is not None
    assert changes.get(package.id) is not None


def test_that_diadoc_was_asked_is_no_change(changes: Changes, registry: PortalRegistry, package: Package) -> None:
    document = put(registry, package)
    settle(changes, package)

    same = {"docflow_state": document.docflow_state, "revocation_state": "none", "raw_state": {}}
    registry.packages.keep_state(document.id, same)

    assert changes.get(package.id) is None


def test_a_new_state_is_noted(changes: Changes, registry: PortalRegistry, package: Package) -> None:
    document = put(registry, package)
    settle(changes, package)

    registry.packages.keep_state(document.id, {"docflow_state": "delivered"})

    assert changes.get(package.id) is not None


def test_what_changed_while_it_was_shown_is_shown_again(
    changes: Changes, registry: PortalRegistry, package: Package
) -> None:
    before = changes.get(package.id)
    put(registry, package)

    assert before is not None
    assert not changes.shown(package.id, version=before.version)
    assert changes.get(package.id) is not None


def test_a_package_is_shown_by_one_process_at_a_time(changes: Changes, package: Package) -> None:
    with changes.exclusively(package.id) as first, changes.exclusively(package.id) as second:
        assert (first, second) == (True, False)
    with changes.exclusively(package.id) as third:
        assert third


def test_packages_of_a_removed_portal_are_left_alone(
    database: Database, changes: Changes, package: Package, portal: Portal
) -> None:
    with database.session() as session:
        session.get_one(Portal, portal.id).status = "uninstalled"

    assert due(database, changes) == []


def test_settings_have_defaults_and_keep_what_was_chosen(database: Database, portal: Portal) -> None:
    change_settings(database, portal.id, user_id=1, senders=(3, 4))
    change_settings(database, portal.id, user_id=1, remind_after_days=5)

    settings = read_settings(database, portal.id)

    assert (settings.senders, settings.remind_after_days, settings.escalate_after_days) == ((3, 4), 5, 7)


@pytest.mark.parametrize("values", [{"remind_after_days": -1}, {"time_zone": "Mars/Base"}, {"colour": "red"}])
def test_a_setting_that_cannot_be_is_refused_by_name(database: Database, portal: Portal, values: dict) -> None:
    with pytest.raises(SettingWrong, match=next(iter(values))):
        change_settings(database, portal.id, user_id=1, **values)

    assert read_settings(database, portal.id).remind_after_days == 3


def test_only_the_chosen_may_send_once_somebody_is_chosen(database: Database, portal: Portal) -> None:
    settings = read_settings(database, portal.id)
    chosen = settings.changed(senders=(3,), administrators=(5,))

    assert settings.may_send(9, is_admin=False)
    assert [chosen.may_send(user, is_admin=False) for user in (3, 5, 9)] == [True, True, False]
    assert chosen.may_send(9, is_admin=True)
