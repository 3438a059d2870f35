"""A manager's whole day in the card of a deal, with a mouse."""

import pytest
from playwright.sync_api import expect

from tests.browser.deal_tab_visits import SECONDS, WORDS, DealTab, sent, wait_delivered
from tests.browser.helpers import axe
from tests.scenarios.story import PDF

SETTINGS = {"STATUS_POLL_SECONDS": "0.3"}


@pytest.mark.parametrize("language", WORDS)
def test_two_documents_are_sent_signed_by_both_and_opened(stage, visitor, screenshot, language):
    words = WORDS[language]
    deal = stage.deal(("Счёт.pdf", PDF + b"%1"), ("Акт.pdf", PDF + b"%2"))
    tab = DealTab.of(visitor("manager", language), deal, language).ready()

    # two documents are ticked; the invoice lacks its VAT
    invoice = tab.tick(0, type="ProformaInvoice", number="17", date="2026-11-20", total="1220,00")
    tab.tick(1, type="AcceptanceCertificate", number="8", date="2026-11-20", total="1220,00", vat="220,00")
    assert tab.is_within_its_width()
    screenshot(tab.page, f"deal-tab-{language}")
    tab.press("send")

    # the fault is told beside its field, and nothing was sent
    vat = tab.field(invoice, "vat")
    expect(tab.frame.locator("#fault-list")).to_contain_text(words["vat_missing"], timeout=SECONDS)
    expect(vat).to_have_attribute("aria-invalid", "true")
    expect(invoice.locator(".field.wrong .error")).to_contain_text(words["vat_missing"])
    assert stage.diadoc_sandbox.requests("PostMessage") == []
    assert axe(tab.frame) == []
    screenshot(tab.page, f"deal-tab-fault-{language}")

    # it is mended and sent
    vat.fill("220,00")
    tab.press("send")
    tab.told("sent")
    package = sent(stage, deal)
    tab.shows(package.id, "waiting")
    tab.shows(package.id, "our_signer")
    assert axe(tab.frame) == []

    # both sign, and the page shows it by itself
    stage.diadoc_sandbox.sign_by_sender(package.message_id)
    wait_delivered(stage, package.message_id)
    tab.shows(package.id, "delivered")
    stage.diadoc_sandbox.sign_by_recipient(package.message_id)
    tab.shows(package.id, "signed")
    tab.package(package.id).scroll_into_view_if_needed()
    screenshot(tab.page, f"deal-tab-signed-{language}")

    # the signed PDF is opened
    row = tab.package(package.id)
    row.get_by_role("button", name=words["get_files"]).click()
    expect(tab.frame.locator("#told")).to_contain_text(words["received"], timeout=SECONDS)
    with tab.page.context.expect_event("response", lambda one: "/deal-tab/files/" in one.url) as opened:
        row.get_by_role("button", name=words["pdf"]).first.click()
    assert opened.value.status == 200
    assert opened.value.headers["content-type"] == "application/pdf"

    # the timeline tells the same, in one entry
    tab.page.reload()
    entry = tab.page.locator("#timeline .entry.configurable")
    expect(entry).to_have_count(1)
    expect(entry.locator(".tag.success")).to_be_visible(timeout=SECONDS)
    entry.scroll_into_view_if_needed()
    screenshot(tab.page, f"timeline-{language}")
