import pytest

from activities.gathering import find_document, find_package
from errors import DocumentNotFound, InputInvalid, PackageNotFound
from registry.portal_registry import PortalRegistry


@pytest.fixture
def package_of(registry):
    """package_of("closing", "sent"): a package of the deal D_1 by name and state."""

    def package_of(name="", state="open", crm_item="D_1"):
        package = registry.packages.open_or_create(crm_item=crm_item, name=name)
        if state in ("sending", "sent"):
            registry.packages.freeze(package.id, sending={}, needs_reply={})
        if state == "sent":
            registry.packages.mark_posted(package.id, message_id="m", packet_id="p", entity_ids={})
        return package.id

    return package_of


def test_the_open_package_of_the_item_is_meant_before_a_sent_one(lonely_context, package_of):
    package_of(state="sent")
    open_id = package_of()

    assert find_package(lonely_context).id == open_id


def test_a_package_whose_sending_has_begun_is_still_meant(lonely_context, package_of):
    package_of(state="sent")
    sending_id = package_of(state="sending")

    assert find_package(lonely_context).id == sending_id


def test_after_the_sending_the_last_sent_package_is_meant(lonely_context, package_of):
    package_of(state="sent")
    last_id = package_of(state="sent")

    assert find_package(lonely_context).id == last_id


def test_names_and_items_are_kept_apart(lonely_context, package_of):
    plain_id, closing_id, other_id = package_of(), package_of("closing"), package_of(crm_item="T80_6")

    assert find_package(lonely_context).id == plain_id
    assert find_package(lonely_context, package_name="closing").id == closing_id
    assert find_package(lonely_context, crm_item="T80_6").id == other_id


def test_a_number_is_understood_as_the_portal_prints_it(lonely_context, again, package_of):
    package_id = package_of("closing")

    assert find_package(again(lonely_context, crm_item=None), use_package=f" {package_id}.0").id == package_id


@pytest.mark.parametrize("inputs", [{}, {"use_package": "404"}, {"package_name": "closing"}, {"crm_item": "D_2"}])
def test_no_package_is_an_error_of_its_own(lonely_context, inputs):
    with pytest.raises(PackageNotFound):
        find_package(lonely_context, **inputs)


@pytest.mark.parametrize("inputs", [{"use_package": "первый"}, {"use_package": "-1"}, {"crm_item": "сделка"}])
def test_what_cannot_be_read_is_a_wrong_input(lonely_context, inputs):
    with pytest.raises(InputInvalid):
        find_package(lonely_context, **inputs)


def test_a_list_without_an_item_is_asked_for_one(lonely_context, again):
    with pytest.raises(InputInvalid):
        find_package(again(lonely_context, crm_item=None))


def test_another_portals_packages_and_documents_are_absent(lonely_context, database, portal):
    theirs = PortalRegistry(database, portal.id).packages
    package = theirs.open_or_create(crm_item="D_1", name="")
    row = {"document_type": "Nonformalized", "file_name": "a", "sameness": "a", "sha256": "", "blob": ""}
    document, _ = theirs.put_document(package.id, {**row, "file_size": 1})

    with pytest.raises(PackageNotFound):
        find_package(lonely_context)
    with pytest.raises(PackageNotFound):
        find_package(lonely_context, use_package=str(package.id))
    with pytest.raises(DocumentNotFound):
        find_document(lonely_context, str(document.id))
