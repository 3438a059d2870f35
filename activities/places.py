"""Addresses of CRM items on their portal, as people open them."""

from activities.crm_ids import COMPANY, CONTACT, DEAL, LEAD, CrmItem
from registry.tables import Portal

_OLD_TYPES = {LEAD: "lead", DEAL: "deal", CONTACT: "contact", COMPANY: "company"}


def path_of(item: CrmItem) -> str:
    """Relative, as a timeline opens it in a slider: /crm/deal/details/17/."""
    name = _OLD_TYPES.get(item.entity_type_id, f"type/{item.entity_type_id}")
    return f"/crm/{name}/details/{item.item_id}/"


def address_of(portal: Portal, item: CrmItem) -> str:
    """With the portal's own address, for notices and mail."""
    return portal.client_endpoint.removesuffix("/").removesuffix("/rest") + path_of(item)
