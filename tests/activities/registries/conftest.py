"""A portal whose registries are there, in either backend."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from activities import registries
from activities.context import Context
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from activities.registries.smart_processes import PREFIX
from registry.crm_registries import DOCUMENTS, PACKAGES, CrmRegistries
from registry.database import Database
from registry.tables import CrmRegistry
from registry.throttle import set_rate


@pytest.fixture(autouse=True)
def unhurried(portal_sandbox, database: Database, connected_portal) -> None:
    """These tests are not about waiting for a turn."""
    portal_sandbox.settings(rate_burst=1e6, rate_per_second=1e6)
    set_rate(database, name=f"portal:{connected_portal.id}", rate=500.0, burst=1_000.0)


@dataclass(frozen=True)
class Shown:
    """The registries as a person sees them on the portal."""

    context: Context
    sandbox: Any

    def row(self, kind: str = DOCUMENTS) -> CrmRegistry:
        row = CrmRegistries(self.context.registry.database, self.context.portal.id).get(kind)
        assert row is not None
        return row

    def items(self, kind: str = DOCUMENTS) -> list[Item]:
        return list(shelves(self.context)[kind].changed_since("2000-01-01T00:00:00+00:00"))

    def one(self, kind: str = DOCUMENTS) -> Item:
        (item,) = self.items(kind)
        return item

    def package(self) -> Item:
        return self.one(PACKAGES)

    def raw(self, item_id: int, kind: str = DOCUMENTS) -> dict[str, Any]:
        """Everything of an item, by the portal's own names."""
        return self.sandbox.item(self.row(kind).entity_type_id, item_id)

    def change(self, item_id: int, kind: str = DOCUMENTS, **values: Any) -> None:
        """What a person writes into an item, by our names of the fields."""
        row = self.row(kind)
        fields = {row.fields.get(name, name): value for name, value in values.items()}
        self.sandbox.change_item(fields, row.entity_type_id, item_id)

    def files(self, item_id: int, name: str) -> list[tuple[str, bytes]]:
        row = self.row()
        return self.sandbox.files(row.fields[name], row.entity_type_id, item_id)

    def field(self, name: str, kind: str = DOCUMENTS) -> dict[str, Any]:
        """A user field of a registry, as the portal describes it."""
        return next(one for one in self.fields(kind) if one["fieldName"].endswith(f"_{PREFIX}{name.upper()}"))

    def fields(self, kind: str = DOCUMENTS) -> list[dict[str, Any]]:
        params = {"moduleId": "crm", "filter": {"entityId": f"CRM_{self.row(kind).type_id}"}}
        return list(self.context.bitrix24.list_pages("userfieldconfig.list", params, "fields"))


@pytest.fixture
def shown(lonely_context: Context, portal_sandbox) -> Shown:
    return Shown(lonely_context, portal_sandbox)


@pytest.fixture
def prepared(lonely_context: Context) -> registries.Prepared:
    return registries.prepare(lonely_context)


@pytest.fixture
def asked(portal_sandbox) -> Callable[[], list[str]]:
    """What the portal was asked since the last time, batches as what is in them being one."""

    def asked() -> list[str]:
        methods = [one["method"] for one in portal_sandbox.requests() if not one["path"].startswith("/_control")]
        portal_sandbox.forget_requests()
        return methods

    return asked
