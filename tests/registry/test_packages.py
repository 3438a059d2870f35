from typing import Any

import pytest

from errors import AlreadySent, PackageNotFound, TooManyFiles, Unavailable
from registry.boxes import Boxes
from registry.database import Database
from registry.packages import DOCUMENTS_LIMIT, Packages, operation_id
from registry.portals import Installation, Portals
from registry.tables import Package, Portal


@pytest.fixture
def packages(database: Database, portal: Portal) -> Packages:
    return Packages(database, portal.id)


@pytest.fixture
def package(packages: Packages) -> Package:
    return packages.open_or_create(crm_item="D_17", name="closing")


def paper(number: str = "1") -> dict[str, Any]:
    return {
        "sameness": f"ProformaInvoice/{number}/01.11.2026",
        "document_type": "ProformaInvoice",
        "number": number,
        "file_name": f"invoice-{number}.pdf",
        "file_size": 10,
        "sha256": "0" * 64,
        "blob": "1/00",
    }


def freeze(packages: Packages, package: Package, **sending: Any) -> Package:
    return packages.freeze(package.id, sending=sending, needs_reply={}, mode="delay_send", counteragent={})


def test_an_item_has_one_open_package_a_name(packages: Packages, package: Package) -> None:
    again = packages.open_or_create(crm_item="D_17", name="closing")
    other = packages.open_or_create(crm_item="D_17", name="")

    assert again.id == package.id
    assert other.id != package.id


def test_the_same_paper_is_replaced_in_an_open_package(packages: Packages, package: Package) -> None:
    first, replaced_first = packages.put_document(package.id, paper())
    second, replaced_second = packages.put_document(package.id, {**paper(), "file_size": 20})

    assert (replaced_first, replaced_second) == (False, True)
    assert first.id == second.id
    assert [document.file_size for document in packages.documents(package.id)] == [20]


def test_the_forty_first_paper_is_refused(packages: Packages, package: Package) -> None:
    for number in range(DOCUMENTS_LIMIT):
        packages.put_document(package.id, paper(str(number)))

    with pytest.raises(TooManyFiles):
        packages.put_document(package.id, paper("41"))


def test_a_frozen_package_takes_no_paper_and_loses_none(packages: Packages, package: Package) -> None:
    document, _ = packages.put_document(package.id, paper())
    freeze(packages, package)

    with pytest.raises(AlreadySent):
        packages.put_document(package.id, paper("2"))
    with pytest.raises(AlreadySent):
        packages.remove_document(document)


def test_freezing_twice_keeps_what_was_frozen_first(packages: Packages, package: Package) -> None:
    packages.put_document(package.id, paper())

    first = freeze(packages, package, to="first")
    second = freeze(packages, package, to="second")

    assert first.sending == second.sending == {"to": "first"}


def test_ids_for_diadoc_are_derived_and_differ_by_attempt(packages: Packages, package: Package) -> None:
    packages.put_document(package.id, paper())
    freeze(packages, package)
    packages.mark_posted(package.id, message_id="m1", packet_id="p1", entity_ids={})
    again = packages.new_attempt(package.id)
    packages.freeze(again.id, sending={}, needs_reply={})

    first, second = packages.get(package.id), packages.get(again.id)
    assert first is not None
    assert second is not None
    assert operation_id(first, "post") == operation_id(first, "post") != operation_id(second, "post")
    old, new = packages.documents(first.id)[0], packages.documents(second.id)[0]
    assert old.custom_document_id != new.custom_document_id
    assert (old.message_id, new.message_id) == ("m1", None)


def test_only_one_process_works_on_a_package(packages: Packages, package: Package) -> None:
    with packages.exclusively(package.id), pytest.raises(Unavailable) as refused, packages.exclusively(package.id):
        pass

    assert refused.value.temporary
    with packages.exclusively(package.id):
        pass


def test_another_portal_sees_nothing_of_it(database: Database, packages: Packages, package: Package) -> None:
    document, _ = packages.put_document(package.id, paper())
    stranger = Portals(database).install(
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
    account_id = Boxes(database, packages._portal_id).add_account(kind="oidc")
    box = Boxes(database, packages._portal_id).connect(account_id=account_id, box_id="1" * 32, inn="1", kpp="", name="")

    theirs = Packages(database, stranger.id)

    assert theirs.get(package.id) is None
    assert theirs.document(document.id) is None
    assert theirs.documents(package.id) == []
    assert theirs.open_of(crm_item="D_17", name="closing") is None
    assert theirs.same_documents(crm_item="D_17", sameness=document.sameness) == []
    assert Boxes(database, stranger.id).get(box.id) is None
    with pytest.raises(PackageNotFound):
        theirs.put_document(package.id, paper("2"))


def test_a_state_that_changed_leaves_a_line_of_history(packages: Packages, package: Package) -> None:
    document, _ = packages.put_document(package.id, paper())

    changed = packages.keep_state(document.id, {"docflow_state": "sent"})
    same = packages.keep_state(document.id, {"docflow_state": "sent"})

    assert (changed, same) == (True, False)
    assert [change.docflow_state for change in packages.history(document.id)] == ["sent"]
