"""A real browser, and in it the product at work inside the sandbox portal."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from sandbox.diadoc.driver import DiadocSandbox
from sandbox.portal.driver import ADMIN, MANAGER, SIGNER, PortalSandbox
from tests.browser import chromium
from tests.browser.watching import Watch
from tests.scenarios.installations import Installation, fresh_database, installation
from tests.scenarios.product import wait_until

SIZE = ViewportSize(width=1280, height=900)
LOCALES = {"ru": "ru-RU", "en": "en-US"}
USERS = {"administrator": ADMIN, "manager": MANAGER, "signer": SIGNER}
CARD = {"CRM_DEAL_DETAIL_TAB", "CRM_DEAL_DETAIL_TOOLBAR"}
PATIENCE = 30_000  # milliseconds that a page may take: the machine does other work too
SCREENS = chromium.ROOT / "docs" / "screens"

Visitor = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """Where the browser is; without one the tests that need it are left out."""
    return chromium.find() or pytest.skip(f"Chromium: {chromium.none()}")


@pytest.fixture(scope="package")
def browser(chromium_path: Path) -> Iterator[Browser]:
    """One Chromium for all modules of this folder that a process runs one after the other."""
    plain = chromium.plain_environment()
    with mock.patch.dict(os.environ, plain, clear=True):  # the library's own process, too, is spared our proxies
        playwright = sync_playwright().start()
    started = playwright.chromium.launch(
        executable_path=chromium_path, args=[*chromium.FLAGS, "--no-proxy-server"], env={**plain}
    )
    yield started
    started.close()
    playwright.stop()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Visitor]:
    """new_page(base_url, language="ru", allow=()): an empty page of a fresh profile, 1280 by 900.

    At the end of the test nothing may have gone wrong on it: no error in the console, no script that failed, no request
    that was refused. allow: regular expressions of what the test expects ("response: .* 403").
    """
    watches: list[Watch] = []
    contexts = []

    def made(base_url: str, language: str = "ru", allow: Sequence[str] = ()) -> Page:
        context = browser.new_context(
            base_url=base_url, viewport=SIZE, locale=LOCALES[language], timezone_id="Europe/Moscow"
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watches.append(Watch(context, allow))
        return context.new_page()

    yield made
    for context in contexts:
        context.close()
    assert [watch.faults() for watch in watches] == [[] for _ in watches]


@pytest.fixture
def visitor(stage: Installation, new_page: Visitor) -> Visitor:
    """visitor(user="manager", language="ru", allow=()): a page of somebody who is logged in to the portal.

    user: "administrator", "manager", "signer" or a number. Several may visit at once; what the product writes into the
    portal is in the language of the last one.
    """

    def visits(user: str | int = "manager", language: str = "ru", allow: Sequence[str] = ()) -> Page:
        user_id = USERS[user] if isinstance(user, str) else user
        stage.portal_sandbox.change_portal(language=language)
        page = new_page(stage.portal_sandbox.first_url, language, allow)
        chosen = {"portal_user": str(user_id), "portal_lang": language}
        page.context.add_cookies(
            [{"name": name, "value": value, "url": stage.portal_sandbox.first_url} for name, value in chosen.items()]
        )
        return page

    return visits


@contextmanager
def opened(
    postgres: str, portal_process: list[str], diadoc_process: list[str], folder: Path, **environment: str
) -> Iterator[Installation]:
    """A database and settings of the product, and both emulators anew; nothing runs yet."""
    sandboxes = PortalSandbox(portal_process), DiadocSandbox(diadoc_process[0])
    settings = {"BITRIX24_LIBRARY_URL": "portal", **environment}
    with fresh_database(postgres, "browser") as dsn, installation(dsn, sandboxes, folder, **settings) as made:
        yield made
        for name in list(made.product.processes):  # to leave politely takes the web seconds while Chromium holds a line
            made.product.kill(name)


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest,
    postgres: str,
    portal_process: list[str],
    diadoc_process: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """The product of a module: real processes, installed on the sandbox portal, our box connected.

    A module that needs other settings names them: SETTINGS = {"STATUS_POLL_SECONDS": "0.2"}.
    """
    folder = tmp_path_factory.mktemp("browser")
    settings = getattr(request.module, "SETTINGS", {})
    with opened(postgres, portal_process, diadoc_process, folder, **settings) as made:
        made.start("web", "worker", "scheduler")
        wait_until(lambda: places(made) >= CARD, what="our pages in the cards of the portal")
        yield made


def places(made: Installation) -> set[str]:
    """The placements that are bound now."""
    return {row["placement"] for row in made.portal_sandbox.app(made.app)["placements"]}


@pytest.fixture
def stage(house: Installation) -> Installation:
    """The module's product, with nothing armed and nothing remembered of earlier requests.

    What earlier tests made on the portal stays: a test makes its own deal, `stage.deal(("Счёт.pdf", PDF))`.
    """
    for sandbox in (house.portal_sandbox, house.diadoc_sandbox):
        sandbox.clear_faults()
        sandbox.forget_requests()
    return house


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """screenshot(page, name): docs/screens/<name>.png as it looks now, if the run was asked for it by --screens."""

    def take(page: Page, name: str) -> None:
        if request.config.getoption("--screens"):
            page.screenshot(path=SCREENS / f"{name}.png", caret="initial")  # hiding it takes a style that pages forbid

    return take
