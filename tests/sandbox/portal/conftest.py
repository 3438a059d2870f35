"""A real browser before the pages of the sandbox portal."""

from tests.browser import conftest as browsers
from tests.sandbox import portal_fixtures

chromium_path, browser, new_page = browsers.chromium_path, browsers.browser, browsers.new_page
handler, client = portal_fixtures.handler, portal_fixtures.client
