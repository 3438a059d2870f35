"""What people of a portal have made of the product, for scenarios: registries in the CRM, triggers, notices."""

from typing import Any

from activities import registries, triggers
from activities.connections import Connections
from activities.context import Context, context_beside
from activities.registries.opening import shelves
from activities.registries.shelves import Item
from config import read_config
from registry.blobs import BlobStore
from registry.crm_registries import DOCUMENTS
from registry.portals import Portals
from tests.scenarios.product import Product, wait_until


def context_of(product: Product) -> Context:
    """A context beside the running processes, on the same database and the same portal."""
    config, database = read_config(product.environment), product.database  # type: ignore[attr-defined]
    (portal,) = Portals(database).all()
    connections, blobs = Connections(config, database), BlobStore(config.blob_url)
    return context_beside(portal=portal, database=database, connections=connections, blobs=blobs)


def prepare(product: Product) -> registries.Prepared:
    """The registries in the CRM, as an administrator has them made."""
    return registries.prepare(context_of(product))


def items(product: Product) -> list[Item]:
    """Everything that the registry of documents holds."""
    return list(shelves(context_of(product))[DOCUMENTS].changed_since("2000-01-01T00:00:00+00:00"))


def wait_offered(portal_sandbox: Any, app: Any) -> None:
    """Until every trigger is there: one that is missing is not pulled."""
    wanted = set(triggers.TRIGGERS)
    wait_until(lambda: set(portal_sandbox.app(app)["triggers"]) == wanted, what="the triggers")


def pulled(portal_sandbox: Any) -> list[str]:
    """The triggers that were pulled, in order."""
    return [one["code"].removeprefix("diadoc_") for one in portal_sandbox.pulled_triggers()]
