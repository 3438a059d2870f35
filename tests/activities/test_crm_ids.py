"""Which CRM item a workflow runs on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.crm_ids import CrmItem, from_document_id, from_short, from_type_name

DYNAMIC = "Bitrix\\Crm\\Integration\\BizProc\\Document\\Dynamic"


@pytest.mark.parametrize(
    ("document_id", "item", "short"),
    [
        (["crm", "CCrmDocumentLead", "LEAD_777"], CrmItem(1, 777), "L_777"),
        (["crm", "CCrmDocumentDeal", "DEAL_17"], CrmItem(2, 17), "D_17"),
        (["crm", "CCrmDocumentContact", "CONTACT_7"], CrmItem(3, 7), "C_7"),
        (["crm", "CCrmDocumentCompany", "COMPANY_5"], CrmItem(4, 5), "CO_5"),
        (["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\Quote", "QUOTE_3"], CrmItem(7, 3), "Q_3"),
        (
            ["crm", "Bitrix\\Crm\\Integration\\BizProc\\Document\\SmartInvoice", "SMART_INVOICE_3"],
            CrmItem(31, 3),
            "SI_3",
        ),
        (["crm", DYNAMIC, "DYNAMIC_128_6"], CrmItem(128, 6), "T80_6"),
        (["crm", DYNAMIC, "DYNAMIC_177_1"], CrmItem(177, 1), "Tb1_1"),
        ({"0": "crm", "1": "CCrmDocumentDeal", "2": "DEAL_17"}, CrmItem(2, 17), "D_17"),
    ],
)
def test_a_document_id_names_its_item(document_id, item, short):
    found = from_document_id(document_id)

    assert found == item
    assert found.short == str(found) == short
    assert from_short(short) == item


@pytest.mark.parametrize(
    "document_id",
    [
        ["lists", "BizprocDocument", "777"],
        ["disk", "Bitrix\\Disk\\BizProcDocument", "777"],
        ["tasks", "Bitrix\\Tasks\\Integration\\Bizproc\\Document\\Task", "777"],
        ["lists", "BizprocDocument", "DEAL_17"],
        ["crm", "CCrmDocumentDeal", "DEAL_"],
        ["crm", "CCrmDocumentDeal", "DEAL_0"],
        ["crm", "CCrmDocumentDeal", "DYNAMIC_17"],
        ["crm", "CCrmDocumentDeal", ["DEAL_17"]],
        ["crm", "DEAL_17"],
        "crm",
        None,
        [],
    ],
)
def test_what_is_no_crm_item_is_none(document_id):
    assert from_document_id(document_id) is None


@given(st.builds(CrmItem, st.integers(1, 10**8), st.integers(1, 10**15)))
def test_every_name_of_an_item_leads_back_to_it(item):
    assert from_short(item.short) == item
    assert from_type_name(f"{item.type_name}_{item.item_id}") == item


@pytest.mark.parametrize(
    ("text", "item"), [(" d_17 ", CrmItem(2, 17)), ("t80_6", CrmItem(128, 6)), ("DEAL_17", CrmItem(2, 17))]
)
def test_a_short_code_may_be_spelled_freely(text, item):
    assert from_short(text) == item


@pytest.mark.parametrize("text", ["", "17", "D17", "D_", "D_0", "X_5", "T_6", "T0_6", "TZZ_6", "D_17_2", "D_17; DROP"])
def test_what_names_no_item_is_refused(text):
    with pytest.raises(ValueError, match="no CRM item"):
        from_short(text)


@given(st.text())
def test_any_text_is_an_item_or_refused(text):
    try:
        item = from_short(text)
    except ValueError:
        item = None

    assert item is None or from_short(item.short) == item
