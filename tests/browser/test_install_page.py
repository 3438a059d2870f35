"""The installer's page: an administrator opens it once, everybody else waits for that."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import opened
from tests.browser.helpers import axe, frame_of, open_app
from tests.scenarios.installations import Installation
from tests.scenarios.product import wait_registered, wait_until

TITLES = {"ru": "Электронный документооборот", "en": "Electronic document exchange"}
INSTALLED = {"ru": "Приложение установлено", "en": "The application is installed"}
NEXT = {"ru": "Следующий шаг: подключить ящики Диадока", "en": "The next step: connect boxes of Diadoc"}
NOT_YET = {"ru": "Приложение ещё не установлено до конца", "en": "The application is not installed completely"}


@pytest.fixture
def house(
    postgres: str, portal_process: list[str], diadoc_process: list[str], tmp_path: Path
) -> Iterator[Installation]:
    """Its card is saved on the portal and not installed yet; nothing runs."""
    with opened(postgres, portal_process, diadoc_process, tmp_path) as made:
        yield made


@pytest.mark.parametrize("language", TITLES)
def test_opening_the_page_installs_the_application_and_shows_it(stage, visitor, language):
    stage.product.start("web", "worker")
    page = visitor("administrator", language)
    finishing: list[Route] = []
    # the portal loads its page anew as soon as it has heard
    page.route("**/_frame/*/finish", lambda route: finishing.append(route))

    open_app(page, stage)

    frame = frame_of(page)
    expect(frame.get_by_role("heading", name=INSTALLED[language])).to_be_visible()
    expect(frame.get_by_text(NEXT[language])).to_be_visible()
    assert axe(frame) == []

    (finish,) = finishing
    finish.continue_()
    wait_until(lambda: stage.portal_sandbox.app(stage.app)["is_installed"], what="the installation")
    expect(page.frame_locator("iframe").get_by_role("heading", name=TITLES[language])).to_be_visible()
    wait_registered(stage.portal_sandbox, stage.app)


@pytest.mark.parametrize("language", NOT_YET)
def test_others_wait_until_an_administrator_has_installed_it(stage, visitor, language):
    page = visitor("manager", language)

    open_app(page, stage)

    expect(page.get_by_text(NOT_YET[language])).to_be_visible()
    expect(page.locator("iframe")).to_have_count(0)
    assert stage.portal_sandbox.app(stage.app)["is_installed"] is False
