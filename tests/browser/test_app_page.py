"""The application's page opens for everybody, in both languages, and nothing goes wrong on it."""

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import axe, frame_of, open_app

TITLES = {"ru": "Электронный документооборот", "en": "Electronic document exchange"}


@pytest.mark.parametrize("language", TITLES)
@pytest.mark.parametrize("user", ["administrator", "manager"])
def test_the_page_opens_and_axe_is_content_with_it(stage, visitor, user, language):
    page = visitor(user, language)

    open_app(page, stage)

    frame = frame_of(page)
    expect(frame.get_by_role("heading", name=TITLES[language])).to_be_visible()
    assert axe(frame) == []
