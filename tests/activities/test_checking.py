from datetime import timedelta

import pytest

from activities.base import error_outputs
from activities.checking import check_package, document_types_of
from activities.counteragents import Recipient
from activities.type_lists import document_types_if_known
from errors import Unavailable
from sandbox.diadoc import seed


@pytest.fixture
def package(registry):
    return registry.packages.open_or_create(crm_item="D_1", name="")


def asked(diadoc_sandbox):
    """How often Diadoc gave its list of document types."""
    return [one["status"] for one in diadoc_sandbox.requests("GetDocumentTypes")].count(200)


def test_a_package_that_fails_is_refused_with_its_first_fault_and_the_texts_of_all(context, package):
    wanted = Recipient(for_inn=seed.CLOSED.inn, for_kpp=seed.CLOSED.kpp)

    checked = check_package(context, package, [], wanted, "none")

    told = {language: error_outputs(checked.error(), language) for language in ("ru", "en")}
    assert [fault.code for fault in checked.faults] == ["PACKAGE_EMPTY", "NOT_PARTNER"]
    assert (told["ru"]["result"], told["ru"]["error_code"]) == ("error", "PACKAGE_EMPTY")
    assert (told["ru"]["retryable"], told["ru"]["who_must_act"]) == (False, "operator")
    assert "нет документов" in told["ru"]["error_text"]
    assert "Отправьте ей приглашение" in told["ru"]["error_text"]
    assert told["en"]["error_text"] == checked.text("en")


def test_a_checked_document_is_told_as_it_will_be_sent(context, package):
    packages = context.registry.packages
    with open(__file__, "rb") as file:
        blob = context.blobs.put(context.portal.id, file)
    letter = {
        "document_type": "Nonformalized",
        "file_name": "Письмо.pdf",
        "sameness": "1",
        "need_reply_signature": "yes",
    }
    packages.put_document(package.id, {**letter, "file_size": blob.size, "sha256": blob.sha256, "blob": blob.key})

    checked = check_package(context, package, packages.documents(package.id), Recipient(), "none")

    (paper,) = checked.papers
    assert checked.is_ready
    assert (paper.function, paper.version, paper.is_formal, paper.metadata) == ("default", "v1", False, {})
    assert (paper.needs_reply, paper.workflow_id) == (True, 1)


def test_the_list_of_types_survives_being_kept(context, box, diadoc_sandbox):
    fresh = document_types_of(context, box)

    kept = document_types_of(context, context.registry.boxes.get(box.id))

    assert kept == fresh
    assert asked(diadoc_sandbox) == 1


def test_the_list_of_types_is_asked_for_again_after_a_day(context, box, diadoc_sandbox):
    document_types_of(context, box)
    kept = context.registry.boxes.get(box.id)
    kept.document_types_read_at -= timedelta(days=1, seconds=1)

    document_types_of(context, kept)

    assert asked(diadoc_sandbox) == 2


def test_an_old_list_of_types_will_do_for_adding_but_not_for_checking(context, box, diadoc_sandbox):
    fresh = document_types_of(context, box)
    kept = context.registry.boxes.get(box.id)
    kept.document_types_read_at -= timedelta(days=2)
    diadoc_sandbox.fault("GetDocumentTypes", "status", status=503, times=-1)

    with pytest.raises(Unavailable):
        document_types_of(context, kept)

    assert document_types_if_known(context, kept) == fresh
    assert document_types_if_known(context, None) is None
