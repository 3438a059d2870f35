"""Formal XML documents on their way into a package: the file tells, inputs may only agree."""

from decimal import Decimal

import pytest

from activities.diadoc_add_document import DiadocAddDocument
from activities.papers import from_json
from errors import InputInvalid, VatRateInvalid
from sandbox.diadoc import seed
from sandbox.portal.driver import CONTRACT_FILE
from tests.activities.formal_files import transfer


@pytest.fixture
def add_xml(run, again, lonely_context, portal_sandbox):
    """add_xml(content, document_type=…): add a formal document without naming its requisites."""

    def add_xml(content, **inputs):
        portal_sandbox.put_file(CONTRACT_FILE, "ON_NSCHFDOPPR_1.xml", content)
        wanted = {
            "source": "field",
            "file_field": CONTRACT_FILE,
            "document_type": "UniversalTransferDocument",
            **inputs,
        }
        return run(DiadocAddDocument(), on=again(lonely_context), **wanted)

    return add_xml


def document(context, added):
    return context.registry.packages.document(added["document_id"])


def test_an_xml_document_tells_its_requisites_itself(lonely_context, add_xml):
    kept = document(lonely_context, add_xml(transfer(function="СЧФДОП")))

    assert (kept.function, kept.version) == ("СЧФДОП", "utd970_05_03_01")
    assert (kept.number, kept.date, kept.metadata_, kept.needs_reply) == ("17", "20.11.2026", {}, True)
    assert kept.recipient_in_file["inn"] == seed.LYUTIK.inn
    assert from_json(kept.requisites).total == Decimal("1220.00")


def test_an_xml_document_is_the_same_by_the_number_inside(add_xml):
    first, second = add_xml(transfer(number="17")), add_xml(transfer(number="17", rate="20%"))

    assert (second["document_id"], second["replaced"]) == (first["document_id"], "Y")
    assert add_xml(transfer(number="18"))["documents_count"] == 2


def test_an_invoice_in_xml_waits_for_no_signature(lonely_context, add_xml):
    kept = document(lonely_context, add_xml(transfer(function="СЧФ"), document_type="Invoice"))

    assert (kept.function, kept.needs_reply) == ("default", False)


@pytest.mark.parametrize(
    "contradiction",
    [
        {"document_type": "Invoice"},
        {"document_type": "XmlProformaInvoice"},
        {"document_function": "СЧФ"},
        {"document_version": "utd820_05_01_01"},
    ],
)
def test_an_input_that_contradicts_the_xml_is_refused(add_xml, contradiction):
    with pytest.raises(InputInvalid):
        add_xml(transfer(function="ДОП"), **contradiction)


def test_an_input_that_repeats_the_xml_is_fine(lonely_context, add_xml):
    added = add_xml(transfer(), document_function="ДОП", document_version="utd970_05_03_01")

    assert document(lonely_context, added).version == "utd970_05_03_01"


@pytest.mark.parametrize("content", [b"not an XML", b"<?xml version='1.0'?><html/>", b"%PDF-1.4"])
def test_what_is_no_formal_document_is_refused(add_xml, content):
    with pytest.raises(InputInvalid) as caught:
        add_xml(content)

    assert "ON_NSCHFDOPPR_1.xml" in caught.value.text("ru")


def test_a_rate_that_no_law_knows_is_refused(add_xml):
    with pytest.raises(VatRateInvalid):
        add_xml(transfer(rate="21%"))
