"""Items that timelines belong to."""

from sandbox.portal.crm import items
from sandbox.portal.errors import RestError, item_access_denied
from sandbox.portal.methods import Call
from sandbox.portal.model import Item
from sandbox.portal.rights import may_see


def owner(call: Call) -> Item:
    """The item named by ownerTypeId and ownerId. Raises RestError, 100 when they are missing."""
    table = items.items_of(call.portal, call.number("ownerTypeId"))
    return allowed(call, table.get(call.number("ownerId")))


def allowed(call: Call, item: Item | None) -> Item:
    if item is None:
        raise RestError("OWNER_NOT_FOUND", "Owner was not found")
    if not may_see(call.user, item.entity_type_id):
        raise item_access_denied()
    return item
