"""The application's page: what an administrator and a manager see, in both languages."""

import pytest

from tests.browser.helpers import frame_of, open_app

TITLES = {"ru": "Электронный документооборот", "en": "Electronic document exchange"}
BOXES = {"ru": "Ящики Диадока", "en": "Boxes of Diadoc"}


@pytest.mark.parametrize("language", TITLES)
def test_an_administrator_sees_our_box(stage, visitor, language):
    page = visitor("administrator", language)

    open_app(page, stage)

    frame = frame_of(page)
    assert frame.get_by_role("heading", name=BOXES[language]).is_visible()
    assert frame.get_by_role("cell", name="Ромашка").first.is_visible()


@pytest.mark.parametrize("language", TITLES)
def test_a_manager_sees_no_boxes(stage, visitor, language):
    page = visitor("manager", language)

    open_app(page, stage)

    frame = frame_of(page)
    assert frame.get_by_role("heading", name=TITLES[language]).is_visible()
    assert frame.get_by_role("heading", name=BOXES[language]).count() == 0
