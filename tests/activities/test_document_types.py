"""Kinds of documents: which requisites they need, what is sent of them, and who has to sign."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.document_types import (
    DOCUMENT_TYPES,
    OPTIONS,
    DocumentRequisites,
    TypeKeys,
    build_metadata,
    chosen_version,
    keys_of,
    missing,
    need_reply_signature,
)
from activities.values import Text
from clients.diadoc.models import (
    DocumentFunction,
    DocumentTitle,
    DocumentType,
    DocumentVersion,
    MetadataItem,
)
from errors import InputInvalid, ReplySignatureFixed

FULL = DocumentRequisites(
    number="17",
    date=date(2026, 11, 20),
    total=Decimal("1200.00"),
    vat=Decimal("216.39"),
    currency="RUB",
    grounds="Договор 5",
    contract_number="5",
    contract_date=date(2026, 1, 9),
    contract_type="Поставка",
    effective_date=date(2026, 12, 1),
)
INFORMAL = sorted(code for code, known in DOCUMENT_TYPES.items() if not known.is_formal)
FORMAL = sorted(code for code, known in DOCUMENT_TYPES.items() if known.is_formal)


def title(*items):
    made = [MetadataItem(key=key, type=0, source=source, is_required=required) for key, source, required in items]
    return DocumentTitle(index=0, is_formal=False, metadata_items=tuple(made))


def test_an_invoice_carries_its_requisites_in_diadocs_formats():
    metadata = build_metadata("ProformaInvoice", FULL)

    assert metadata == {
        "DocumentNumber": "17",
        "DocumentDate": "20.11.2026",
        "TotalSum": "1200.00",
        "TotalVat": "216.39",
        "Grounds": "Договор 5",
        "CurrencyCode": "643",
    }


def test_the_total_of_a_contract_is_its_price():
    metadata = build_metadata("Contract", FULL)

    assert metadata["ContractPrice"] == "1200.00"
    assert metadata["ContractType"] == "Поставка"
    assert "TotalSum" not in metadata
    assert "TotalVat" not in metadata


def test_the_contract_of_a_price_list_has_keys_of_its_own():
    metadata = build_metadata("PriceList", FULL)

    assert metadata["PriceListEffectiveDate"] == "01.12.2026"
    assert metadata["ContractDocumentNumber"] == "5"
    assert metadata["ContractDocumentDate"] == "09.01.2026"


@pytest.mark.parametrize("code", INFORMAL)
def test_a_document_with_all_requisites_lacks_none(code):
    assert missing(code, FULL) == []


@pytest.mark.parametrize("code", FORMAL)
def test_an_xml_document_needs_no_requisites_of_ours(code):
    assert missing(code, DocumentRequisites()) == []
    assert build_metadata(code, FULL) == {}


def test_all_missing_requisites_are_named_at_once():
    lacking = missing("SupplementaryAgreement", DocumentRequisites())

    assert [one.field for one in lacking] == ["number", "date", "contract_number", "contract_date"]
    assert all(one.label.ru and one.label.en for one in lacking)


@pytest.mark.parametrize(
    ("vat_mode", "vat", "sent", "lacking"),
    [
        ("amount", None, None, ["vat"]),
        ("amount", Decimal("0.00"), "0.00", []),
        ("amount", Decimal("20.00"), "20.00", []),
        ("none", Decimal("20.00"), None, []),
        ("auto", None, None, []),
        ("auto", Decimal("0.00"), None, []),
        ("auto", Decimal("20.00"), "20.00", []),
    ],
)
def test_no_vat_is_said_by_leaving_the_key_out(vat_mode, vat, sent, lacking):
    requisites = DocumentRequisites(
        number="1", date=date(2026, 1, 1), total=Decimal("120.00"), vat=vat, vat_mode=vat_mode
    )

    assert build_metadata("ProformaInvoice", requisites).get("TotalVat") == sent
    assert [one.field for one in missing("ProformaInvoice", requisites)] == lacking


def test_the_boxs_list_decides_what_is_required_and_what_is_sent():
    keys = keys_of(title(("FileName", 1, True), ("DocumentNumber", 1, True), ("Cargo", 1, True), ("TotalSum", 0, True)))

    metadata = build_metadata("Nonformalized", FULL, keys)
    lacking = missing("Nonformalized", FULL, keys)

    assert keys == TypeKeys(frozenset({"DocumentNumber", "Cargo"}), frozenset({"DocumentNumber", "Cargo"}))
    assert metadata == {"DocumentNumber": "17"}
    assert lacking == [("metadata", Text("Cargo", "Cargo"))]


def test_a_key_without_a_field_is_given_as_free_metadata():
    keys = TypeKeys(frozenset({"Cargo"}), frozenset({"Cargo", "DocumentNumber"}))
    requisites = DocumentRequisites(number="1", metadata=["Cargo = 5 коробок = 2 паллеты", "DocumentNumber="])

    assert build_metadata("Nonformalized", requisites, keys) == {"Cargo": "5 коробок = 2 паллеты"}
    assert missing("Nonformalized", requisites, keys) == []


@pytest.mark.parametrize(
    ("code", "line", "keys"),
    [
        ("Nonformalized", "no equals sign", None),
        ("Nonformalized", "=value", None),
        ("Nonformalized", "Invented=1", TypeKeys(frozenset(), frozenset({"DocumentNumber"}))),
        ("UniversalTransferDocument", "DocumentNumber=1", None),
    ],
)
def test_metadata_that_the_kind_does_not_know_is_refused(code, line, keys):
    with pytest.raises(InputInvalid) as raised:
        build_metadata(code, DocumentRequisites(metadata=[line]), keys)

    assert raised.value.facts["value"] == line


def test_an_unknown_currency_is_refused():
    with pytest.raises(InputInvalid) as raised:
        build_metadata("ProformaInvoice", DocumentRequisites(currency="XXX"))

    assert raised.value.facts["value"] == "XXX"


@given(
    st.sampled_from(sorted(DOCUMENT_TYPES)),
    st.builds(
        DocumentRequisites,
        number=st.text(max_size=5),
        date=st.none() | st.dates(min_value=date(1900, 1, 1)),
        total=st.none() | st.decimals(min_value=0, max_value=10**9, places=2),
        vat=st.none() | st.decimals(min_value=0, max_value=10**9, places=2),
        vat_mode=st.sampled_from(["amount", "none", "auto"]),
    ),
    st.none() | st.builds(lambda keys: TypeKeys(frozenset(keys), frozenset(keys)), st.sets(st.sampled_from("AB"))),
)
def test_what_is_sent_is_filled_and_known_and_what_is_not_is_missing(code, requisites, keys):
    metadata = build_metadata(code, requisites, keys)
    lacking = missing(code, requisites, keys)

    required, allowed = keys or DOCUMENT_TYPES[code].keys
    assert set(metadata) <= allowed
    assert all(metadata.values())
    assert bool(required - set(metadata) - {"TotalVat"}) <= bool(lacking)


@pytest.mark.parametrize(
    ("code", "choice", "workflow_id", "expected"),
    [
        ("AcceptanceCertificate", "by_type", 1, True),
        ("PriceListAgreement", "by_type", None, True),
        ("Nonformalized", "by_type", 1, False),
        ("CertificateRegistry", "by_type", None, False),
        ("Nonformalized", "yes", 1, True),
        ("AcceptanceCertificate", "no", None, False),
        ("Contract", "by_type", None, True),
        ("Contract", "yes", 2, True),
        ("Contract", "no", 1, False),
        ("ProformaInvoice", "by_type", 6, False),
        ("ProformaInvoice", "by_type", None, False),
        ("ProformaInvoice", "no", 6, False),
        ("Nonformalized", "no", 4711, False),
    ],
)
def test_the_reply_signature_goes_by_the_workflow_then_the_choice(code, choice, workflow_id, expected):
    assert need_reply_signature(code, choice, workflow_id) is expected


@pytest.mark.parametrize(
    ("function", "expected"), [("СЧФ", False), ("ДОП", True), ("СЧФДОП", True), ("КСЧФ", False), ("ДИС", True)]
)
def test_an_xml_document_is_answered_by_its_function(function, expected):
    assert need_reply_signature("UniversalTransferDocument", "by_type", None, function) is expected


@pytest.mark.parametrize(
    ("code", "choice", "workflow_id"),
    [("Contract", "no", 2), ("ProformaInvoice", "yes", 6), ("ProformaInvoice", "yes", None), ("Invoice", "yes", 10)],
)
def test_a_choice_that_the_workflow_forbids_is_refused(code, choice, workflow_id):
    with pytest.raises(ReplySignatureFixed):
        need_reply_signature(code, choice, workflow_id)


def test_the_actual_version_is_chosen_unless_one_is_named():
    old, new = (
        DocumentVersion(version=name, is_actual=actual, rejection_type="", workflows=(), titles=())
        for name, actual in (("v1", False), ("v2", True))
    )
    description = DocumentType(
        type_named_id="UniversalTransferDocument",
        title="УПД",
        is_external=True,
        requires_fns_registration=True,
        universal_messages_since="",
        functions=(DocumentFunction(name="СЧФ", versions=(old, new)),),
    )

    assert chosen_version(description, "СЧФ") is new
    assert chosen_version(description, "СЧФ", "v1") is old
    assert chosen_version(description, "СЧФ", "v3") is None
    assert chosen_version(description) is None


def test_every_kind_is_offered_with_both_names():
    names = SimpleNamespace(ru=[name.ru for name in OPTIONS.values()], en=[name.en for name in OPTIONS.values()])

    assert len(OPTIONS) == 19
    assert all(names.ru)
    assert all(names.en)
    assert len(set(names.ru)) == len(set(names.en)) == len(OPTIONS)
