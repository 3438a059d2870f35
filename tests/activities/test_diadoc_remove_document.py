import pytest

from activities.diadoc_remove_document import DiadocRemoveDocument
from errors import AlreadySent, DocumentNotFound, InputInvalid
from registry.portal_registry import PortalRegistry

REMOVE = DiadocRemoveDocument()


@pytest.fixture
def package(registry):
    """An open package with two letters: (package id, their numbers)."""
    package = registry.packages.open_or_create(crm_item="D_1", name="")
    return package.id, [letter(registry, package.id, name) for name in ("one.pdf", "two.pdf")]


def letter(registry, package_id, file_name):
    row = {"document_type": "Nonformalized", "file_name": file_name, "sameness": file_name}
    document, _ = registry.packages.put_document(package_id, {**row, "file_size": 1, "sha256": "", "blob": ""})
    return document.id


def test_a_removed_document_is_no_longer_in_its_package(run, registry, package):
    package_id, (first, second) = package

    answer = run(REMOVE, use_document=str(first))

    assert (answer["package_id"], answer["documents_count"]) == (package_id, 1)
    assert [document.id for document in registry.packages.documents(package_id)] == [second]


def test_a_call_that_is_carried_out_twice_removes_once(run, package):
    _, (first, _) = package

    answers = [run(REMOVE, use_document=str(first)) for _ in range(2)]

    assert answers[0] == answers[1]


def test_a_document_removed_before_is_not_found(run, again, lonely_context, package):
    _, (first, _) = package
    run(REMOVE, use_document=str(first))

    with pytest.raises(DocumentNotFound):
        run(REMOVE, on=again(lonely_context), use_document=str(first))


def test_after_the_sending_nothing_is_removed(run, registry, package):
    package_id, (first, _) = package
    registry.packages.freeze(package_id, sending={}, needs_reply={})

    with pytest.raises(AlreadySent):
        run(REMOVE, use_document=str(first))

    assert registry.packages.count(package_id) == 2


def test_another_portals_document_is_as_absent_as_none(run, database, portal):
    theirs = PortalRegistry(database, portal.id)
    package = theirs.packages.open_or_create(crm_item="D_1", name="")
    document_id = letter(theirs, package.id, "theirs.pdf")

    with pytest.raises(DocumentNotFound):
        run(REMOVE, use_document=str(document_id))

    assert theirs.packages.count(package.id) == 1


def test_what_is_no_number_is_a_wrong_input(run):
    with pytest.raises(InputInvalid):
        run(REMOVE, use_document="первый")
