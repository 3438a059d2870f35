"""An administrator reads the reports: tables, a chart, another period, a file."""

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.helpers import axe, frame_of, open_app

TAB = {"ru": "Отчёты", "en": "Reports"}
SHOW = {"ru": "Показать", "en": "Show"}
STAGES = {"ru": "По стадиям", "en": "By stage"}
FROM, TO = {"ru": "С", "en": "From"}, {"ru": "По", "en": "To"}


@pytest.fixture
def reports(stage, visitor):
    def opens(language: str = "ru", allow=()) -> tuple[Page, Frame]:
        page = visitor("administrator", language, allow)
        open_app(page, stage)
        frame = frame_of(page)
        frame.get_by_role("tab", name=TAB[language], exact=True).click()
        expect(frame.get_by_role("heading", name=STAGES[language], exact=True)).to_be_visible()
        return page, frame

    return opens


@pytest.mark.parametrize("language", TAB)
def test_the_report_shows_tables_and_draws_its_chart(reports, screenshot, language):
    page, frame = reports(language)

    expect(frame.locator("figure.chart canvas")).to_be_visible()
    assert axe(frame) == []
    screenshot(page, f"reports-{language}")


def test_another_period_is_shown_without_leaving_the_page(reports):
    _, frame = reports()

    frame.get_by_label(FROM["ru"], exact=True).fill("2026-01-01")
    frame.get_by_label(TO["ru"], exact=True).fill("2026-01-31")
    frame.get_by_role("button", name=SHOW["ru"], exact=True).click()

    expect(frame.get_by_text("За этот период документов нет")).to_be_visible()
    expect(frame.locator("figure.chart canvas")).to_be_visible()


def test_a_period_that_cannot_be_is_told_beside_the_form(reports):
    _, frame = reports(allow=("console: .* 422", "response: .* 422"))

    frame.get_by_label(FROM["ru"], exact=True).fill("2026-02-01")
    frame.get_by_label(TO["ru"], exact=True).fill("2026-01-01")
    frame.get_by_role("button", name=SHOW["ru"], exact=True).click()

    expect(frame.locator("#panel [data-message]").first).to_contain_text("период")


def test_a_table_is_saved_as_a_file(reports):
    page, frame = reports()

    with page.expect_download() as saved:
        frame.get_by_role("button", name="Скачать CSV: По стадиям").click()

    assert saved.value.suggested_filename.startswith("stages-")
    assert "Стадия" in saved.value.path().read_text(encoding="utf-8-sig")
