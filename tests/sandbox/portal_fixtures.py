"""Fixtures of the portal's tests; a test module takes what it needs: `client = portal_fixtures.client`."""

from collections.abc import Iterator

import pytest

from sandbox.portal.driver import PortalSandbox
from tests.sandbox.portal_handler import Client, Handler, client_of, installed_app


@pytest.fixture
def handler() -> Iterator[Handler]:
    """A listening application."""
    found = Handler()
    yield found
    found.close()


@pytest.fixture
def client(portal_sandbox: PortalSandbox, handler: Handler) -> Client:
    """An administrator's tokens of an installed application."""
    return client_of(portal_sandbox, installed_app(portal_sandbox, handler))
