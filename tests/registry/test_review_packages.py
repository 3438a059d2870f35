"""Packages between two attempts, and rows that another portal names by their numbers."""

import pytest
from sqlalchemy import update

from errors import AlreadySent
from registry.boxes import Boxes
from registry.database import Database
from registry.packages import Packages
from registry.portal_registry import Invitations
from registry.portals import Installation, Portals
from registry.tables import Package, Portal
from tests.registry.test_packages import freeze, paper


@pytest.fixture
def packages(database: Database, portal: Portal) -> Packages:
    return Packages(database, portal.id)


@pytest.fixture
def sent(packages: Packages) -> Package:
    package = packages.open_or_create(crm_item="D_17", name="closing")
    packages.put_document(package.id, paper())
    freeze(packages, package)
    packages.mark_posted(package.id, message_id="m1", packet_id="p1", entity_ids={})
    return package


@pytest.fixture
def stranger(database: Database) -> Portal:
    return Portals(database).install(
        Installation(
            member_id="f" * 32,
            client_endpoint="http://127.0.0.3:1/rest/",
            server_endpoint="http://127.0.0.1:1/rest/",
            application_token="another",
            user_id=1,
            access_token="a",
            refresh_token="r",
            expires_at=None,
        )
    )


def test_a_second_sending_begun_twice_is_one(packages: Packages, sent: Package) -> None:
    first = packages.new_attempt(sent.id)

    again = packages.new_attempt(sent.id)  # killed before it was recorded that the first was made

    assert again.id == first.id
    assert len(packages.documents(again.id)) == 1


def test_a_second_sending_does_not_swallow_what_is_being_gathered(packages: Packages, sent: Package) -> None:
    gathered = packages.open_or_create(crm_item="D_17", name="closing")
    packages.put_document(gathered.id, paper("2"))

    with pytest.raises(AlreadySent):
        packages.new_attempt(sent.id)

    assert [document.number for document in packages.documents(gathered.id)] == ["2"]


def test_a_refused_package_opens_again_although_another_one_was_begun(database: Database, packages: Packages) -> None:
    refused = packages.open_or_create(crm_item="D_17", name="closing")
    packages.put_document(refused.id, paper())
    freeze(packages, refused)
    begun = packages.open_or_create(crm_item="D_17", name="closing")
    packages.put_document(begun.id, paper("2"))

    packages.thaw(refused.id)

    found = packages.open_of(crm_item="D_17", name="closing")
    assert found is not None
    assert {document.number for document in packages.documents(found.id)} == {"1", "2"}


def test_an_empty_package_stands_in_nobodys_way(packages: Packages, sent: Package) -> None:
    with packages._database.session() as session:
        session.execute(update(Package).where(Package.id == sent.id).values(state="sending"))
    packages.open_or_create(crm_item="D_17", name="closing")

    packages.thaw(sent.id)

    found = packages.open_of(crm_item="D_17", name="closing")
    assert found is not None
    assert [document.number for document in packages.documents(found.id)] == ["1"]


def test_another_portal_changes_no_box_and_no_invitation(database: Database, portal: Portal, stranger: Portal) -> None:
    mine, theirs = Boxes(database, portal.id), Boxes(database, stranger.id)
    account_id = mine.add_account(kind="oidc")
    box = mine.connect(account_id=account_id, box_id="1" * 32, inn="7707083893", kpp="", name="Ромашка")
    mine.map_signer(box.id, bitrix_user_id=7, diadoc_user_id="ours")
    invitations = Invitations(database, portal.id)
    invited = invitations.remember(box_pk=box.id, counteragent_box_id="2" * 32, name="", status="invited_by_us")

    theirs.mark(box.id, "removed")
    theirs.keep_document_types(box.id, [])
    Invitations(database, stranger.id).keep_status(invited.id, "not_in_list")

    found = mine.get(box.id)
    assert found is not None
    assert (found.status, found.document_types) == ("connected", None)
    assert theirs.signer(box.id, bitrix_user_id=7) is None
    still = invitations.get(invited.id)
    assert still is not None
    assert still.status == "invited_by_us"
