"""The same paper once more: what replaces, what is refused, what begins a package of its own."""

import pytest

from errors import Duplicate
from sandbox.portal.driver import CONTRACT_FILE, DEAL_TYPE, FILES

PDF = b"%PDF-1.4 a paper"


def document(context, added):
    return context.registry.packages.document(added["document_id"])


def mark_sent(context, package_id, docflow_state="sent"):
    packages = context.registry.packages
    packages.freeze(package_id, sending={}, needs_reply={})
    packages.mark_posted(package_id, message_id="m", packet_id="p", entity_ids={})
    for one in packages.documents(package_id):
        packages.keep_state(one.id, {"docflow_state": docflow_state})


def test_the_same_paper_again_replaces_the_first(lonely_context, add, invoice, portal_sandbox):
    first = add()
    portal_sandbox.put_file(CONTRACT_FILE, "Счёт № 17 (2).pdf", PDF + b"2")

    second = add()

    assert (second["document_id"], second["documents_count"], second["replaced"]) == (first["document_id"], 1, "Y")
    assert document(lonely_context, second).file_name == "Счёт № 17 (2).pdf"


def test_a_call_that_is_carried_out_twice_answers_the_same(lonely_context, again, add, invoice):
    context = again(lonely_context)

    first, second = add(on=context), add(on=context)

    assert first == second
    assert second["replaced"] == "N"


def test_a_call_repeated_after_the_sending_is_no_duplicate_of_itself(lonely_context, again, add, invoice):
    context = again(lonely_context)
    first = add(on=context)
    mark_sent(lonely_context, first["package_id"])

    assert add(on=context) == first


@pytest.mark.parametrize("changed", [{"number": "18"}, {"date": "21.11.2026"}, {"document_type": "Torg12"}])
def test_another_number_date_or_kind_is_another_paper(add, invoice, changed):
    add()

    assert add(**changed)["documents_count"] == 2


def test_without_a_number_the_file_name_tells_papers_apart(add, portal_sandbox):
    letter = {"document_type": "Nonformalized", "number": "", "date": "", "total": "", "vat": "", "grounds": ""}
    portal_sandbox.put_file(FILES, "one.pdf", PDF)
    portal_sandbox.put_file(FILES, "two.pdf", PDF)

    counts = [add(**letter, file_field=FILES, file_number=number)["documents_count"] for number in (1, 2, 1)]

    assert counts == [1, 2, 2]


@pytest.mark.parametrize("state", ["sent", "delivered", "signed_by_counteragent", "waiting_for_our_signature"])
def test_a_paper_that_was_sent_is_a_duplicate(lonely_context, add, invoice, state):
    first = add()
    mark_sent(lonely_context, first["package_id"], state)

    with pytest.raises(Duplicate) as caught:
        add()

    assert caught.value.facts["document_id"] == first["document_id"]
    assert lonely_context.registry.packages.open_of(crm_item="D_1", name="") is None


@pytest.mark.parametrize("state", ["refused", "refused_by_our_signer", "revoked", "deleted"])
def test_a_paper_that_came_to_nothing_may_be_sent_once_more(lonely_context, add, invoice, state):
    mark_sent(lonely_context, add()["package_id"], state)

    assert add()["documents_count"] == 1


def test_a_wanted_duplicate_is_allowed(lonely_context, add, invoice):
    mark_sent(lonely_context, add()["package_id"])

    assert add(allow_duplicate="Y")["replaced"] == "N"


def test_the_same_paper_of_another_deal_is_another_paper(lonely_context, add, invoice, portal_sandbox):
    mark_sent(lonely_context, add()["package_id"])
    deal = portal_sandbox.create_item(DEAL_TYPE, {"TITLE": "Вторая"})
    portal_sandbox.put_file(CONTRACT_FILE, "Счёт.pdf", PDF, item_id=deal)

    assert add(crm_item=f"D_{deal}")["documents_count"] == 1
