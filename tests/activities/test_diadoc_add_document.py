import io
from decimal import Decimal

import pytest

from activities import papers
from activities.papers import from_json
from errors import (
    AlreadySent,
    FileAmbiguous,
    InputInvalid,
    MetadataMissing,
    NotConfigured,
    PackageNotFound,
    ReplySignatureFixed,
    TooManyFiles,
    VatRateInvalid,
)
from registry.packages import DOCUMENTS_LIMIT
from registry.portal_registry import PortalRegistry
from sandbox.portal.driver import FILES

PDF = b"%PDF-1.4 a paper"


def document(context, added):
    return context.registry.packages.document(added["document_id"])


def mark_sent(context, package_id, docflow_state="sent"):
    packages = context.registry.packages
    packages.freeze(package_id, sending={}, needs_reply={})
    packages.mark_posted(package_id, message_id="m", packet_id="p", entity_ids={})
    for one in packages.documents(package_id):
        packages.keep_state(one.id, {"docflow_state": docflow_state})


def test_an_invoice_of_the_deal_goes_into_its_open_package(lonely_context, add, invoice):
    added = add()

    kept = document(lonely_context, added)
    assert (added["result"], added["documents_count"], added["replaced"]) == ("ok", 1, "N")
    assert (added["file_name"], added["file_size"]) == ("Счёт № 17.pdf", len(PDF))
    assert added["sha256"] == kept.sha256
    assert (kept.package_id, kept.crm_item) == (added["package_id"], "D_1")
    assert kept.metadata_ == {
        "DocumentNumber": "17",
        "DocumentDate": "20.11.2026",
        "TotalSum": "1220.00",
        "TotalVat": "220.00",
        "Grounds": "Договор № 5",
        "CurrencyCode": "643",
    }
    assert (kept.number, kept.date, kept.needs_reply) == ("17", "20.11.2026", False)
    assert from_json(kept.requisites).total == Decimal("1220.00")
    with lonely_context.blobs.open(kept.blob) as file:
        assert file.read() == PDF


def test_the_workflows_journal_and_the_audit_say_what_was_added(lonely_context, again, add, invoice):
    context = again(lonely_context)

    add(on=context)

    assert "Счёт на оплату № 17 от 20.11.2026" in context.journal.lines[0].ru


def test_packages_of_two_names_do_not_mix(add, invoice):
    first, second = add(package_name="closing"), add(package_name="offer", number="18")

    assert first["package_id"] != second["package_id"]
    assert second["documents_count"] == 1


def test_a_package_may_be_named_by_its_number(add, invoice):
    first = add(package_name="closing")

    second = add(use_package=str(first["package_id"]), number="18")

    assert (second["package_id"], second["documents_count"]) == (first["package_id"], 2)


@pytest.mark.parametrize(("number", "error"), [("404", PackageNotFound), ("второй", InputInvalid)])
def test_a_package_that_is_not_there_is_not_made(add, invoice, number, error):
    with pytest.raises(error):
        add(use_package=number)


def test_another_portals_package_is_as_absent_as_none(lonely_context, add, invoice, portal):
    theirs = PortalRegistry(lonely_context.registry.database, portal.id)
    package = theirs.packages.open_or_create(crm_item="D_1", name="")

    with pytest.raises(PackageNotFound):
        add(use_package=str(package.id))


def test_a_package_on_its_way_takes_nothing_more(lonely_context, add, invoice):
    package_id = add()["package_id"]
    mark_sent(lonely_context, package_id)

    with pytest.raises(AlreadySent):
        add(use_package=str(package_id), number="18")


def test_after_the_sending_another_paper_begins_another_package(lonely_context, add, invoice):
    first = add()
    mark_sent(lonely_context, first["package_id"])

    second = add(number="18")

    assert second["package_id"] != first["package_id"]


def test_no_more_than_diadoc_takes_fit_into_a_package(lonely_context, add, invoice):
    package_id = add()["package_id"]
    row = dict.fromkeys(("document_type", "file_name", "sha256", "blob"), "") | {"file_size": 1}
    for number in range(DOCUMENTS_LIMIT - 1):
        lonely_context.registry.packages.put_document(package_id, {**row, "sameness": str(number)})

    with pytest.raises(TooManyFiles):
        add(number="18")


def test_everything_that_is_missing_is_named_and_no_package_is_left_behind(lonely_context, add, invoice):
    with pytest.raises(MetadataMissing) as caught:
        add(number="", date="", total="", vat="")

    names = caught.value.text("ru")
    assert all(part in names for part in ("Номер документа", "Дата документа", "Сумма", "Сумма НДС"))
    assert lonely_context.registry.packages.open_of(crm_item="D_1", name="") is None


@pytest.mark.parametrize(("mode", "vat"), [("none", "220"), ("none", ""), ("auto", ""), ("auto", "0")])
def test_without_vat_its_key_is_left_out(lonely_context, add, invoice, mode, vat):
    added = add(vat_mode=mode, vat=vat)

    assert "TotalVat" not in document(lonely_context, added).metadata_


@pytest.mark.parametrize("vat", ["1220", "300", "5000"])
def test_more_vat_than_any_rate_gives_is_refused(add, invoice, vat):
    with pytest.raises(VatRateInvalid):
        add(vat=vat)


def test_a_money_field_brings_its_currency(lonely_context, add, invoice):
    added = add(total="100.50|USD", vat_mode="none", vat="")

    assert document(lonely_context, added).metadata_["CurrencyCode"] == "840"
    assert document(lonely_context, added).metadata_["TotalSum"] == "100.50"


def test_two_currencies_in_one_paper_are_refused(add, invoice):
    with pytest.raises(InputInvalid) as caught:
        add(total="100.50|USD", currency="RUB")

    assert caught.value.facts["value"] == "RUB, USD"


def test_digits_and_letters_of_one_currency_agree(add, invoice):
    assert add(total="1220|RUB", currency="643")["result"] == "ok"


def test_a_reply_signature_that_the_kind_forbids_is_refused(add, invoice):
    with pytest.raises(ReplySignatureFixed):
        add(need_reply_signature="yes")


@pytest.mark.parametrize(("choice", "expected"), [("by_type", True), ("yes", True), ("no", False)])
def test_an_act_leaves_the_reply_signature_to_choose(lonely_context, add, invoice, choice, expected):
    added = add(document_type="AcceptanceCertificate", need_reply_signature=choice)

    assert document(lonely_context, added).needs_reply is expected


def test_a_comment_beyond_diadocs_limit_is_refused(add, invoice):
    with pytest.raises(InputInvalid):
        add(comment="x" * 5001)


def test_a_file_that_is_not_chosen_leaves_no_package_behind(lonely_context, add, portal_sandbox):
    for name in ("one.pdf", "two.pdf"):
        portal_sandbox.put_file(FILES, name, PDF)

    with pytest.raises(FileAmbiguous):
        add(file_field=FILES)

    assert lonely_context.registry.packages.open_of(crm_item="D_1", name="") is None


def test_the_registry_of_the_crm_is_not_configured_yet(add):
    with pytest.raises(NotConfigured):
        add(source="registry")


def test_a_list_needs_an_item_or_a_package(lonely_context, again, add, invoice):
    on_a_list = again(lonely_context, crm_item=None)
    package_id = add()["package_id"]

    with pytest.raises(InputInvalid):
        add(on=again(on_a_list))
    added = add(on=again(on_a_list), use_package=str(package_id), number="18")

    assert added["documents_count"] == 2


def test_the_list_of_the_box_decides_which_keys_are_sent(context, add, invoice):
    added = add(document_type="Contract", contract_type="Поставка", grounds="не для договора")

    assert document(context, added).metadata_ == {
        "DocumentNumber": "17",
        "DocumentDate": "20.11.2026",
        "ContractPrice": "1220.00",
        "ContractType": "Поставка",
    }


def test_a_key_that_only_the_boxs_list_names_takes_the_items_currency(context, box, add, invoice):
    add()
    types = context.registry.boxes.get(box.id).document_types
    (act,) = (one for one in types if one["type_named_id"] == "AcceptanceCertificate")
    items = act["functions"][0]["versions"][0]["titles"][0]["metadata_items"]
    items.append({"key": "CurrencyCode", "type": 0, "source": 1, "is_required": True})
    context.registry.boxes.keep_document_types(box.id, types)

    added = add(document_type="AcceptanceCertificate")

    assert document(context, added).metadata_["CurrencyCode"] == "643"


def test_the_list_of_the_box_is_asked_for_once_a_day(context, add, invoice, diadoc_sandbox):
    add()
    add(number="18")

    assert [one["status"] for one in diadoc_sandbox.requests("GetDocumentTypes")].count(200) == 1


def test_while_diadoc_is_away_documents_are_gathered_all_the_same(context, add, invoice, diadoc_sandbox):
    diadoc_sandbox.fault("*", "status", status=503, times=-1)

    assert add()["documents_count"] == 1


def test_the_largest_paper_streams_through_with_flat_memory(lonely_context, add, portal_sandbox):
    folder = lonely_context.bitrix24.disk_storage_get_for_app().root_folder_id
    file = lonely_context.bitrix24.disk_folder_upload_file(
        folder_id=folder, file_name="large.pdf", content=_Zeros(papers.LIMIT_BYTES), size=papers.LIMIT_BYTES
    )

    added = add(source="drive", drive_file_id=f"n{file.id}")

    assert added["file_size"] == papers.LIMIT_BYTES


class _Zeros(io.RawIOBase):
    def __init__(self, size):
        self.left = size

    def read(self, size=-1):
        taken = min(size, self.left)
        self.left -= taken
        return bytes(taken)
