"""A package has one entry in its deal's timeline, whatever happens while it is made and kept up to date."""

from collections.abc import Callable
from typing import Any

import pytest

from activities.context import Context
from activities.deal_entry import tell
from registry.portal_registry import PortalRegistry
from registry.tables import Package
from sandbox.portal.driver import MANAGER

pytestmark = pytest.mark.usefixtures("invoice")


@pytest.fixture
def package(context: Context, add: Callable[..., dict[str, Any]], registry: PortalRegistry) -> Package:
    """An open package with one invoice in it."""
    package = registry.packages.get(add()["package_id"])
    assert package is not None
    return package


@pytest.fixture
def entries(portal_sandbox) -> Callable[[], list[dict[str, Any]]]:
    """What stands in the deal's timeline beside comments and to-dos."""
    return lambda: [one for one in portal_sandbox.timeline() if one["kind"] == "configurable"]


def test_a_package_with_a_paper_has_an_entry(context: Context, package: Package, entries) -> None:
    tell(context, package.id)

    (entry,) = entries()
    assert entry["layout"]["header"]["title"] == f"Пакет ЭДО № {package.id}: не отправлен"
    assert entry["fields"]["originId"] == f"package:{package.id}"
    assert entry["fields"]["responsibleId"] == MANAGER
    assert entry["fields"]["completed"] == "N"
